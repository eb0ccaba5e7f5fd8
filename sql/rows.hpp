#pragma once
// What a statement gave back, in binary format. Reading a column as what it is not is a
// programmer's error.

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/records.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace ropewalk::sql {

class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* result);

  std::size_t size() const;
  /// Not rows at all: the mark that a pipeline's transaction has ended.
  bool is_pipeline_sync() const;
  bool empty() const { return size() == 0; }
  /// Rows that an INSERT, UPDATE or DELETE touched.
  std::int64_t affected() const;

  bool is_null(std::size_t row, int column) const;
  /// text or json; empty for NULL. Valid as long as the object.
  std::string_view text(std::size_t row, int column) const;
  std::string string(std::size_t row, int column) const { return std::string(text(row, column)); }
  /// smallint, integer or bigint; 0 for NULL.
  std::int64_t integer(std::size_t row, int column) const;
  std::int32_t int4(std::size_t row, int column) const;
  /// double precision; nullopt for NULL.
  std::optional<double> real(std::size_t row, int column) const;
  bool boolean(std::size_t row, int column) const;
  ExecutionId id(std::size_t row, int column) const;
  std::optional<Instant> at(std::size_t row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

/// Of rows (id, has_begun).
std::vector<LeftBehind> read_left_behind(Rows const& rows);

}  // namespace ropewalk::sql
