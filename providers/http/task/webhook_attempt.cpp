#include "providers/http/task/webhook_attempt.hpp"

#include "engine/base/text.hpp"

#include <chrono>

namespace ropewalk::http {
namespace {

constexpr std::size_t answer_bytes_max = 16 * 1024;

}  // namespace

Async<AttemptOutcome> WebhookAttempt::run() {
  auto working = work();
  auto worked = co_await std::move(working);
  AttemptOutcome outcome;
  if (!worked) {
    auto error = worked.error();
    error.message = "task \"" + request_.task + "\": " + error.message;
    if (!delivery_.empty()) delivery_["error"] = error.code;
    if (caller_) caller_->mask().mask(error);
    worked = std::move(error);
  }
  if (!delivery_.empty()) {
    json::value delivery = delivery_;
    caller_->mask().mask(delivery);
    if (worked) *worked = delivery;
    outcome.detail = json::object{{"delivery", std::move(delivery)}};
  }
  outcome.output = std::move(worked);
  co_return outcome;
}

Async<Result<>> WebhookAttempt::prepare() {
  std::vector<std::string> keys;
  for (auto const& name : task_.secrets) {
    auto asking = caller_->value_of(Credential{{}, name});
    auto secret = co_await std::move(asking);
    if (!secret) co_return secret.error();
    CO_TRY(auto key, webhook_key(*secret));
    keys.push_back(std::move(key));
  }
  auto preparing = caller_->prepare();
  auto const prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  auto const now = parts_.clock.now();
  // The same for every try, so that a receiver knows a message that it has taken already.
  headers_.id = request_.idempotency_key;
  headers_.timestamp =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  headers_.signature = sign_webhook(keys, headers_, caller_->body());
  caller_->set_header("webhook-id", headers_.id, false);
  caller_->set_header("webhook-timestamp", headers_.timestamp, false);
  caller_->set_header("webhook-signature", headers_.signature, false);
  delivery_["id"] = headers_.id;
  delivery_["time"] = format_instant(now);
  delivery_["bytes"] = caller_->body().size();
  co_return Result<>();
}

Async<Result<json::value>> WebhookAttempt::work() {
  CO_TRY(task_, read_webhook_task(request_.config));
  caller_.emplace(parts_, task_.call, request_);
  auto preparing = prepare();
  auto const prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  auto const begun = Steady::now();
  auto opening = caller_->open(task_.call.url);
  auto opened = co_await std::move(opening);
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begun);
  delivery_["durationMs"] = took.count();
  if (!opened) co_return opened.error();
  delivery_["status"] = opened->response.status;
  // What a receiver says is kept, but nothing depends on it: a body that breaks off is no failure.
  auto reading = read_beginning(opened->response, answer_bytes_max);
  auto const read = co_await std::move(reading);
  if (!read) co_return read.error();
  auto const body = caller_->masked(*read);
  delivery_["response"] = shorten(repair_utf8(body), excerpt_bytes_max);
  if (is_expected(task_.call, opened->response.status)) co_return json::value{};
  Answer answer;
  answer.status = opened->response.status;
  answer.headers = opened->response.headers;
  answer.body = body;
  co_return status_error(opened->asked, answer);
}

}  // namespace ropewalk::http
