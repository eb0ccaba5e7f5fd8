#pragma once
// Sends a task's request: its credentials, its body, the redirects that it meets.
//
// Owner: one attempt, which outlives what it starts. Shard: that of the runner.
// Cancel: ends with `cancelled`, or throws operation_aborted between two awaits.

#include "engine/base/secret_mask.hpp"
#include "engine/model/attempt.hpp"
#include "providers/http/task/answer.hpp"
#include "providers/http/task/http_parts.hpp"
#include "providers/http/task/http_task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ropewalk::http {

/// An answer whose body is still to be read.
struct Opened {
  HttpResponse response;
  std::string url{};    // where it came from in the end
  std::string asked{};  // "GET https://host/path", for messages
};

/// At most so much of a body; one that breaks off has said what it said. Errors: cancelled.
Async<Result<std::string>> read_beginning(HttpResponse& response, std::size_t bytes_max);

class HttpCaller {
 public:
  /// All of them outlive the caller.
  HttpCaller(HttpParts const& parts, HttpTask const& task, AttemptRequest const& attempt);

  /// Looks up secrets, reads files, writes the body. Errors: unknown_secret, those of the folder,
  /// request_too_large (permanent).
  Async<Result<>> prepare();

  /// The task's URL with its parameters.
  std::string first_url() const;

  /// Sends the request to `url`; what is secret in it goes only to the origin of the task's URL.
  /// Errors: those of HttpClient::send and OAuthTokens::token, too_many_redirects,
  /// redirect_refused.
  Async<Result<Opened>> open(std::string url);
  /// The same with the body, of at most `bytes_max`. Errors besides: an unexpected status
  /// (status_error), response_too_large.
  Async<Result<Answer>> ask(std::string url, std::size_t bytes_max);

  /// Of the request, once it is prepared.
  std::string const& body() const { return base_.body; }
  /// In the place of those of the same name.
  void set_header(std::string name, std::string value, bool is_secret);
  /// Looks a secret up, and sees to it that it is not shown. Errors: those of SecretSource.
  Async<Result<std::string>> value_of(Credential credential);

  /// Nothing when the status is expected. The beginning of the body is read for the error.
  Async<Result<>> check(Opened& opened);

  SecretMask const& mask() const { return mask_; }
  /// `text` without secrets: to be asked before a text is cut, or a part of one may be left.
  std::string masked(std::string_view text) const;
  /// [{method, url, status, ms}], the last 50.
  json::array const& records() const { return records_; }

 private:
  /// Whether the file puts a secret into these fields of the task: "/body".
  bool holds_secret(std::string_view pointer) const;
  /// "GET https://host/path"; without the path where a secret is in it.
  std::string asked_of(HttpRequest const& request) const;
  std::string url_of(HttpRequest const& request) const;
  Result<> follow(HttpRequest& request, HttpResponse const& response) const;
  Async<Result<>> add_headers();
  Async<Result<>> add_auth();
  Async<Result<>> add_body();
  Async<Result<std::string>> multipart();
  HttpRequest request_for(std::string url);
  Async<Result<>> add_token(HttpRequest& request, std::string& token);
  Async<Result<HttpResponse>> send(HttpRequest const& request);
  void record(HttpRequest const& request, Result<HttpResponse> const& response, Duration took);

  HttpParts const& parts_;
  HttpTask const& task_;
  AttemptRequest const& attempt_;
  SecretMask mask_{};
  HttpRequest base_{};
  NamedTexts secret_query_{};
  std::optional<TokenRequest> oauth_{};
  std::vector<std::string> sensitive_{};  // headers that are kept from other origins
  std::size_t requests_count_ = 0;        // by open()
  json::array records_{};
};

}  // namespace ropewalk::http
