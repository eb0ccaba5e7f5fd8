#include "providers/http/task/http_runner.hpp"

#include "providers/http/http_error.hpp"
#include "providers/http/task/http_attempt.hpp"
#include "providers/http/task/webhook_attempt.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace ropewalk::http {

Async<AttemptOutcome> HttpRunner::run(AttemptRequest request, AttemptSink& sink) {
  HttpAttempt call(parts_, request, sink);
  WebhookAttempt webhook(parts_, request);
  try {
    auto running = request.type == "webhook" ? webhook.run() : call.run();
    co_return co_await std::move(running);
  } catch (boost::system::system_error const& thrown) {
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  AttemptOutcome outcome;
  outcome.output = cancelled();
  co_return outcome;
}

}  // namespace ropewalk::http
