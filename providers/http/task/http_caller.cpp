#include "providers/http/task/http_caller.hpp"

#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "providers/http/http_error.hpp"
#include "providers/http/http_url.hpp"
#include "providers/http/proxy.hpp"
#include "providers/http/task/redirect.hpp"
#include "providers/http/task/request_text.hpp"

#include <algorithm>
#include <charconv>

namespace ropewalk::http {
namespace {

constexpr std::size_t records_max = 50;
constexpr std::size_t error_bytes_max = 16 * 1024;
constexpr std::size_t drained_bytes_max = 16 * 1024;
constexpr auto drain_time = std::chrono::milliseconds(200);

/// Reads away a short body, so that its connection can be used again.
Async<> drain(HttpResponse& response) {
  std::size_t size = 0;
  auto const text = response.header("Content-Length");
  auto const read = std::from_chars(text.data(), text.data() + text.size(), size);
  bool const is_short = !text.empty() && read.ec == std::errc() && size <= drained_bytes_max;
  if (!is_short) co_return;
  auto reading = response.read_all(drained_bytes_max);
  auto limited = with_deadline(drain_time, std::move(reading));
  co_await std::move(limited);  // whatever it is: nobody needs it
}

Error too_many_redirects(std::string const& asked, std::size_t count) {
  return http_error(
      ErrorClass::permanent,
      "too_many_redirects",
      asked + " was still sent on after " + std::to_string(count) + " redirects",
      "call the right URL, or raise maxRedirects"
  );
}

}  // namespace

Async<Result<std::string>> read_beginning(HttpResponse& response, std::size_t bytes_max) {
  std::string out;
  while (out.size() < bytes_max) {
    auto reading = response.read_some();
    auto const piece = co_await std::move(reading);
    if (!piece && piece.error().code == "cancelled") co_return piece.error();
    if (!piece || piece->empty()) break;
    out.append(*piece, 0, bytes_max - out.size());
  }
  co_return out;
}

HttpCaller::HttpCaller(HttpParts const& parts, HttpTask const& task, AttemptRequest const& attempt)
    : parts_(parts), task_(task), attempt_(attempt) {
  base_.method = task.method;
  base_.timeouts = task.timeouts;
  base_.tls = task.tls;
  base_.allow = [&guard = parts.guard](asio::ip::address const& address, std::uint16_t) {
    return guard.judge(address);
  };
}

std::string HttpCaller::masked(std::string_view text) const {
  auto out = mask_.masked(text);
  return attempt_.mask ? attempt_.mask->masked(out) : out;
}

bool HttpCaller::holds_secret(std::string_view pointer) const {
  return std::ranges::any_of(attempt_.secrets, [pointer](SecretText const& text) {
    auto const rest = std::string_view(text.pointer).substr(0, pointer.size());
    bool const is_whole = text.pointer.size() == pointer.size();
    return rest == pointer && (is_whole || text.pointer[pointer.size()] == '/');
  });
}

std::string HttpCaller::url_of(HttpRequest const& request) const {
  auto const url = parse_http_url(request.url);
  if (!holds_secret("/url") || !url) return masked(shown_url(request.url));
  return url->peer();
}

std::string HttpCaller::asked_of(HttpRequest const& request) const {
  return request.method + " " + url_of(request);
}

Async<Result<std::string>> HttpCaller::value_of(Credential credential) {
  if (credential.secret.empty()) co_return credential.text;
  auto asking = parts_.secrets.secret(credential.secret);
  auto value = co_await std::move(asking);
  if (value) mask_.add(*value, SecretMask::bytes_min);
  co_return value;
}

void HttpCaller::set_header(std::string name, std::string value, bool is_secret) {
  remove_header(base_.headers, name);
  if (is_secret) sensitive_.push_back(name);
  base_.headers.push_back({std::move(name), std::move(value)});
}

Async<Result<>> HttpCaller::add_headers() {
  for (auto const& header : task_.headers) {
    auto asking = value_of(header.value);
    auto value = co_await std::move(asking);
    if (!value) co_return value.error();
    if (!header.value.secret.empty() || holds_secret("/headers/listed/" + header.name))
      sensitive_.push_back(header.name);
    base_.headers.push_back({header.name, std::move(*value)});
  }
  bool const has_accept = !find_header(base_.headers, "Accept").empty();
  if (!has_accept)
    set_header("Accept", task_.response == ResponseForm::json ? "application/json" : "*/*", false);
  co_return Result<>();
}

Async<Result<>> HttpCaller::add_auth() {
  Credential credential;
  if (auto const* basic = std::get_if<BasicAuth>(&task_.auth)) credential = basic->password;
  if (auto const* bearer = std::get_if<BearerAuth>(&task_.auth)) credential = bearer->token;
  if (auto const* key = std::get_if<ApiKeyAuth>(&task_.auth)) credential = key->value;
  if (auto const* oauth = std::get_if<OAuthAuth>(&task_.auth)) credential = oauth->client_secret;
  auto asking = value_of(credential);
  auto const value = co_await std::move(asking);
  if (!value) co_return value.error();
  mask_.add(*value);
  if (auto const* basic = std::get_if<BasicAuth>(&task_.auth)) {
    auto text = basic_authorization(basic->user + ":" + *value);
    mask_.add(std::string_view(text).substr(text.find(' ') + 1));
    set_header("Authorization", std::move(text), true);
  } else if (std::holds_alternative<BearerAuth>(task_.auth)) {
    set_header("Authorization", "Bearer " + *value, true);
  } else if (auto const* key = std::get_if<ApiKeyAuth>(&task_.auth)) {
    if (key->is_in_query)
      secret_query_.emplace_back(key->name, *value);
    else
      set_header(key->name, *value, true);
  } else if (auto const* oauth = std::get_if<OAuthAuth>(&task_.auth)) {
    TokenRequest request;
    request.url = oauth->token_url;
    request.client_id = oauth->client_id;
    request.client_secret = *value;
    request.scope = oauth->scope;
    request.audience = oauth->audience;
    request.is_in_body = oauth->is_in_body;
    request.timeouts = task_.timeouts;
    request.tls = task_.tls;
    request.allow = base_.allow;
    oauth_ = std::move(request);
  }
  co_return Result<>();
}

Async<Result<>> HttpCaller::add_body() {
  auto const& body = task_.body;
  std::string type;
  switch (body.kind) {
    case BodyWish::Kind::none:
      co_return Result<>();
    case BodyWish::Kind::json:
      base_.body = to_text(body.value);
      type = "application/json";
      break;
    case BodyWish::Kind::form:
      base_.body = encode_form(body.form);
      type = "application/x-www-form-urlencoded";
      break;
    case BodyWish::Kind::text:
      base_.body = body.text;
      type = "text/plain; charset=utf-8";
      break;
    case BodyWish::Kind::file: {
      auto reading =
          parts_.files.read(attempt_.directory, body.file, HttpTaskLimits::body_bytes_max);
      auto bytes = co_await std::move(reading);
      if (!bytes) co_return bytes.error();
      base_.body = std::move(*bytes);
      type = media_type_of(body.file);
      break;
    }
    case BodyWish::Kind::multipart: {
      auto writing = multipart();
      auto written = co_await std::move(writing);
      if (!written) co_return written.error();
      type = std::move(*written);
      break;
    }
  }
  if (base_.body.size() > HttpTaskLimits::body_bytes_max)
    co_return http_error(
        ErrorClass::permanent,
        "request_too_large",
        "the body has " + std::to_string(base_.body.size()) + " bytes, where " +
            std::to_string(HttpTaskLimits::body_bytes_max) + " are allowed",
        "send less, or in several requests"
    );
  if (!body.content_type.empty()) type = body.content_type;
  bool const is_given = !find_header(base_.headers, "Content-Type").empty();
  if (!is_given || body.kind == BodyWish::Kind::multipart)
    set_header("Content-Type", std::move(type), false);
  co_return Result<>();
}

Async<Result<>> HttpCaller::prepare() {
  auto headers = add_headers();
  auto const with_headers = co_await std::move(headers);
  if (!with_headers) co_return with_headers.error();
  auto auth = add_auth();
  auto const with_auth = co_await std::move(auth);
  if (!with_auth) co_return with_auth.error();
  auto body = add_body();
  co_return co_await std::move(body);
}

std::string HttpCaller::first_url() const {
  return task_.query.empty() ? task_.url : add_query(task_.url, task_.query);
}

HttpRequest HttpCaller::request_for(std::string url) {
  HttpRequest request = base_;
  ++requests_count_;
  bool const has_key = !find_header(base_.headers, "Idempotency-Key").empty();
  if (task_.sends_key && !has_key) {
    // What is asked anew (the next page) is not what was asked before.
    auto key = attempt_.idempotency_key;
    if (requests_count_ > 1) key += "/" + std::to_string(requests_count_);
    request.headers.push_back({"Idempotency-Key", std::move(key)});
  }
  if (is_same_origin(url, task_.url) || requests_count_ == 1) {
    for (auto const& [name, value] : secret_query_) url = set_query(url, name, value);
  } else {
    for (auto const& name : sensitive_) remove_header(request.headers, name);
    remove_header(request.headers, "Authorization");
    remove_header(request.headers, "Cookie");
  }
  request.url = std::move(url);
  return request;
}

Async<Result<>> HttpCaller::add_token(HttpRequest& request, std::string& token) {
  TokenRequest wanted = *oauth_;
  std::string refused = token;
  auto asking = parts_.tokens.token(parts_.client, std::move(wanted), std::move(refused));
  auto found = co_await std::move(asking);
  if (!found) co_return found.error();
  token = std::move(*found);
  mask_.add(token);
  remove_header(request.headers, "Authorization");
  request.headers.push_back({"Authorization", "Bearer " + token});
  co_return Result<>();
}

void HttpCaller::record(
    HttpRequest const& request, Result<HttpResponse> const& response, Duration took
) {
  json::object entry{{"method", request.method}, {"url", url_of(request)}};
  if (response)
    entry["status"] = response->status;
  else
    entry["error"] = response.error().code;
  entry["ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  if (records_.size() >= records_max) records_.erase(records_.begin());
  records_.push_back(std::move(entry));
}

Async<Result<HttpResponse>> HttpCaller::send(HttpRequest const& request) {
  auto const begun = Steady::now();
  HttpRequest copy = request;
  auto sending = parts_.client.send(std::move(copy));
  auto response = co_await std::move(sending);
  record(request, response, std::chrono::duration_cast<Duration>(Steady::now() - begun));
  co_return response;
}

Result<> HttpCaller::follow(HttpRequest& request, HttpResponse const& response) const {
  auto const from = request.url;
  auto const followed = follow_redirect(
      request, response.status, response.headers, sensitive_, task_.allows_downgrade
  );
  if (!followed) return followed.error();
  bool const has_secret = holds_secret("/body") || holds_secret("/payload");
  if (!has_secret || request.body.empty() || is_same_origin(from, request.url)) return {};
  return http_error(
      ErrorClass::permanent,
      "redirect_refused",
      "a body with a secret in it is sent on to another origin",
      "call the right URL"
  );
}

Async<Result<Opened>> HttpCaller::open(std::string url) {
  auto request = request_for(std::move(url));
  auto const asked = asked_of(request);
  std::string token;
  bool wants_token = oauth_ && is_same_origin(request.url, task_.url);
  bool had_second_token = false;
  for (std::size_t redirects = 0;;) {
    if (wants_token) {
      auto adding = add_token(request, token);
      auto const added = co_await std::move(adding);
      if (!added) co_return added.error();
      wants_token = false;
    }
    auto sending = send(request);
    auto response = co_await std::move(sending);
    if (!response) co_return response.error();
    auto const status = response->status;
    bool const is_stale_token = status == 401 && !token.empty() && !had_second_token &&
                                !find_header(request.headers, "Authorization").empty();
    bool const sends_on = task_.follows_redirects && is_redirect(status) &&
                          !is_expected(task_, status) && !response->header("Location").empty();
    if (!is_stale_token && !sends_on)
      co_return Opened{std::move(*response), request.url, asked_of(request)};
    if (is_stale_token) {
      had_second_token = wants_token = true;
    } else {
      if (redirects++ == task_.redirects_max)
        co_return too_many_redirects(asked, task_.redirects_max);
      auto const followed = follow(request, *response);
      if (!followed) co_return followed.error();
    }
    auto draining = drain(*response);
    co_await std::move(draining);
  }
}

Async<Result<>> HttpCaller::check(Opened& opened) {
  if (is_expected(task_, opened.response.status)) co_return Result<>();
  Answer answer;
  answer.status = opened.response.status;
  answer.headers = opened.response.headers;
  auto reading = read_beginning(opened.response, error_bytes_max);
  auto body = co_await std::move(reading);
  if (!body) co_return body.error();
  answer.body = masked(*body);
  co_return status_error(opened.asked, answer);
}

Async<Result<Answer>> HttpCaller::ask(std::string url, std::size_t bytes_max) {
  auto opening = open(std::move(url));
  auto opened = co_await std::move(opening);
  if (!opened) co_return opened.error();
  auto checking = check(*opened);
  auto const checked = co_await std::move(checking);
  if (!checked) co_return checked.error();
  auto reading = opened->response.read_all(bytes_max);
  auto body = co_await std::move(reading);
  if (!body) {
    auto error = body.error();
    error.message = opened->asked + ": " + error.message;
    co_return error;
  }
  Answer answer;
  answer.status = opened->response.status;
  answer.headers = std::move(opened->response.headers);
  answer.url = std::move(opened->url);
  answer.body = std::move(*body);
  co_return answer;
}

}  // namespace ropewalk::http
