#include "server/observe/metrics.hpp"

#include "server/observe/log.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <set>

namespace ropewalk::server {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

Buckets seconds_buckets() {
  return Buckets{
      0.001,
      0.0025,
      0.005,
      0.01,
      0.025,
      0.05,
      0.1,
      0.25,
      0.5,
      1,
      2.5,
      5,
      10,
      30,
      60,
      300,
      900,
      3600};
}
Buckets commit_buckets() {
  return Buckets{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
}
Buckets size_buckets() {
  return Buckets{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
}

double seconds_of(Duration time) {
  return std::chrono::duration<double>(time).count();
}

using prometheus::Labels;

/// The first so many texts stand as they are, all later ones together as "other". Any thread.
class BoundedLabel {
 public:
  explicit BoundedLabel(std::size_t texts_max) : texts_max_(texts_max) {}

  std::string label(std::string text) {
    std::lock_guard const lock(mutex_);
    if (known_.contains(text)) return text;
    if (known_.size() >= texts_max_) return "other";
    known_.insert(text);
    return text;
  }

 private:
  std::size_t texts_max_;
  std::mutex mutex_;
  std::set<std::string> known_;
};

constexpr std::size_t models_max = 300;
constexpr std::size_t workflows_max = 300;

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  BoundedLabel models{models_max};
  BoundedLabel workflows{workflows_max};

  prometheus::Family<prometheus::Counter>& counter(
      std::string const& name, std::string const& help
  ) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Gauge>& gauge(std::string const& name, std::string const& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Histogram>& histogram(
      std::string const& name, std::string const& help
  ) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  prometheus::Family<prometheus::Counter>& executions =
      counter("ropewalk_executions_total", "Executions that ended, by status");
  prometheus::Family<prometheus::Counter>& tasks =
      counter("ropewalk_tasks_total", "Tasks that ended, by type and status");
  prometheus::Family<prometheus::Counter>& attempts =
      counter("ropewalk_attempts_total", "Attempts that ended, by error class (none: success)");
  prometheus::Family<prometheus::Histogram>& task_duration =
      histogram("ropewalk_task_duration_seconds", "How long tasks ran");
  prometheus::Family<prometheus::Histogram>& task_queue =
      histogram("ropewalk_task_queue_seconds", "How long tasks that were ready waited for a slot");
  prometheus::Family<prometheus::Gauge>& running =
      gauge("ropewalk_running", "Units of a pool in use");
  prometheus::Family<prometheus::Gauge>& waiting =
      gauge("ropewalk_waiting", "Attempts that wait for a pool");
  prometheus::Family<prometheus::Counter>& llm_tokens =
      counter("ropewalk_llm_tokens_total", "Tokens of calls to models, by direction");
  prometheus::Family<prometheus::Counter>& llm_cost =
      counter("ropewalk_llm_cost_usd_total", "What calls to models cost, as far as it is known");
  prometheus::Family<prometheus::Counter>& workflow_tokens = counter(
      "ropewalk_llm_workflow_tokens_total", "Tokens of calls to models, by workflow and direction"
  );
  prometheus::Family<prometheus::Counter>& workflow_cost = counter(
      "ropewalk_llm_workflow_cost_usd_total",
      "What calls to models cost, as far as it is known, by workflow"
  );
  prometheus::Family<prometheus::Histogram>& llm_first_token = histogram(
      "ropewalk_llm_time_to_first_token_seconds", "From a call to the first word of its answer"
  );
  prometheus::Family<prometheus::Gauge>& llm_running =
      gauge("ropewalk_llm_running", "Calls to a provider that are under way");
  prometheus::Family<prometheus::Gauge>& llm_waiting =
      gauge("ropewalk_llm_waiting", "Calls that wait for a provider's limits");
  prometheus::Family<prometheus::Counter>& schedule_starts =
      counter("ropewalk_schedule_starts_total", "Ticks of schedules, by what came of them");
  prometheus::Family<prometheus::Counter>& hook_deliveries =
      counter("ropewalk_hook_deliveries_total", "Deliveries to hooks, by what came of them");
  prometheus::Histogram& schedule_lag =
      histogram("ropewalk_schedule_lag_seconds", "From when a tick was due to its start")
          .Add({}, seconds_buckets());
  prometheus::Gauge& live =
      gauge("ropewalk_executions_live", "Executions under way on this node").Add({});
  prometheus::Gauge& http_connections =
      gauge("ropewalk_http_connections", "Open connections, WebSockets among them").Add({});
  prometheus::Gauge& ws_connections = gauge("ropewalk_ws_connections", "Open WebSockets").Add({});
  prometheus::Counter& ws_frames =
      counter("ropewalk_ws_frames_total", "Frames sent to WebSocket clients").Add({});
  prometheus::Counter& fenced =
      counter("ropewalk_fenced_writes_total", "Writes refused because another node took over")
          .Add({});
  prometheus::Counter& broken =
      counter("ropewalk_executions_broken_total", "Executions that the journal could not store")
          .Add({});
  prometheus::Histogram& commit_seconds =
      histogram("ropewalk_journal_commit_seconds", "How long commits took")
          .Add({}, commit_buckets());
  prometheus::Histogram& batch_size =
      histogram("ropewalk_journal_batch_size", "Changes in a commit").Add({}, size_buckets());
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::execution_ended(Status status) {
  families_->executions.Add(Labels{{"status", std::string(to_string(status))}}).Increment();
}

void Metrics::task_ended(std::string_view type, Status status, std::optional<Duration> ran) {
  Labels const labels{{"type", std::string(type)}, {"status", std::string(to_string(status))}};
  families_->tasks.Add(labels).Increment();
  if (!ran) return;
  Labels const by_type{{"type", std::string(type)}};
  families_->task_duration.Add(by_type, seconds_buckets()).Observe(seconds_of(*ran));
}

void Metrics::task_started(std::string_view type, Duration queued) {
  Labels const by_type{{"type", std::string(type)}};
  families_->task_queue.Add(by_type, seconds_buckets()).Observe(seconds_of(queued));
}

void Metrics::attempt_ended(std::string_view error_class) {
  std::string const label(error_class.empty() ? "none" : error_class);
  families_->attempts.Add(Labels{{"error_class", label}}).Increment();
}

void Metrics::execution_broken(ExecutionId execution, Error const& error) {
  families_->broken.Increment();
  log::Fields fields;
  fields["execution"] = execution.to_string();
  fields["error"] = to_json(error);
  log::error("the journal cannot store what happened to an execution", fields);
}

void Metrics::model_called(ai::ModelCallSeen const& call) {
  // Both are texts of people who write workflows: a program that makes new ones all the time must
  // not fill the memory of the server, nor of what reads it.
  std::string const model = families_->models.label(std::string(call.model));
  std::string const workflow = families_->workflows.label(std::string(call.workflow));
  Labels const labels{{"provider", std::string(call.provider)}, {"model", model}};
  Labels const by_workflow{{"workflow", workflow}};
  auto const count = [&](char const* direction, std::optional<std::int64_t> tokens) {
    if (!tokens || *tokens <= 0) return;
    auto const amount = static_cast<double>(*tokens);
    auto directed = labels;
    directed["direction"] = direction;
    families_->llm_tokens.Add(directed).Increment(amount);
    directed = by_workflow;
    directed["direction"] = direction;
    families_->workflow_tokens.Add(directed).Increment(amount);
  };
  count("input", call.usage.input);
  count("cached_input", call.usage.cached_input);
  count("output", call.usage.output);
  if (call.cost_usd && *call.cost_usd > 0) {
    families_->llm_cost.Add(labels).Increment(*call.cost_usd);
    families_->workflow_cost.Add(by_workflow).Increment(*call.cost_usd);
  }
  if (call.first_token > Duration{})
    families_->llm_first_token.Add(labels, seconds_buckets()).Observe(seconds_of(call.first_token));
}

void Metrics::set_provider(std::string const& provider, double running, double waiting) {
  families_->llm_running.Add(Labels{{"provider", provider}}).Set(running);
  families_->llm_waiting.Add(Labels{{"provider", provider}}).Set(waiting);
}

void Metrics::schedule_started(std::string_view result, std::optional<Duration> lag) {
  families_->schedule_starts.Add(Labels{{"result", std::string(result)}}).Increment();
  if (lag) families_->schedule_lag.Observe(std::max(seconds_of(*lag), 0.0));
}

void Metrics::hook_delivered(std::string_view result) {
  families_->hook_deliveries.Add(Labels{{"result", std::string(result)}}).Increment();
}

void Metrics::journal_committed(
    std::size_t changes_count, std::chrono::steady_clock::duration time
) {
  families_->commit_seconds.Observe(std::chrono::duration<double>(time).count());
  families_->batch_size.Observe(static_cast<double>(changes_count));
}

void Metrics::fenced_write() {
  families_->fenced.Increment();
}

void Metrics::frames_sent(std::size_t count) {
  families_->ws_frames.Increment(static_cast<double>(count));
}

void Metrics::set_connections(std::uint64_t http, std::uint64_t websockets) {
  families_->http_connections.Set(static_cast<double>(http));
  families_->ws_connections.Set(static_cast<double>(websockets));
}

void Metrics::set_pool(std::string const& pool, double running, double waiting) {
  families_->running.Add(Labels{{"pool", pool}}).Set(running);
  families_->waiting.Add(Labels{{"pool", pool}}).Set(waiting);
}

void Metrics::set_live_executions(std::uint64_t count) {
  families_->live.Set(static_cast<double>(count));
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace ropewalk::server
