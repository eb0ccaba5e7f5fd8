#pragma once
// What the steps of a batch are made of. Only batch*.cpp see this.

#include "engine/model/records.hpp"
#include "sql/connection.hpp"
#include "sql/params.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace ropewalk::sql {

using E = ElementType;

/// The columns of one statement, filled row by row.
class Columns {
 public:
  template <class... Types>
  explicit Columns(Types... types) : arrays_{ArrayParam(types)...} {}
  ArrayParam& operator[](std::size_t index) { return arrays_[index]; }
  Params finish() {
    Params params;
    for (auto& array : arrays_) params.array(std::move(array));
    return params;
  }

 private:
  std::vector<ArrayParam> arrays_;
};

inline std::int64_t signed_seq(std::uint64_t seq) {
  return static_cast<std::int64_t>(seq);
}

/// False for all but the last row of each key: see() them all first, then ask in the same order.
template <class Key>
class Latest {
 public:
  void see(Key const& key) { last_[key] = count_++; }
  bool is_latest(Key const& key) { return last_[key] == position_++; }

 private:
  std::map<Key, std::size_t> last_;
  std::size_t count_ = 0;
  std::size_t position_ = 0;
};

/// Signals that came, or were taken (batch_signals.cpp).
void add_signal_steps(std::vector<Step>& steps, std::span<Change const> changes);

}  // namespace ropewalk::sql
