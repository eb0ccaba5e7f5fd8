#pragma once
// One attempt at a task of type `webhook`: a POST that is signed, and the record of its delivery.
//
// Shard: that of the runner. Owner: HttpRunner::run.

#include "engine/model/attempt.hpp"
#include "providers/http/task/http_caller.hpp"
#include "providers/http/task/webhook_task.hpp"
#include "providers/http/webhook_signature.hpp"

#include <optional>
#include <vector>

namespace ropewalk::http {

class WebhookAttempt {
 public:
  /// Both outlive the attempt.
  WebhookAttempt(HttpParts const& parts, AttemptRequest const& request)
      : parts_(parts), request_(request) {}

  /// The detail has {delivery: {id, time, status, durationMs, response}}, however it ended.
  Async<AttemptOutcome> run();

 private:
  Async<Result<json::value>> work();
  Async<Result<>> prepare();

  HttpParts const& parts_;
  AttemptRequest const& request_;
  WebhookTask task_{};
  std::optional<HttpCaller> caller_{};
  WebhookHeaders headers_{};
  json::object delivery_{};
};

}  // namespace ropewalk::http
