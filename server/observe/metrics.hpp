#pragma once
// What is counted (DESIGN §7), in Prometheus' terms. No ids in labels.
//
// Any thread: counters are atomic, families are locked for a new label only. Engines and journals
// of all shards share one.

#include "engine/runtime/engine.hpp"
#include "providers/ai/ai_observer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

class Metrics : public EngineObserver, public ai::AiObserver {
 public:
  Metrics();
  ~Metrics() override;

  void execution_ended(Status status) override;
  void task_ended(std::string_view type, Status status, std::optional<Duration> ran) override;
  void task_started(std::string_view type, Duration queued) override;
  void attempt_ended(std::string_view error_class) override;
  void execution_broken(ExecutionId execution, Error const& error) override;

  void model_called(ai::ModelCallSeen const& call) override;
  void set_provider(std::string const& provider, double running, double waiting);

  /// A tick of a schedule: "started", "failed", "put_off", or why it started nothing. `lag`: how
  /// long after it was due.
  void schedule_started(std::string_view result, std::optional<Duration> lag);

  /// "started", "repeated", "filtered", "answered", "refused", "failed" or "unknown" (the hook).
  void hook_delivered(std::string_view result);

  void journal_committed(std::size_t changes_count, std::chrono::steady_clock::duration time);
  void fenced_write();
  void frames_sent(std::size_t count);
  void set_connections(std::uint64_t http, std::uint64_t websockets);
  void set_pool(std::string const& pool, double running, double waiting);
  void set_live_executions(std::uint64_t count);

  /// The text exposition format.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace ropewalk::server
