#include "server/triggers/hook_message.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/http/problem_response.hpp"
#include "server/http/target.hpp"
#include "sql/sha256.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::server {
namespace {

constexpr std::size_t body_depth_max = 64;
constexpr std::size_t body_nodes_max = 2'000'000;
constexpr std::size_t form_fields_max = 1000;
constexpr std::array<std::string_view, 8> hidden_headers{
    "authorization",
    "cookie",
    "proxy-authorization",
    "stripe-signature",
    "webhook-signature",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-slack-signature"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Result<json::value> parse_body_json(std::string_view text) {
  return parse_json(text, JsonLimits{text.size() + 1, body_depth_max, body_nodes_max});
}

bool looks_like_json(std::string_view text) {
  auto const begin = text.find_first_not_of(" \t\r\n");
  return begin != text.npos && (text[begin] == '{' || text[begin] == '[');
}

/// A name that comes again makes a list of its values.
void add_field(json::object& object, std::string_view name, std::string value) {
  auto const [field, is_new] = object.emplace(name, value);
  if (is_new) return;
  auto& known = field->value();
  if (!known.is_array()) known = json::array{known};
  known.get_array().emplace_back(std::move(value));
}

Error too_many_fields() {
  Error out;
  out.code = "too_large";
  out.message = "the form has more than 1000 fields";
  return out;
}

Result<json::value> parse_form(std::string_view text) {
  json::object out;
  std::size_t count = 0;
  while (!text.empty()) {
    auto const end = text.find('&');
    auto const item = text.substr(0, end);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (item.empty()) continue;
    if (++count > form_fields_max) return too_many_fields();
    auto const equals = item.find('=');
    TRY(auto const name, percent_decode(item.substr(0, equals), true));
    auto const coded = equals == item.npos ? std::string_view() : item.substr(equals + 1);
    TRY(auto value, percent_decode(coded, true));
    add_field(out, name, std::move(value));
  }
  auto const* payload = out.if_contains("payload");
  if (payload != nullptr && payload->is_string() && looks_like_json(payload->get_string())) {
    auto inner = parse_body_json(payload->get_string());
    if (inner) return std::move(*inner);
  }
  return json::value(std::move(out));
}

Result<json::value> parse_body(std::string_view type, std::string const& body) {
  if (body.empty()) return json::value();
  if (type == "application/json" || type.ends_with("+json")) return parse_body_json(body);
  if (looks_like_json(body)) {
    auto parsed = parse_body_json(body);
    if (parsed) return parsed;
  }
  if (type == "application/x-www-form-urlencoded") return parse_form(body);
  bool const is_text = type.empty() || type.starts_with("text/");
  if (is_text && is_valid_utf8(body)) return json::value(body);
  Error error;
  error.code = "unsupported_media_type";
  error.message = "the body is neither JSON, nor a form, nor text";
  error.hint = "send Content-Type: application/json";
  return error;
}

}  // namespace

std::string HookMessage::field(std::string_view name) const {
  auto const* object = body.if_object();
  auto const* found = object == nullptr ? nullptr : object->if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::string HookMessage::header(std::string_view name) const {
  auto const* found = headers.if_contains(name);
  return found == nullptr ? std::string() : std::string(found->get_string());
}

Result<HookMessage> read_message(Request const& request) {
  HookMessage out;
  for (auto const& header : request.headers) {
    auto const name = lower(repair_utf8(header.name));
    if (std::ranges::find(hidden_headers, std::string_view(name)) != hidden_headers.end()) continue;
    auto& value = out.headers[name];
    auto const text = repair_utf8(header.value);
    value = value.is_string() ? std::string(value.get_string()) + ", " + text : text;
  }
  for (auto const& [name, value] : request.query) add_field(out.query, name, value);
  auto type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  TRY(out.body, parse_body(lower(type), request.body));
  return out;
}

std::optional<Response> handshake_answer(HookScheme scheme, HookMessage const& message) {
  if (scheme == HookScheme::slack && message.field("type") == "url_verification") {
    Response out;
    out.content_type = "text/plain; charset=utf-8";
    out.body = message.field("challenge");
    return out;
  }
  if (scheme == HookScheme::github && message.header("x-github-event") == "ping") {
    json::object pong;
    pong["pong"] = true;
    return json_response(pong);
  }
  return std::nullopt;
}

std::string event_of(HookScheme scheme, HookMessage const& message) {
  if (scheme == HookScheme::github) return message.header("x-github-event");
  if (auto const command = message.field("command"); !command.empty()) return command;
  auto const* object = message.body.if_object();
  auto const* event = object == nullptr ? nullptr : object->if_contains("event");
  auto const* inner = event == nullptr ? nullptr : event->if_object();
  auto const* type = inner == nullptr ? nullptr : inner->if_contains("type");
  if (scheme == HookScheme::slack && type != nullptr && type->is_string())
    return std::string(type->get_string());
  return message.field("type");
}

std::string delivery_id_of(HookScheme scheme, HookMessage const& message, Request const& request) {
  std::string id;
  std::string_view signature;
  switch (scheme) {
    case HookScheme::standard_webhooks:
      return message.header("webhook-id");
    case HookScheme::github:
      id = message.header("x-github-delivery");
      signature = request.header("X-Hub-Signature-256");
      break;
    case HookScheme::stripe:
      id = message.field("id");
      signature = request.header("Stripe-Signature");
      break;
    case HookScheme::slack:
      id = message.field("event_id");
      if (id.empty()) id = message.field("trigger_id");
      signature = request.header("X-Slack-Signature");
      break;
    case HookScheme::bearer:
    case HookScheme::none:
      id = message.header("idempotency-key");
      return id.empty() ? message.header("webhook-id") : id;
  }
  // The same bytes again have the same signature.
  return id.empty() ? "signature " + sql::sha256_hex(signature) : id;
}

}  // namespace ropewalk::server
