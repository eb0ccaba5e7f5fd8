#include "server/cli/bundle.hpp"

#include "engine/base/text.hpp"
#include "server/cli/settings.hpp"

#include <boost/json/array.hpp>

#include <string_view>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t file_bytes_max = 1024 * 1024;
constexpr std::size_t bundle_bytes_max = 16 * 1024 * 1024;
constexpr std::string_view sign = "${{";

/// A path that is to be read here; empty when there is none.
std::string path_here(json::object const& task, std::string_view field) {
  auto const* value = task.if_contains(field);
  if (value == nullptr || !value->is_string()) return {};
  std::string path(value->get_string());
  bool const is_of_the_server = path.starts_with('/') || path.find(sign) != std::string::npos;
  return is_of_the_server ? std::string() : path;
}

/// What stands in a file is no expression.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0;;) {
    auto const at = text.find(sign, begin);
    out += text.substr(begin, at - begin);
    if (at == text.npos) return out;
    out += '$';
    out += sign;
    begin = at + sign.size();
  }
}

Result<json::array> list_of(std::string const& path, std::string_view text) {
  json::array out;
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    line = line.substr(0, line.starts_with('#') ? 0 : line.find(" #"));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
      line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.empty()) continue;
    if (line.starts_with('-') || line.ends_with('\\')) {
      Error error;
      error.code = "invalid_input";
      error.message = path + ": \"" + shorten(line, 60) + "\" cannot be sent to another machine";
      error.hint =
          "name packages only; where they come from is set in the server's environment (PIP_…)";
      return error;
    }
    out.emplace_back(escaped(line));
  }
  return out;
}

class Bundle {
 public:
  explicit Bundle(std::string folder) : folder_(std::move(folder)) {}

  Result<> add(json::object& task) {
    auto const script = path_here(task, "file");
    if (!script.empty()) {
      TRY(auto const text, read(script));
      task["source"] = escaped(text);
      task.erase("file");
    }
    auto const list = path_here(task, "requirements");
    if (list.empty()) return {};
    TRY(auto const text, read(list));
    TRY(task["requirements"], list_of(list, text));
    return {};
  }

 private:
  Result<std::string> read(std::string const& path) {
    TRY(auto text, read_file(folder_ + "/" + path));
    bytes_ += text.size();
    if (text.size() <= file_bytes_max && bytes_ <= bundle_bytes_max) return text;
    Error error;
    error.code = "too_large";
    error.message = path + " is too large to go along with its workflow";
    error.hint = "1 MiB a file and 16 MiB together: put it on the server, and give its whole path";
    return error;
  }

  std::string folder_;
  std::size_t bytes_ = 0;
};

bool is_script(json::value const& task) {
  auto const* object = task.if_object();
  auto const* type = object != nullptr ? object->if_contains("type") : nullptr;
  return type != nullptr && type->is_string() && type->get_string() == "script";
}

/// Tasks by their ids, or a list of them.
Result<> add_tasks(Bundle& bundle, json::value& tasks) {
  if (auto* list = tasks.if_array()) {
    for (auto& task : *list)
      if (is_script(task))
        if (auto const added = bundle.add(task.get_object()); !added) return added.error();
  } else if (auto* object = tasks.if_object()) {
    for (auto& entry : *object)
      if (is_script(entry.value()))
        if (auto const added = bundle.add(entry.value().get_object()); !added) return added.error();
  }
  return {};
}

}  // namespace

bool is_elsewhere(Address const& address) {
  if (address.is_unix()) return false;
  auto const& host = address.host;
  return host != "localhost" && host != "::1" && !host.starts_with("127.");
}

Result<> put_files_in(json::object& workflow, std::string const& folder) {
  Bundle bundle(folder);
  for (auto const* section : {"tasks", "finally"})
    if (auto* tasks = workflow.if_contains(section))
      if (auto const added = add_tasks(bundle, *tasks); !added) return added.error();
  return {};
}

}  // namespace ropewalk::cli
