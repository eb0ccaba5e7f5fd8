#include "tests/providers/http/task/runner_fixture.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "engine/runtime/system_clock.hpp"
#include "providers/http/task/http_task.hpp"
#include "providers/http/task/webhook_task.hpp"

#include <algorithm>

namespace ropewalk::http {
namespace {

class MemoryFile final : public FileWriter {
 public:
  MemoryFile(MemoryFolder& folder, std::string path) : folder_(folder), path_(std::move(path)) {
    ++folder_.begun_count;
  }
  ~MemoryFile() override {
    if (!is_finished_) ++folder_.dropped_count;
  }
  Async<Result<>> write(std::string bytes) override {
    folder_.largest_write = std::max(folder_.largest_write, bytes.size());
    text_ += bytes;
    co_return Result<>();
  }
  Async<Result<>> finish() override {
    is_finished_ = true;
    folder_.files[path_] = text_;
    co_return Result<>();
  }

 private:
  MemoryFolder& folder_;
  std::string path_;
  std::string text_;
  bool is_finished_ = false;
};

Async<> run_one(HttpRunner& runner, World& world, json::value const& task, AttemptOutcome& into) {
  AttemptRequest request;
  request.task = "call";
  request.type = world.type;
  request.idempotency_key = "run/call/1";
  request.directory = "/flows";
  request.config = task.get_object();
  if (world.type == "http") prepare_http_fields(request.config);
  if (world.type == "webhook") prepare_webhook_fields(request.config);
  request.secrets = world.texts;
  request.mask = world.mask;
  request.context = [&world] { return world.context; };
  auto running = runner.run(std::move(request), world.sink);
  into = co_await std::move(running);
}

Async<> cancel_later(AsyncScope& scope, Duration after) {
  auto sleeping = sleep_for(after);
  co_await std::move(sleeping);
  scope.cancel();
}

Async<> run_tasks(
    World& world, std::vector<json::value> const& tasks, std::vector<AttemptOutcome>& into
) {
  auto const executor = co_await asio::this_coro::executor;
  SystemClock const clock;
  HttpClient client(executor, world.client);
  auto const guard = AddressGuard::make(world.allow).value();
  OAuthTokens tokens(executor);
  HttpRunner runner(
      {clock, client, guard, world.folder, world.secrets, tokens, world.output_bytes_max}
  );
  for (auto const& task : tasks) {
    AsyncScope attempts(executor);
    AsyncScope timers(executor);
    attempts.spawn(run_one(runner, world, task, into.emplace_back()));
    if (world.cancel_after > Duration{}) timers.spawn(cancel_later(attempts, world.cancel_after));
    co_await attempts.join();
    timers.cancel();
    try {
      co_await timers.join();
    } catch (boost::system::system_error const& stopped) {
      EXPECT_EQ(stopped.code(), asio::error::operation_aborted);
    }
  }
}

}  // namespace

Async<Result<std::string>> MemoryFolder::read(
    std::string, std::string path, std::size_t bytes_max
) {
  auto const found = files.find(path);
  if (found == files.end())
    co_return Error{ErrorClass::permanent, "file_not_found", "no file " + path};
  if (found->second.size() > bytes_max)
    co_return Error{ErrorClass::permanent, "file_too_large", "too large: " + path};
  co_return found->second;
}

Async<Result<std::unique_ptr<FileWriter>>> MemoryFolder::write(std::string, std::string path) {
  std::unique_ptr<FileWriter> out = std::make_unique<MemoryFile>(*this, std::move(path));
  co_return out;
}

Async<Result<std::string>> MemorySecrets::secret(std::string name) {
  auto const found = values.find(name);
  if (found == values.end())
    co_return Error{ErrorClass::permanent, "unknown_secret", "there is no secret \"" + name + "\""};
  co_return found->second;
}

std::vector<AttemptOutcome> World::run_all(std::vector<json::value> const& tasks) {
  std::vector<AttemptOutcome> out;
  out.reserve(tasks.size());
  test::run_coro(run_tasks(*this, tasks, out), std::chrono::seconds(60));
  return out;
}

AttemptOutcome World::run(json::value const& task) {
  return run_all({task}).front();
}

json::value World::output(json::value const& task) {
  auto const outcome = run(task);
  EXPECT_TRUE(outcome.output) << to_text(to_json(outcome.output.error()));
  return outcome.output ? *outcome.output : json::object();
}

Error World::error(json::value const& task) {
  auto const outcome = run(task);
  EXPECT_FALSE(outcome.output) << to_text(*outcome.output);
  return outcome.output ? Error{} : outcome.output.error();
}

std::vector<std::string> problems_of(json::value const& task) {
  std::vector<std::string> out;
  check_http_fields(
      task.get_object(),
      [&](std::string field, std::string code, std::string, std::string) {
        out.push_back(field + ": " + code);
      }
  );
  return out;
}

json::value js(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return parse_json(text).value();
}

std::string reply(
    unsigned status, std::string_view body, std::string_view type, std::string_view extra_headers
) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " Words\r\nContent-Type: ";
  out.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return out.append("\r\n").append(extra_headers).append("\r\n").append(body);
}

}  // namespace ropewalk::http
