#pragma once
// Events as the server sends them, for tests to feed.

#include "engine/base/json.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace ropewalk::cli {

inline boost::json::object event(std::string_view text) {
  return parse_json(text).value().as_object();
}

/// A task.status event at 12:00:00 + `second`.
inline boost::json::object task_event(
    int seq, int second, std::string_view task, std::string_view status, int attempt = 1
) {
  auto out = event(R"({"type":"event","kind":"task.status"})");
  out["seq"] = seq;
  out["at"] =
      "2026-01-31T12:00:" + std::string(second < 10 ? "0" : "") + std::to_string(second) + "Z";
  out["task"] = task;
  out["status"] = status;
  out["attempt"] = attempt;
  return out;
}

inline boost::json::object execution_event(int seq, int second, std::string_view status) {
  auto out = task_event(seq, second, "", status);
  out["kind"] = "execution.status";
  out.erase("task");
  out.erase("attempt");
  return out;
}

inline boost::json::object log_event(int seq, std::string_view task, std::string_view text) {
  auto out = task_event(seq, 0, task, "");
  out["kind"] = "task.log";
  out["text"] = text;
  out.erase("status");
  return out;
}

}  // namespace ropewalk::cli
