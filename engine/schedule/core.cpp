#include "engine/schedule/core.hpp"

#include "engine/base/text.hpp"

namespace ropewalk {
namespace {

Error not_live(ExecutionId id) {
  return Error{
      ErrorClass::permanent, "not_found", "execution " + id.to_string() + " is not running here"};
}

}  // namespace

bool CoreEffects::empty() const {
  return ask.empty() && give_back.empty() && start.empty() && stop.empty() && publish.empty() &&
         ended.empty() && answers.empty() && broken.empty() && tasks_ended.empty() &&
         attempts_ended.empty();
}

EngineCore::EngineCore(CoreOptions options)
    : options_(options), random_state_(options.random_seed), next_request_(options.first_request) {}

EngineCore::~EngineCore() = default;

double EngineCore::random() {  // SplitMix64, by Steele, Lea and Flood, OOPSLA 2014
  std::uint64_t z = (random_state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1.0p-53;
}

EngineCore::Live* EngineCore::find_live(ExecutionId id) {
  auto const it = live_.find(id);
  return it == live_.end() ? nullptr : it->second.get();
}

Execution const* EngineCore::find(ExecutionId id) const {
  auto const it = live_.find(id);
  return it == live_.end() ? nullptr : &it->second->machine;
}

Result<EngineCore::Live*> EngineCore::require_live(ExecutionId id) {
  if (Live* live = find_live(id)) return live;
  return not_live(id);
}

EngineCore::Live& EngineCore::insert(Execution execution) {
  ExecutionId const id = execution.id();
  auto const [it, is_new] = live_.emplace(id, std::make_unique<Live>(std::move(execution)));
  ROPEWALK_CHECK(is_new);
  return *it->second;
}

Result<> EngineCore::submit(
    ExecutionId id,
    std::shared_ptr<Workflow const> workflow,
    NewExecution record,
    json::object inputs,
    bool has_place,
    Instant now,
    std::vector<ReusedTask> reused
) {
  if (stopping_)
    return Error{
        ErrorClass::transient, "shutting_down", "the server is stopping and takes no new work"};
  if (live_.size() >= options_.executions_live_max)
    return Error{
        ErrorClass::resource,
        "overloaded",
        "there are already " + std::to_string(live_.size()) + " executions under way",
        "try again later"};
  if (find_live(id))
    return Error{
        ErrorClass::permanent, "already_exists", "execution " + id.to_string() + " exists already"};
  Live& live = insert(
      Execution(id, std::move(workflow), std::move(record), std::move(inputs), options_.execution)
  );
  Effects fx;
  live.machine.accept(now);
  live.machine.take_over(std::move(reused), now, fx);
  if (has_place) live.machine.begin(now, fx);
  after(live, std::move(fx), now);
  return {};
}

void EngineCore::adopt(
    std::shared_ptr<Workflow const> workflow,
    StoredExecution const& stored,
    bool has_place,
    Instant now
) {
  if (stopping_ || find_live(stored.execution)) return;  // else the next start finds it
  Live& live = insert(Execution(std::move(workflow), stored, options_.execution));
  Effects fx;
  if (live.machine.has_begun())
    live.machine.resume_stored(now, fx);
  else if (has_place)
    live.machine.begin(now, fx);
  after(live, std::move(fx), now);
}

void EngineCore::abandon(StoredExecution const& stored, Error error, Instant now) {
  if (stopping_ || find_live(stored.execution)) return;
  Live& live = insert(Execution(abandoned_workflow(stored), stored, options_.execution));
  Effects fx;
  live.machine.give_up(std::move(error), now, fx);
  after(live, std::move(fx), now);
}

Result<> EngineCore::retry(
    std::shared_ptr<Workflow const> workflow, StoredExecution const& stored, Instant now
) {
  if (stopping_)
    return Error{
        ErrorClass::transient, "shutting_down", "the server is stopping and takes no new work"};
  if (find_live(stored.execution))
    return Error{
        ErrorClass::permanent,
        "not_ended",
        "execution " + stored.execution.to_string() + " has not ended"};
  Execution machine(std::move(workflow), stored, options_.execution);
  Effects fx;
  if (auto retried = machine.retry_failed(now, fx); !retried) return retried.error();
  after(insert(std::move(machine)), std::move(fx), now);
  return {};
}

void EngineCore::place_free(ExecutionId id, Instant now) {
  Live* live = find_live(id);
  if (!live || stopping_) return;
  Effects fx;
  live->machine.begin(now, fx);
  after(*live, std::move(fx), now);
}

Result<> EngineCore::cancel(ExecutionId id, Instant now, std::optional<Error> reason) {
  TRY(Live * live, require_live(id));
  Effects fx;
  live->machine.cancel(now, fx, std::move(reason));
  after(*live, std::move(fx), now);
  return {};
}

Result<> EngineCore::pause(ExecutionId id, Instant now) {
  TRY(Live * live, require_live(id));
  live->machine.pause(now);
  std::vector<TaskIndex> waiting;
  for (auto const& [task, slot] : live->slots)
    if (slots_.at(slot).attempt == 0) waiting.push_back(task);
  for (TaskIndex const task : waiting) drop_slot(*live, task, now);
  after(*live, {}, now);
  return {};
}

Result<> EngineCore::resume(ExecutionId id, Instant now) {
  TRY(Live * live, require_live(id));
  Effects fx;
  live->machine.resume(now, fx);
  after(*live, std::move(fx), now);
  return {};
}

Result<> EngineCore::resolve(
    ExecutionId id, std::string const& task, Resolve how, json::value output, Instant now
) {
  TRY(Live * live, require_live(id));
  auto const index = live->machine.find_task(task);
  if (!index)
    return Error{
        ErrorClass::permanent,
        "unknown_task",
        "execution " + id.to_string() + " has no task \"" + shorten(task, 60) + "\""};
  Effects fx;
  if (auto done = live->machine.resolve(*index, how, std::move(output), now, fx); !done)
    return done;
  after(*live, std::move(fx), now);
  return {};
}

void EngineCore::wake(Instant now) {
  while (!wakes_.empty() && wakes_.top().at <= now) {
    WakeAt const due = wakes_.top();
    wakes_.pop();
    Live* live = find_live(due.id);
    if (!live || live->wake_at != due.at) continue;
    live->wake_at.reset();
    Effects fx;
    live->machine.wake(now, random(), fx, !stopping_);
    after(*live, std::move(fx), now);
  }
}

std::optional<Instant> EngineCore::next_wake() {
  if (wakes_.empty()) return std::nullopt;
  return wakes_.top().at;
}

void EngineCore::interrupt_all(Instant now) {
  stopping_ = true;
  for (auto& [id, live] : live_) {
    Effects fx;
    live->machine.interrupt_all(now, fx);
    after(*live, std::move(fx), now);
  }
}

std::optional<RequestId> EngineCore::slot_of(ExecutionId id, TaskIndex task) const {
  auto const live = live_.find(id);
  if (live == live_.end()) return std::nullopt;
  auto const slot = live->second->slots.find(task);
  return slot == live->second->slots.end() ? std::nullopt : std::optional(slot->second);
}

}  // namespace ropewalk
