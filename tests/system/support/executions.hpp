#pragma once
// Looking into executions as the server shows them.

#include "tests/system/support/socket.hpp"

#include <boost/json/serialize.hpp>

#include <stdexcept>
#include <string>

namespace ropewalk::system_test {

inline std::string in_words(json::value const& value) {
  return json::serialize(value);
}

/// Throws when it is not there.
inline json::object task_of(json::object const& execution, std::string const& id) {
  for (auto const& task : execution.at("tasks").as_array())
    if (text_of(task.as_object(), "id") == id) return task.as_object();
  throw std::runtime_error("no task " + id + " in " + in_words(execution));
}

/// Null when it has none.
inline json::value output_of(json::object const& execution, std::string const& task) {
  auto const found = task_of(execution, task);
  auto const* output = found.if_contains("output");
  return output ? *output : json::value();
}

}  // namespace ropewalk::system_test
