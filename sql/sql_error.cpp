#include "sql/sql_error.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace ropewalk::sql {
namespace {

struct Meaning {
  ErrorClass error_class = ErrorClass::permanent;
  std::string_view code{};
  std::string_view hint{};
};

struct Row {
  std::string_view prefix{};
  Meaning meaning{};
};

constexpr std::string_view check_access = "Check user, password and database in the database URL.";

// The longest prefixes stand first.
constexpr std::array rows{
    Row{state_fenced, {ErrorClass::permanent, "fenced", ""}},
    Row{"57P0", {ErrorClass::transient, "database_unavailable", ""}},
    Row{"25006",
        {ErrorClass::transient, "database_unavailable", "The server is a read-only standby."}},
    Row{"57014", {ErrorClass::transient, "database_busy", ""}},
    Row{"55P03", {ErrorClass::transient, "database_busy", ""}},
    Row{"40", {ErrorClass::transient, "database_busy", ""}},
    Row{"08", {ErrorClass::transient, "database_unavailable", ""}},
    Row{"53100", {ErrorClass::resource, "database_resources", "Free space on PostgreSQL's disk."}},
    Row{"53300", {ErrorClass::resource, "database_resources", "Raise max_connections."}},
    Row{"53", {ErrorClass::resource, "database_resources", ""}},
    Row{"28", {ErrorClass::permanent, "database_error", check_access}},
    Row{"3D", {ErrorClass::permanent, "database_error", check_access}},
};

Meaning meaning_of(std::string_view state) {
  for (auto const& row : rows)
    if (state.starts_with(row.prefix)) return row.meaning;
  return {ErrorClass::permanent, "database_error", ""};
}

std::string one_line(std::string_view text) {
  std::string out(text);
  while (!out.empty() && out.back() == '\n') out.pop_back();
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

Error error_from_state(
    std::string_view state, std::string_view message, std::string_view constraint
) {
  auto const meaning = meaning_of(state);
  boost::json::object detail;
  detail["sqlstate"] = state;
  if (!constraint.empty()) detail["constraint"] = constraint;
  Error error;
  error.error_class = meaning.error_class;
  error.code = meaning.code;
  error.message = "PostgreSQL: " + one_line(message);
  error.hint = meaning.hint;
  error.detail = std::move(detail);
  return error;
}

Error unavailable(std::string_view what) {
  Error error;
  error.error_class = ErrorClass::transient;
  error.code = "database_unavailable";
  error.message = "PostgreSQL is not reachable: " + one_line(what);
  error.hint = "Check that the database runs and that its URL is right.";
  return error;
}

std::string_view sqlstate_of(Error const& error) {
  auto const* object = error.detail.if_object();
  auto const* state = object ? object->if_contains("sqlstate") : nullptr;
  auto const* text = state ? state->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

bool is_data_error(Error const& error) {
  auto const state = sqlstate_of(error);
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("54") ||
         state == state_not_owned;
}

}  // namespace ropewalk::sql
