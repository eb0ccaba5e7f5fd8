#include "engine/runtime/cached_runner.hpp"

#include "engine/base/json.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace ropewalk {
namespace {

std::string full_key(AttemptRequest const& request) {
  return "task\n" + request.cache_key;
}

LogLine line(LogLevel level, std::string text) {
  LogLine out;
  out.level = level;
  out.text = std::move(text);
  return out;
}

/// What this very program has written, or nothing.
std::optional<json::object> read_entry(std::string const& text) {
  JsonLimits limits;
  limits.bytes_max = text.size();
  limits.depth_max = 256;
  limits.nodes_max = 100'000'000;
  auto value = parse_json(text, limits);
  if (!value || !value->is_object() || !value->get_object().contains("output")) return std::nullopt;
  return std::move(value->get_object());
}

}  // namespace

Async<AttemptOutcome> CachedRunner::run(AttemptRequest request, AttemptSink& sink) {
  if (request.cache_key.empty()) {
    auto running = runner_.run(std::move(request), sink);
    AttemptOutcome outcome = co_await std::move(running);
    co_return outcome;
  }
  if (!request.cache_is_written_only) {
    auto finding = find(request, sink);
    auto found = co_await std::move(finding);
    if (found) co_return std::move(*found);
  }
  auto running = run_and_keep(std::move(request), sink);
  AttemptOutcome outcome = co_await std::move(running);
  co_return outcome;
}

Async<std::optional<AttemptOutcome>> CachedRunner::find(
    AttemptRequest const& request, AttemptSink& sink
) {
  auto getting = cache_.get(full_key(request));
  auto const stored = co_await std::move(getting);
  if (!stored) {
    LogLine warning = line(LogLevel::warn, "the cache cannot be read: " + stored.error().message);
    co_await sink.log(std::move(warning));
    co_return std::nullopt;
  }
  if (!*stored) co_return std::nullopt;
  auto entry = read_entry(**stored);
  if (!entry) co_return std::nullopt;
  AttemptOutcome out;
  out.output = std::move(entry->at("output"));
  entry->erase("output");
  std::string origin = to_text(*entry);
  json::object fact = std::move(*entry);
  fact["hit"] = true;
  out.detail = json::object{{"cache", std::move(fact)}};
  LogLine told = line(LogLevel::info, "the result is from the cache: " + origin);
  co_await sink.log(std::move(told));
  co_return std::optional<AttemptOutcome>(std::move(out));
}

Async<AttemptOutcome> CachedRunner::run_and_keep(AttemptRequest request, AttemptSink& sink) {
  std::string key = full_key(request);
  Duration const ttl = request.cache_ttl;
  json::object entry{{"execution", request.execution.to_string()}, {"task", request.task}};
  auto running = runner_.run(std::move(request), sink);
  AttemptOutcome outcome = co_await std::move(running);
  if (!outcome.output || outcome.hold) co_return outcome;
  entry["at"] = format_instant(clock_.now());
  entry["output"] = *outcome.output;
  auto putting = cache_.put(std::move(key), to_text(entry), ttl);
  auto const kept = co_await std::move(putting);
  if (!kept) {
    LogLine warning = line(LogLevel::warn, "the cache cannot be written: " + kept.error().message);
    co_await sink.log(std::move(warning));
  }
  co_return outcome;
}

}  // namespace ropewalk
