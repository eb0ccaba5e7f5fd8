#include "server/stream/protocol.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/http/problem_response.hpp"

#include <array>
#include <optional>
#include <vector>

namespace ropewalk::server {
namespace {

Error invalid(std::string message, std::string hint = {}) {
  Error out;
  out.code = "invalid_argument";
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

/// Fields beside type and id must be among `known`.
Result<> check_fields(json::object const& object, std::vector<std::string_view> known) {
  known.push_back("type");
  known.push_back("id");
  for (auto const& field : object) {
    std::string_view const name(field.key());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto const match = closest_match(name, known);
    auto hint = match.empty() ? std::string() : "did you mean \"" + std::string(match) + "\"?";
    return invalid("unknown field \"" + shorten(name, 64) + "\"", std::move(hint));
  }
  return {};
}

Result<ExecutionId> read_execution(json::object const& object) {
  auto const* value = object.if_contains("execution");
  auto const* text = value == nullptr ? nullptr : value->if_string();
  auto const id = text == nullptr ? std::nullopt : ExecutionId::parse(*text);
  if (!id) return invalid("\"execution\" is not the id of an execution");
  return *id;
}

Result<EventKinds> read_kinds(json::object const& object) {
  auto const* value = object.if_contains("kinds");
  if (value == nullptr) return kinds_all;
  auto const* list = value->if_array();
  if (list == nullptr) return invalid("\"kinds\" is a list");
  EventKinds out = 0;
  for (auto const& item : *list) {
    auto const* word = item.if_string();
    auto const kind = word == nullptr ? std::nullopt : parse_event_kind(*word);
    if (!kind) return invalid("unknown kind of event", "status, log, output and token are there");
    out |= *kind;
  }
  return out;
}

using Body = decltype(ClientMessage::body);

Result<Body> read_subscribe(json::object const& object) {
  if (auto const* all = object.if_contains("executions")) {
    if (auto const known = check_fields(object, {"executions"}); !known) return known.error();
    if (!all->is_string() || all->get_string() != "all")
      return invalid("\"executions\" can only be \"all\"", "name one by \"execution\"");
    return Body{SubscribeAllMessage{}};
  }
  if (auto const known = check_fields(object, {"execution", "after", "kinds"}); !known)
    return known.error();
  SubscribeMessage out;
  TRY(out.execution, read_execution(object));
  TRY(out.kinds, read_kinds(object));
  if (auto const* after = object.if_contains("after")) {
    auto const* number = after->if_int64();
    if (number == nullptr || *number < 0) return invalid("\"after\" is not the number of an event");
    out.after = static_cast<std::uint64_t>(*number);
  }
  return Body{out};
}

Result<Body> read_unsubscribe(json::object const& object, std::string const& id) {
  if (auto const known = check_fields(object, {"subscription"}); !known) return known.error();
  UnsubscribeMessage out{id};
  if (auto const* name = object.if_contains("subscription")) {
    if (!name->is_string()) return invalid("\"subscription\" is the id of a subscription");
    out.subscription = std::string(name->get_string());
  }
  if (out.subscription.empty()) return invalid("\"subscription\" is missing");
  return Body{std::move(out)};
}

Result<Body> read_body(json::object const& object, std::string_view type, std::string const& id) {
  if (type == "ping") return Body{PingMessage{}};
  if (type == "subscribe") {
    if (id.empty()) return invalid("a subscription needs an \"id\"");
    return read_subscribe(object);
  }
  if (type == "unsubscribe") return read_unsubscribe(object, id);
  if (type == "cancel") {
    if (auto const known = check_fields(object, {"execution"}); !known) return known.error();
    TRY(auto execution, read_execution(object));
    return Body{CancelMessage{execution}};
  }
  if (type == "run") {
    if (id.empty()) return invalid("a run needs an \"id\"");
    RunMessage out{object};
    out.request.erase("type");
    out.request.erase("id");
    return Body{std::move(out)};
  }
  return invalid(
      "unknown type of message \"" + shorten(type, 64) + "\"",
      "subscribe, unsubscribe, run, cancel and ping are there"
  );
}

}  // namespace

ReadMessage read_message(std::string_view text) {
  ReadMessage out;
  auto document = parse_json(text, JsonLimits{text.size() + 1, 32, 100'000});
  if (!document) {
    out.error = document.error();
    return out;
  }
  auto const* object = document->if_object();
  if (object == nullptr) {
    out.error = invalid("a message is a JSON object");
    return out;
  }
  if (auto const* id = object->if_contains("id")) {
    constexpr std::size_t id_bytes_max = 128;
    if (!id->is_string() || id->get_string().size() > id_bytes_max) {
      out.error = invalid("\"id\" is a string of at most 128 bytes");
      return out;
    }
    out.message.id = std::string(id->get_string());
  }
  auto const* type = object->if_contains("type");
  if (type == nullptr || !type->is_string()) {
    out.error = invalid("\"type\" is missing");
    return out;
  }
  auto body = read_body(*object, type->get_string(), out.message.id);
  if (body) {
    out.message.body = std::move(*body);
  } else {
    out.error = body.error();
  }
  return out;
}

json::object answer(std::string_view type, std::string_view id) {
  json::object out;
  out["type"] = type;
  if (!id.empty()) out["id"] = id;
  return out;
}

std::string error_answer(std::string_view id, Error const& error) {
  auto out = answer("error", id);
  bool const is_ours = status_of(error) == 500;
  out["code"] = is_ours ? std::string("internal") : error.code;
  out["message"] = is_ours ? std::string("something went wrong in the server") : error.message;
  if (!is_ours && !error.hint.empty()) out["hint"] = error.hint;
  if (!is_ours && !error.detail.is_null()) out["errors"] = error.detail;
  return to_text(out);
}

}  // namespace ropewalk::server
