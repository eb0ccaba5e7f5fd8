#pragma once
// A node in a bottle: the engine's cores, its pools, a journal in memory and scripted work, under
// one seed and virtual time.
//
// Everything that happens is an event in one queue; between two events every invariant is checked.
// A crash throws away all but the journal, and the next node goes on from there.

#include "engine/schedule/core.hpp"
#include "tests/sim/generator.hpp"
#include "tests/sim/memory_journal.hpp"

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

namespace ropewalk::sim {

class World {
 public:
  explicit World(std::uint64_t seed);

  /// Runs until everything has ended. Throws Violation when an invariant breaks, or when something
  /// never ends.
  void run();

  struct Counts {
    std::size_t executions = 0, tasks_done = 0, attempts = 0, crashes = 0, cancels = 0, retries = 0,
                rejected = 0, calls = 0, answers = 0, loans = 0, holds = 0, resolved = 0, items = 0,
                finals = 0, signals = 0, decisions = 0;
  };
  Counts const& counts() const { return counts_; }

 private:
  struct Event {
    Instant at{};
    std::uint64_t order = 0;
    std::uint64_t life = 0;  // events of a node that has crashed are dropped; 0: of the world
    std::function<void()> happen{};
    bool operator>(Event const& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };
  struct Attempt {
    ExecutionId execution{};
    std::string task{};
    std::uint32_t number = 0;
    std::shared_ptr<TaskOptions const> options{};
    std::uint32_t shard = 0;
    TaskIndex index = 0;
    bool stopping = false;
    bool is_loan = false;             // runs on what its caller holds
    bool is_patient = false;          // ends only when all that it called is answered
    bool is_done = false;             // would end
    std::set<TaskIndex> waits_for{};  // tasks that it called
  };

  void in(Duration delay, std::function<void()> happen, bool survives_crash = false);
  Duration some_time(std::uint64_t up_to_ms) {
    return std::chrono::microseconds(random_.below(up_to_ms * 1000 + 1));
  }

  // The node (world_node.cpp)
  void boot();
  void crash();
  void drain(std::uint32_t shard);
  void apply(std::uint32_t shard, CoreEffects effects);
  void commit(std::uint32_t shard);
  void start(std::uint32_t shard, AttemptStart start);
  void finish(RequestId slot);
  void plan_calls(std::uint32_t shard, RequestId slot);
  void call(std::uint32_t shard, RequestId slot);
  void finish_if_done(RequestId slot);
  void answer(std::uint32_t shard, CallAnswer const& answer);
  void hold_for_a_person(AttemptOutcome& outcome, ExecutionId id);
  void grant();
  void place(ExecutionId id, EnterResult const& result);
  void leave(ExecutionId id);
  void arm(std::uint32_t shard);

  // The people (world_people.cpp)
  void plan();
  void clear_up(int minute);
  void submit();
  void command();
  void resolve(ExecutionId id);
  void retry_by_hand(ExecutionId id);

  // Who talks to it from outside (world_signals.cpp)
  struct Sent {
    ExecutionId execution{};
    std::string name{};
    std::int64_t payload = 0;
    std::string key{};
  };
  /// What its sender is told once it is durable: a signal (by its key) or an answer.
  struct Promise {
    std::uint32_t shard = 0;
    std::uint64_t batch = 0;
    ExecutionId execution{};
    std::string key{};
    std::string task{};
    std::string answer{};
  };
  void tell();
  void send(Sent const& sent);
  void decide(ExecutionId id);
  void keep_promises(std::uint32_t shard);
  void serve_all(int rounds);
  void check_promises() const;

  // The rules (world_rules.cpp)
  void check_step() const;
  void check_start(Attempt const& attempt, bool approved) const;
  void check_calls() const;
  void check_end() const;

  Random random_;
  std::uint64_t order_ = 0;
  std::uint64_t life_ = 1;
  Instant now_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Counts counts_;

  std::map<std::string, std::uint64_t> pools_;
  std::uint32_t shards_count_ = 1;
  std::vector<std::unique_ptr<EngineCore>> cores_;
  std::vector<bool> committing_;
  std::vector<std::optional<Instant>> armed_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<ExecutionLimits> limits_;
  std::map<RequestId, Attempt> running_;
  std::map<RequestId, Attempt> ending_;  // their runners are done, their slots not back
  std::set<RequestId> asked_;            // of the pools
  bool may_hang_ = true;                 // attempts that end only when they are stopped

  MemoryJournal journal_;
  std::vector<std::shared_ptr<Workflow const>> workflows_;
  std::map<ExecutionId, std::shared_ptr<Workflow const>>
      accepted_;  // told to a client: must never be lost
  std::map<ExecutionId, std::shared_ptr<Workflow const>> submitted_;
  std::map<ExecutionId, std::uint64_t> published_;  // the last event that watchers of this life saw
  std::set<ExecutionId> by_hand_;    // retried: may exceed the limits of its workflow
  std::set<ExecutionId> cancelled_;  // somebody asked for it
  std::vector<Sent> sent_;
  std::vector<Promise> promises_;  // not durable yet: a crash forgets them
  std::vector<Promise> told_;
};

}  // namespace ropewalk::sim
