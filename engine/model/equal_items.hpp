#pragma once
// Finds two equal elements of an array as JSON Schema compares them (`uniqueItems`): 1 equals 1.0,
// and the order of an object's keys does not matter.
//
// Any thread. O(size of the elements × log of their number), whatever they are.

#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>

namespace ropewalk {

/// The places of two equal elements, the earlier first. `spend` is told how many bytes each element
/// takes as text; what it throws ends the search.
std::optional<std::pair<std::size_t, std::size_t>> find_equal_items(
    std::span<boost::json::value const> items, std::function<void(std::size_t bytes)> const& spend
);

}  // namespace ropewalk
