#include "sql/rows.hpp"

#include "engine/base/error.hpp"
#include "sql/params.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>
#include <charconv>

namespace ropewalk::sql {

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

Rows::Rows(pg_result* result) : result_(result) {}

std::size_t Rows::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

bool Rows::is_pipeline_sync() const {
  return PQresultStatus(result_.get()) == PGRES_PIPELINE_SYNC;
}

std::int64_t Rows::affected() const {
  std::string_view const text = PQcmdTuples(result_.get());
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

bool Rows::is_null(std::size_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::string_view Rows::text(std::size_t row, int column) const {
  auto const at = static_cast<int>(row);
  auto const size = PQgetlength(result_.get(), at, column);
  return {PQgetvalue(result_.get(), at, column), static_cast<std::size_t>(size)};
}

std::int64_t Rows::integer(std::size_t row, int column) const {
  auto const bytes = text(row, column);
  if (bytes.empty()) return 0;
  ROPEWALK_CHECK(bytes.size() == 2 || bytes.size() == 4 || bytes.size() == 8);
  bool const is_negative = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0;
  std::uint64_t value = is_negative ? ~std::uint64_t(0) : 0;
  for (char const byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

std::int32_t Rows::int4(std::size_t row, int column) const {
  return static_cast<std::int32_t>(integer(row, column));
}

std::optional<double> Rows::real(std::size_t row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return std::bit_cast<double>(integer(row, column));
}

bool Rows::boolean(std::size_t row, int column) const {
  auto const bytes = text(row, column);
  return !bytes.empty() && bytes[0] != '\0';
}

ExecutionId Rows::id(std::size_t row, int column) const {
  auto const bytes = text(row, column);
  ExecutionId id;
  if (bytes.empty()) return id;
  ROPEWALK_CHECK(bytes.size() == id.bytes.size());
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

std::optional<Instant> Rows::at(std::size_t row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return from_postgres_time(integer(row, column));
}

std::vector<LeftBehind> read_left_behind(Rows const& rows) {
  std::vector<LeftBehind> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i].execution = rows.id(i, 0);
    out[i].has_begun = rows.boolean(i, 1);
  }
  return out;
}

}  // namespace ropewalk::sql
