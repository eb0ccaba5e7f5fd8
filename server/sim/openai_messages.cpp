#include "server/sim/openai_messages.hpp"

#include "engine/base/text.hpp"
#include "providers/ai/dialects/json_access.hpp"

#include <map>

namespace ropewalk::server {
namespace {

using ai::array_at;
using ai::member;
using ai::object_at;
using ai::text_at;

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t tools_max = 128;

std::string at_index(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

/// Reads one list of messages; knows the calls so far, which the results refer to.
class MessageReader {
 public:
  Result<ai::Message> read(json::object const& from, std::string const& where);

 private:
  Result<> read_content(json::object const& from, std::string const& where, ai::Message& into);
  static Result<ai::Part> read_part(json::value const& from, std::string const& where);
  Result<> read_calls(json::object const& from, std::string const& where, ai::Message& into);
  Result<> read_result(json::object const& from, std::string const& where, ai::Message& into);

  std::map<std::string, std::string, std::less<>> names_;  // of the functions, by call
};

Result<ai::Message> MessageReader::read(json::object const& from, std::string const& where) {
  ai::Message out;
  auto const role = text_at(from, "role");
  Result<> done;
  if (role == "system" || role == "developer" || role == "user") {
    out.role = role == "user" ? ai::Role::user : ai::Role::system;
    done = read_content(from, where, out);
    if (done && out.parts.empty()) return bad_field(where + ".content", "should not be empty");
  } else if (role == "assistant") {
    out.role = ai::Role::assistant;
    done = read_content(from, where, out);
    if (done) done = read_calls(from, where, out);
  } else if (role == "tool") {
    out.role = ai::Role::tool;
    done = read_result(from, where, out);
  } else {
    return bad_field(where + ".role", "should be system, developer, user, assistant or tool");
  }
  if (!done) return done.error();
  return out;
}

Result<> MessageReader::read_content(
    json::object const& from, std::string const& where, ai::Message& into
) {
  auto const* const content = member(from, "content");
  if (content == nullptr || content->is_null()) return {};
  if (auto const* const text = content->if_string()) {
    into.parts.emplace_back(ai::TextPart{std::string(*text)});
    return {};
  }
  auto const* const parts = content->if_array();
  if (parts == nullptr) return bad_field(where + ".content", "should be a text or a list of parts");
  for (std::size_t i = 0; i < parts->size(); ++i) {
    TRY(auto part, read_part((*parts)[i], at_index(where + ".content", i)));
    into.parts.push_back(std::move(part));
  }
  return {};
}

Result<ai::Part> MessageReader::read_part(json::value const& from, std::string const& where) {
  auto const* const part = from.if_object();
  if (part == nullptr) return bad_field(where, "should be an object");
  auto const type = text_at(*part, "type");
  if (type == "text" || type == "refusal")
    return ai::Part(ai::TextPart{std::string(text_at(*part, type))});
  if (type != "image_url")
    return bad_field(where + ".type", "should be text or image_url: the simulation reads no other");
  auto const* const image = object_at(*part, "image_url");
  auto const url = image != nullptr ? text_at(*image, "url") : std::string_view();
  if (url.empty()) return bad_field(where + ".image_url.url", "should be an address");
  ai::ImagePart out;
  out.url = url;
  return ai::Part(std::move(out));
}

Result<> MessageReader::read_calls(
    json::object const& from, std::string const& where, ai::Message& into
) {
  auto const* const calls = array_at(from, "tool_calls");
  if (calls == nullptr) return {};
  for (std::size_t i = 0; i < calls->size(); ++i) {
    auto const* const call = (*calls)[i].if_object();
    auto const* const function = call != nullptr ? object_at(*call, "function") : nullptr;
    if (function == nullptr || text_at(*call, "id").empty() || text_at(*function, "name").empty())
      return bad_field(
          at_index(where + ".tool_calls", i), "should have an id and a function with a name"
      );
    ai::ToolCallPart part;
    part.id = text_at(*call, "id");
    part.name = text_at(*function, "name");
    part.arguments = text_at(*function, "arguments");
    names_[part.id] = part.name;
    into.parts.emplace_back(std::move(part));
  }
  return {};
}

Result<> MessageReader::read_result(
    json::object const& from, std::string const& where, ai::Message& into
) {
  ai::ToolResultPart part;
  part.call_id = text_at(from, "tool_call_id");
  auto const call = names_.find(part.call_id);
  if (call == names_.end())
    return bad_field(where + ".tool_call_id", "should be the id of a call before it");
  part.name = call->second;
  ai::Message content;
  auto const done = read_content(from, where, content);
  if (!done) return done.error();
  part.content = ai::text_of(content);
  into.parts.emplace_back(std::move(part));
  return {};
}

bool is_function_name(std::string_view name) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !name.empty() && name.size() <= name_bytes_max &&
         name.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

Error bad_field(std::string_view field, std::string_view what) {
  Error out;
  out.code = "invalid_request";
  out.message = field.empty() ? std::string(what) : std::string(field) + " " + std::string(what);
  if (!field.empty()) out.detail = json::object{{"param", field}};
  return out;
}

Result<std::vector<ai::Message>> read_openai_messages(json::object const& body) {
  auto const* const list = array_at(body, "messages");
  if (list == nullptr || list->empty())
    return bad_field("messages", "should be a list of at least one message");
  std::vector<ai::Message> out;
  MessageReader reader;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const where = at_index("messages", i);
    auto const* const message = (*list)[i].if_object();
    if (message == nullptr) return bad_field(where, "should be an object");
    TRY(auto read, reader.read(*message, where));
    out.push_back(std::move(read));
  }
  return out;
}

Result<std::vector<ai::ToolSpec>> read_openai_tools(json::object const& body) {
  std::vector<ai::ToolSpec> out;
  auto const* const tools = member(body, "tools");
  if (tools == nullptr || tools->is_null()) return out;
  auto const* const list = tools->if_array();
  if (list == nullptr || list->size() > tools_max)
    return bad_field("tools", "should be a list of at most " + std::to_string(tools_max));
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const where = at_index("tools", i);
    auto const* const tool = (*list)[i].if_object();
    auto const* const function = tool != nullptr ? object_at(*tool, "function") : nullptr;
    if (function == nullptr || text_at(*tool, "type") != "function")
      return bad_field(where, "should be of the type function: there are no others here");
    if (!is_function_name(text_at(*function, "name")))
      return bad_field(where + ".function.name", "should be up to 64 letters, digits, _ and -");
    ai::ToolSpec spec;
    spec.name = text_at(*function, "name");
    spec.description = text_at(*function, "description");
    if (auto const* const parameters = object_at(*function, "parameters"))
      spec.parameters = *parameters;
    out.push_back(std::move(spec));
  }
  return out;
}

Result<std::string> read_openai_tool_choice(json::object const& body) {
  auto const* const choice = member(body, "tool_choice");
  if (choice == nullptr || choice->is_null()) return std::string();
  if (auto const* const word = choice->if_string())
    if (*word == "none" || *word == "auto" || *word == "required") return std::string(*word);
  if (auto const* const object = choice->if_object()) {
    auto const* const function = object_at(*object, "function");
    if (function != nullptr && !text_at(*function, "name").empty())
      return std::string(text_at(*function, "name"));
  }
  return bad_field("tool_choice", "should be none, auto, required or a function with its name");
}

}  // namespace ropewalk::server
