#include "providers/ai/dialects/json_splitter.hpp"

namespace ropewalk::ai {
namespace {

constexpr std::string_view between_objects = " \t\r\n,[]";

Error malformed(std::string message) {
  return Error{ErrorClass::transient, "malformed_response", std::move(message)};
}

}  // namespace

Result<> JsonSplitter::feed(std::string_view bytes, std::vector<std::string>& out) {
  for (char const c : bytes) {
    if (state_ == State::between && between_objects.find(c) != std::string_view::npos) continue;
    if (object_.size() >= object_bytes_max_)
      return malformed(
          "a JSON object of the answer is longer than " + std::to_string(object_bytes_max_) +
          " bytes"
      );
    object_ += c;
    if (auto const problem = step(c, out); !problem.empty()) return malformed(std::string(problem));
  }
  return {};
}

std::string_view JsonSplitter::step(char c, std::vector<std::string>& out) {
  switch (state_) {
    case State::between:
      if (c != '{') return "the answer is not JSON";
      state_ = State::inside;
      depth_ = 1;
      break;
    case State::inside:
      if (c == '"') state_ = State::in_string;
      if (c == '{' || c == '[') ++depth_;
      if ((c == '}' || c == ']') && --depth_ == 0) {
        out.push_back(std::move(object_));
        object_.clear();
        state_ = State::between;
      }
      break;
    case State::in_string:
      if (c == '\n' || c == '\r') return "a line of the answer ends inside a string";
      if (c == '"') state_ = State::inside;
      if (c == '\\') state_ = State::after_backslash;
      break;
    case State::after_backslash:
      state_ = State::in_string;
      break;
  }
  return {};
}

Result<> JsonSplitter::end() const {
  if (state_ == State::between) return {};
  return malformed("the answer ends inside a JSON object");
}

}  // namespace ropewalk::ai
