// What an answer means, without a socket in sight.
#include "engine/base/json.hpp"
#include "server/client/client.hpp"

namespace ropewalk::cli {
namespace {

std::string text_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

Result<json::value> body_of(Result<Reply> reply) {
  if (!reply) return reply.error();
  if (reply->status < 200 || reply->status > 299) return error_from_reply(*reply);
  return std::move(reply->body);
}

}  // namespace

Error error_from_reply(Reply const& reply) {
  Error out;
  out.error_class = reply.status >= 500 ? ErrorClass::transient : ErrorClass::permanent;
  out.code = "http_" + std::to_string(reply.status);
  out.message = "the server answered with status " + std::to_string(reply.status);
  auto const* problem = reply.body.if_object();
  if (problem == nullptr) return out;
  if (auto code = text_at(*problem, "code"); !code.empty()) out.code = std::move(code);
  if (auto detail = text_at(*problem, "detail"); !detail.empty()) out.message = std::move(detail);
  out.hint = text_at(*problem, "hint");
  if (auto const* errors = problem->if_contains("errors")) out.detail = *errors;
  return out;
}

Result<json::value> HttpClient::get(std::string const& target) const {
  return body_of(request("GET", target));
}

Result<json::value> HttpClient::post(
    std::string const& target, json::value const& body, std::string_view idempotency_key
) const {
  return body_of(request("POST", target, &body, idempotency_key));
}

Result<json::value> HttpClient::put(std::string const& target, json::value const& body) const {
  return body_of(request("PUT", target, &body));
}

Result<json::value> HttpClient::remove(std::string const& target) const {
  return body_of(request("DELETE", target));
}

std::string encode_component(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    bool const is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      out += c;
      continue;
    }
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

}  // namespace ropewalk::cli
