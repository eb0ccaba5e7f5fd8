#include "providers/ai/record_reader.hpp"

namespace ropewalk::ai {
namespace {

namespace json = boost::json;

json::object const empty_object{};
json::array const empty_array{};

}  // namespace

RecordReader::RecordReader(json::value const& from, std::string_view what)
    : object_(from.is_object() ? from.get_object() : empty_object), what_(what) {
  if (!from.is_object()) wrong("", "an object");
}

void RecordReader::wrong(std::string_view name, std::string_view expected) {
  if (error_) return;
  std::string message = "a record of " + std::string(what_) + " is broken: ";
  if (!name.empty()) message.append("\"").append(name).append("\" ");
  message.append("should be ").append(expected);
  error_ = Error{
      ErrorClass::permanent,
      "invalid_record",
      std::move(message),
      "it was changed by hand, or written by another version: remove it and record it again"};
}

json::value const* RecordReader::value(std::string_view name) const {
  return object_.if_contains(name);
}

std::string RecordReader::text(std::string_view name) {
  auto const* const found = value(name);
  if (!found) return {};
  if (found->is_string()) return std::string(found->get_string());
  wrong(name, "a string");
  return {};
}

bool RecordReader::boolean(std::string_view name, bool otherwise) {
  auto const* const found = value(name);
  if (!found) return otherwise;
  if (found->is_bool()) return found->get_bool();
  wrong(name, "true or false");
  return otherwise;
}

std::int64_t RecordReader::integer(std::string_view name) {
  return optional_integer(name).value_or(0);
}

std::optional<std::int64_t> RecordReader::optional_integer(std::string_view name) {
  auto const* const found = value(name);
  if (!found) return std::nullopt;
  boost::system::error_code not_whole;
  auto const number = found->is_number() ? found->to_number<std::int64_t>(not_whole) : 0;
  if (found->is_number() && !not_whole) return number;
  wrong(name, "an integer");
  return std::nullopt;
}

std::optional<double> RecordReader::optional_number(std::string_view name) {
  auto const* const found = value(name);
  if (!found) return std::nullopt;
  if (found->is_number()) return found->to_number<double>();
  wrong(name, "a number");
  return std::nullopt;
}

std::optional<Duration> RecordReader::optional_duration(std::string_view name) {
  auto const microseconds = optional_integer(name);
  if (!microseconds) return std::nullopt;
  return Duration(*microseconds);
}

json::object RecordReader::object(std::string_view name) {
  auto const* const found = value(name);
  if (!found) return {};
  if (found->is_object()) return found->get_object();
  wrong(name, "an object");
  return {};
}

json::array const& RecordReader::array(std::string_view name) {
  auto const* const found = value(name);
  if (!found) return empty_array;
  if (found->is_array()) return found->get_array();
  wrong(name, "a list");
  return empty_array;
}

}  // namespace ropewalk::ai
