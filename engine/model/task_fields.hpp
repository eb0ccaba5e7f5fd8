#pragma once
// Reading the fields of a task of one type, with every problem reported where it stands.
//
// The same reading serves a workflow file, where a text may still hold `${{ }}` and then stands for
// any value, and the rendered fields of an attempt, where it is only text. Any thread; one reader
// belongs to one call.

#include "engine/base/time.hpp"
#include "engine/model/task_type.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ropewalk::fields {

namespace json = boost::json;

/// Where problems go, and whether `${{ }}` is still to be expected.
struct Reading {
  ReportProblem report{};
  bool is_rendered = false;
};

/// The problems of an attempt's rendered fields, gathered into one error.
class FieldProblems {
 public:
  /// REQUIRES: this object outlives the reading.
  Reading reading();
  /// Nothing, or invalid_task (permanent), whose detail has {problems: [{field, code, …}]}.
  Result<> result() const;

 private:
  json::array problems_{};
  std::string message_{};
  std::string hint_{};
};

/// A text with an expression that is not evaluated yet.
bool has_expression(json::value const& value);
/// The same, anywhere inside.
bool has_expression_inside(json::value const& value);

/// "a text", "a list", …: for messages.
std::string_view kind_name(json::value const& value);

class Fields {
 public:
  /// `object` and `reading` outlive the reader. `path`: where the object stands in the task, ""
  /// for the task itself.
  Fields(json::object const& object, std::string path, Reading const& reading)
      : object_(object), path_(std::move(path)), reading_(reading) {}

  /// "output.schema".
  std::string path(std::string_view name) const;
  void add(std::string_view name, std::string code, std::string message, std::string hint = {})
      const;
  /// Reports every field that is not in `known`, with a guess at what was meant.
  void allow_only(std::span<std::string_view const> known) const;

  bool has(std::string_view name) const;
  /// nullptr when the field is absent, null, or an expression that is not evaluated yet.
  json::value const* find(std::string_view name) const;

  // Absent, or reported as being of another kind: nullopt or nullptr.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  /// Bounds are inclusive.
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max)
      const;
  std::optional<double> number(std::string_view name, double min, double max) const;
  std::optional<Duration> duration(std::string_view name) const;
  /// Bytes.
  std::optional<std::uint64_t> size(std::string_view name) const;
  json::object const* object(std::string_view name) const;
  json::array const* array(std::string_view name) const;
  /// The index of the word in `words`; any other is reported.
  std::optional<std::size_t> word(std::string_view name, std::span<std::string_view const> words)
      const;

 private:
  void add_wrong_kind(std::string_view name, json::value const& value, std::string_view wanted)
      const;

  json::object const& object_;
  std::string path_;
  Reading const& reading_;
};

}  // namespace ropewalk::fields
