#include "server/ai/shard_ai.hpp"

#include "providers/ai/dialect.hpp"
#include "providers/ai/http_model_client.hpp"
#include "providers/ai/recording_client.hpp"
#include "providers/ai/sim_client.hpp"

namespace ropewalk::server {
namespace {

constexpr std::string_view sim_type = "sim";
constexpr Duration day_sum_age_max = std::chrono::seconds(1);
constexpr std::size_t day_sums_max = 1000;

ai::Spent to_spent(sql::SpendTotal const& total) {
  return {total.input_tokens + total.output_tokens, total.cost_usd};
}

ai::ReplaySpeed replay_speed(Config const& config) {
  return config.replay_speed == "recorded" ? ai::ReplaySpeed::as_recorded
                                           : ai::ReplaySpeed::instant;
}

}  // namespace

/// The folder of recordings, and how it is touched.
class ShardAi::Disk {
 public:
  Disk(std::string const& path, BlockingPool& blocking)
      : directory(std::make_shared<ai::ExchangeDirectory>(path)),
        run([&blocking](std::function<void()> work) { return run_on(blocking, std::move(work)); }) {
  }

  std::shared_ptr<ai::ExchangeDirectory> directory;
  ai::RunBlocking run;

 private:
  static Async<> run_on(BlockingPool& blocking, std::function<void()> work) {
    auto job = [task = std::move(work)] {
      task();
      return true;
    };
    auto running = blocking.run(std::move(job));
    co_await std::move(running);
  }
};

ShardAi::ShardAi(Parts const& parts)
    : parts_(parts),
      http_(parts.executor, parts.node.http()),
      files_(parts.blocking),
      spend_(parts.store, parts.clock),
      cache_(parts.pool),
      conversations_(parts.pool),
      runner_(ai_parts(parts)) {
  auto const& path = parts.config.replay.empty() ? parts.config.record : parts.config.replay;
  if (!path.empty()) disk_ = std::make_unique<Disk>(path, parts.blocking);
}

ShardAi::~ShardAi() = default;

ai::AiParts ShardAi::ai_parts(Parts const& parts) {
  return ai::AiParts{
      parts.executor,
      parts.clock,
      parts.node.providers(),
      *this,
      parts.node.limits(),
      parts.node.models(),
      files_,
      parts.observer,
      spend_,
      parts.node.budgets(),
      cache_,
      conversations_,
      nullptr};
}

ai::ModelClient& ShardAi::client(ai::ProviderConfig const& provider) {
  auto found = clients_.find(provider.settings.name);
  if (found == clients_.end())
    found = clients_.emplace(provider.settings.name, make_client(provider)).first;
  auto const& layers = found->second;
  return layers.outer ? *layers.outer : *layers.inner;
}

bool ShardAi::is_replay() const {
  return !parts_.config.replay.empty();
}

ShardAi::Layers ShardAi::make_client(ai::ProviderConfig const& provider) {
  Layers out;
  auto const& name = provider.settings.name;
  if (!parts_.config.replay.empty()) {
    out.outer = std::make_unique<ai::ReplayClient>(
        name, disk_->directory, disk_->run, replay_speed(parts_.config)
    );
    return out;
  }
  if (provider.settings.type == sim_type) {
    out.inner = std::make_unique<ai::SimClient>(provider.settings.options);
  } else {
    auto const* dialect = ai::find_dialect(provider.settings.type);
    ROPEWALK_CHECK(dialect != nullptr);  // types were checked when the configuration was read
    out.inner = std::make_unique<ai::HttpModelClient>(http_, provider.settings, *dialect);
  }
  if (!parts_.config.record.empty())
    out.outer =
        std::make_unique<ai::RecordingClient>(name, *out.inner, disk_->directory, disk_->run);
  return out;
}

Async<Result<ai::Spent>> StoredSpend::of_task(ExecutionId execution, std::string task) {
  auto asking = store_.spend_of_task(execution, std::move(task));
  auto const total = co_await std::move(asking);
  if (!total) co_return total.error();
  co_return to_spent(*total);
}

Async<Result<ai::Spent>> StoredSpend::of_execution(ExecutionId execution) {
  auto asking = store_.spend_of_execution(execution);
  auto const total = co_await std::move(asking);
  if (!total) co_return total.error();
  co_return to_spent(*total);
}

Async<Result<ai::Spent>> StoredSpend::of_workflow_today(std::string workflow) {
  auto const now = clock_.now();
  Instant const today(std::chrono::floor<std::chrono::days>(now));
  if (auto const known = days_.find(workflow); known != days_.end()) {
    auto const& read_at = known->second.read_at;
    if (read_at >= today && read_at <= now && now - read_at < day_sum_age_max)
      co_return known->second.spent;
  }
  auto asking = store_.spend_of_workflow(workflow, today);
  auto const total = co_await std::move(asking);
  if (!total) co_return total.error();
  if (days_.size() >= day_sums_max) days_.clear();
  auto const spent = to_spent(*total);
  days_.insert_or_assign(std::move(workflow), DaySum{now, spent});
  co_return spent;
}

}  // namespace ropewalk::server
