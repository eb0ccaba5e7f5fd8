#include "providers/http/task/http_attempt.hpp"

#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "providers/http/http_error.hpp"
#include "providers/http/task/pages.hpp"

#include <algorithm>

namespace ropewalk::http {
namespace {

constexpr std::size_t written_bytes = 256 * 1024;  // at a time, to a file
constexpr int poll_failures_max = 3;               // in a row, that are waited over

bool may_pass(Error const& error) {
  return error.error_class == ErrorClass::transient || error.error_class == ErrorClass::resource;
}

Duration stated_wait(Error const& error) {
  auto const* detail = error.detail.if_object();
  auto const* wait = detail == nullptr ? nullptr : detail->if_contains("retryAfterMs");
  if (wait == nullptr || !wait->is_int64()) return {};
  return std::chrono::milliseconds(std::max<std::int64_t>(wait->get_int64(), 0));
}

}  // namespace

std::size_t HttpAttempt::bytes_max() const {
  return task_.bytes_max.value_or(parts_.output_bytes_max);
}

Async<AttemptOutcome> HttpAttempt::run() {
  auto working = work();
  auto worked = co_await std::move(working);
  AttemptOutcome outcome;
  if (caller_) {
    if (!caller_->records().empty())
      outcome.detail = json::object{{"requests", caller_->records()}};
    auto const& mask = caller_->mask();
    if (worked) {
      mask.mask(*worked);
    } else {
      auto error = worked.error();
      mask.mask(error);
      worked = std::move(error);
    }
  }
  if (!worked) {
    auto error = worked.error();
    error.message = "task \"" + request_.task + "\": " + error.message;
    worked = std::move(error);
  }
  outcome.output = std::move(worked);
  co_return outcome;
}

Async<Result<json::value>> HttpAttempt::work() {
  CO_TRY(task_, read_http_task(request_.config));
  bool const has_expressions = task_.poll || task_.pages;
  if (has_expressions && request_.context) {
    auto const set = scope_.set_context(request_.context());
    if (!set) co_return set.error();
  }
  caller_.emplace(parts_, task_, request_);
  auto preparing = caller_->prepare();
  auto const prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  Async<Result<json::value>> doing = task_.poll              ? poll()
                                     : task_.pages           ? turn_pages()
                                     : task_.save_to.empty() ? call()
                                                             : save();
  co_return co_await std::move(doing);
}

Result<json::value> HttpAttempt::output_of(Answer const& answer, std::string const& url) const {
  auto const asked = task_.method + " " + caller_->masked(url);
  auto output = answer_output(task_.response, answer, asked, bytes_max());
  if (output) return output;
  auto shown = answer;
  shown.body = caller_->masked(answer.body);  // the error has a part of it
  return answer_output(task_.response, shown, asked, bytes_max());
}

Async<Result<json::value>> HttpAttempt::call() {
  auto asking = caller_->ask(caller_->first_url(), bytes_max());
  auto const answer = co_await std::move(asking);
  if (!answer) co_return answer.error();
  co_return output_of(*answer, answer->url);
}

Async<Result<>> HttpAttempt::wait_for_poll(Steady::time_point end, Duration wait, std::string why) {
  if (Steady::now() + wait >= end) {
    Error late;
    late.error_class = ErrorClass::transient;
    late.code = "poll_deadline";
    late.message = "`poll.until` did not hold within " + format_duration(task_.poll->deadline) +
                   "; the last time " + why;
    late.hint = "raise poll.deadline, or look at what the server is doing";
    late.detail = json::object{{"retryable", false}};
    co_return late;
  }
  sink_.waiting("polls again in " + format_duration(wait) + ": " + caller_->masked(why));
  auto sleeping = sleep_for(wait);
  co_await std::move(sleeping);
  sink_.waiting({});
  co_return Result<>();
}

Async<Result<json::value>> HttpAttempt::poll() {
  auto const end = Steady::now() + task_.poll->deadline;
  int failures = 0;
  for (;;) {
    auto calling = call();
    auto answer = co_await std::move(calling);
    auto wait = task_.poll->interval;
    std::string why = "it did not hold";
    if (answer) {
      failures = 0;
      scope_.set_response(std::move(*answer));
      CO_TRY(bool const holds, scope_.holds("poll.until", task_.poll->until));
      if (holds) co_return scope_.response();
    } else {
      auto const& error = answer.error();
      if (!may_pass(error) || ++failures > poll_failures_max) co_return error;
      wait = std::max(wait, stated_wait(error));
      why = error.message;
    }
    auto waiting = wait_for_poll(end, wait, std::move(why));
    auto const waited = co_await std::move(waiting);
    if (!waited) co_return waited.error();
  }
}

Async<Result<json::value>> HttpAttempt::turn_pages() {
  Pages pages(*task_.pages, parts_.output_bytes_max);
  auto url = pages.first(caller_->first_url());
  json::object out;
  while (!url.empty()) {
    auto asking = caller_->ask(url, bytes_max());
    auto answer = co_await std::move(asking);
    if (!answer) co_return answer.error();
    CO_TRY(auto value, output_of(*answer, url));
    scope_.set_response(std::move(value));
    CO_TRY(url, pages.take(scope_, answer->headers, url));
    auto const& last = scope_.response().get_object();
    out = json::object{
        {"status", last.at("status")}, {"url", last.at("url")}, {"headers", last.at("headers")}};
  }
  out["pages"] = pages.pages_count();
  out["truncated"] = pages.is_truncated();
  out["body"] = pages.take_items();
  co_return json::value(std::move(out));
}

Async<Result<json::value>> HttpAttempt::save() {
  auto const most = task_.bytes_max.value_or(HttpTaskLimits::saved_bytes_max);
  auto opening = caller_->open(caller_->first_url());
  auto opened = co_await std::move(opening);
  if (!opened) co_return opened.error();
  auto checking = caller_->check(*opened);
  auto const checked = co_await std::move(checking);
  if (!checked) co_return checked.error();
  auto creating = parts_.files.write(request_.directory, task_.save_to);
  auto file = co_await std::move(creating);
  if (!file) co_return file.error();
  std::size_t bytes_count = 0;
  std::string waiting;
  for (bool is_end = false; !is_end;) {
    auto reading = opened->response.read_some();
    auto const piece = co_await std::move(reading);
    if (!piece) co_return piece.error();
    is_end = piece->empty();
    bytes_count += piece->size();
    if (bytes_count > most)
      co_return http_error(
          ErrorClass::permanent,
          "response_too_large",
          opened->asked + ": the body has more than " + std::to_string(most) + " bytes",
          "raise maxBytes"
      );
    waiting += *piece;
    if (waiting.size() < written_bytes && !is_end) continue;
    auto writing = (*file)->write(std::move(waiting));
    auto const written = co_await std::move(writing);
    if (!written) co_return written.error();
    waiting.clear();
  }
  auto finishing = (*file)->finish();
  auto const finished = co_await std::move(finishing);
  if (!finished) co_return finished.error();
  json::object out{
      {"status", opened->response.status},
      {"url", opened->url},
      {"headers", headers_json(opened->response.headers)},
      {"file", task_.save_to},
      {"bytes", bytes_count}};
  json::value value = std::move(out);
  replace_nul(value);
  co_return value;
}

}  // namespace ropewalk::http
