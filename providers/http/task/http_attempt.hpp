#pragma once
// One attempt at a task of type `http`: a call, or several when it polls or turns pages.
//
// Shard: that of the runner. Owner: HttpRunner::run.

#include "engine/ports/task_runner.hpp"
#include "providers/http/task/http_caller.hpp"
#include "providers/http/task/response_scope.hpp"

#include <optional>

namespace ropewalk::http {

class HttpAttempt {
 public:
  /// All of them outlive the attempt.
  HttpAttempt(HttpParts const& parts, AttemptRequest const& request, AttemptSink& sink)
      : parts_(parts), request_(request), sink_(sink) {}

  Async<AttemptOutcome> run();

 private:
  Async<Result<json::value>> work();
  Async<Result<json::value>> call();
  /// The task's output out of an answer that was expected.
  Result<json::value> output_of(Answer const& answer, std::string const& url) const;
  Async<Result<json::value>> poll();
  /// Waits before the next poll; the error when there is no time for that.
  Async<Result<>> wait_for_poll(Steady::time_point end, Duration wait, std::string why);
  Async<Result<json::value>> turn_pages();
  Async<Result<json::value>> save();
  std::size_t bytes_max() const;

  HttpParts const& parts_;
  AttemptRequest const& request_;
  AttemptSink& sink_;
  HttpTask task_{};
  std::optional<HttpCaller> caller_{};
  ResponseScope scope_{};
};

}  // namespace ropewalk::http
