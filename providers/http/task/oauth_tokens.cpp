#include "providers/http/task/oauth_tokens.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/http/proxy.hpp"
#include "providers/http/task/answer.hpp"
#include "providers/http/task/request_text.hpp"

#include <algorithm>
#include <cmath>

namespace ropewalk::http {
namespace {

constexpr std::size_t tokens_max = 1000;
constexpr std::size_t answer_bytes_max = 64 * 1024;
constexpr double unstated_seconds = 300;
constexpr double seconds_max = 30.0 * 24 * 3600;

std::string key_of(TokenRequest const& request) {
  std::string out;
  for (auto const* part :
       {&request.url,
        &request.client_id,
        &request.client_secret,
        &request.scope,
        &request.audience})
    out.append(std::to_string(part->size())).append(":").append(*part);
  return out;
}

HttpRequest to_http(TokenRequest const& request) {
  NamedTexts form{{"grant_type", "client_credentials"}};
  if (!request.scope.empty()) form.emplace_back("scope", request.scope);
  if (!request.audience.empty()) form.emplace_back("audience", request.audience);
  HttpRequest out;
  if (request.is_in_body) {
    form.emplace_back("client_id", request.client_id);
    form.emplace_back("client_secret", request.client_secret);
  } else {
    auto const pair =
        percent_encode(request.client_id) + ":" + percent_encode(request.client_secret);
    out.headers.push_back({"Authorization", basic_authorization(pair)});
  }
  out.method = "POST";
  out.url = request.url;
  out.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  out.headers.push_back({"Accept", "application/json"});
  out.body = encode_form(form);
  out.timeouts = request.timeouts;
  out.tls = request.tls;
  out.allow = request.allow;
  return out;
}

std::string text_of(json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// A refusal says which of a few words it is for (RFC 6749, 5.2); its text may repeat the request.
Error refusal(std::string const& asked, Answer const& answer) {
  auto const body = parse_json(answer.body);
  auto const* object = body ? body->if_object() : nullptr;
  auto const why = object != nullptr ? text_of(*object, "error") : std::string();
  auto error = status_error(asked, answer);
  error.detail.get_object().erase("body");
  error.message = asked + " gave no token: " + std::to_string(answer.status);
  if (!why.empty()) error.message += ": " + shorten(why, 100);
  if (answer.status == 400 || answer.status == 401 || answer.status == 403) {
    error.code = "auth";
    error.hint = "look at clientId, clientSecret and scope of auth.oauth2";
  }
  return error;
}

Steady::time_point end_of(json::object const& object) {
  double seconds = unstated_seconds;
  if (auto const* given = object.if_contains("expires_in"); given && given->is_number())
    seconds = std::clamp(given->to_number<double>(), 0.0, seconds_max);
  // It must still be good when it arrives.
  seconds -= std::min(30.0, seconds / 10);
  return Steady::now() + std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace

Async<Result<OAuthTokens::Kept>> OAuthTokens::fetch(
    HttpClient& client, TokenRequest const& request
) {
  auto const asked = "POST " + shown_url(request.url);
  auto http = to_http(request);
  auto sending = client.send(std::move(http));
  auto response = co_await std::move(sending);
  if (!response) co_return response.error();
  Answer answer;
  answer.status = response->status;
  answer.headers = response->headers;
  auto reading = response->read_all(answer_bytes_max);
  auto body = co_await std::move(reading);
  if (!body) co_return body.error();
  answer.body = std::move(*body);
  if (answer.status != 200) co_return refusal(asked, answer);
  auto const document = parse_json(answer.body);
  auto const* object = document ? document->if_object() : nullptr;
  Kept kept;
  if (object != nullptr) kept.token = text_of(*object, "access_token");
  if (kept.token.empty())
    co_return Error{
        ErrorClass::transient,
        "malformed_response",
        asked + " answered 200 without an access_token",
        "look at tokenUrl: is it the token endpoint?"};
  kept.until = end_of(*object);
  co_return kept;
}

void OAuthTokens::keep(std::string const& key, Kept kept) {
  auto const now = Steady::now();
  std::erase_if(tokens_, [now](auto const& entry) { return entry.second.until <= now; });
  if (tokens_.size() >= tokens_max)
    tokens_.erase(std::ranges::min_element(tokens_, {}, [](auto const& entry) {
      return entry.second.until;
    }));
  tokens_.insert_or_assign(key, std::move(kept));
}

Async<Result<std::string>> OAuthTokens::token(
    HttpClient& client, TokenRequest request, std::string refused
) {
  auto const key = key_of(request);
  auto taking = turns_.take(key);
  auto const turn = co_await std::move(taking);
  auto const found = tokens_.find(key);
  bool const is_good = found != tokens_.end() && found->second.until > Steady::now() &&
                       found->second.token != refused;
  if (is_good) co_return found->second.token;
  auto fetching = fetch(client, request);
  auto fetched = co_await std::move(fetching);
  if (!fetched) co_return fetched.error();
  auto token = fetched->token;
  keep(key, std::move(*fetched));
  co_return token;
}

}  // namespace ropewalk::http
