#pragma once
// How many executions of a workflow (with one key) run at once: `concurrency:` of the workflow
// file.
//
// Pure. One shard (the home of the limits). The group is "<workflow>" or "<workflow>/<key>"; its
// limit is that of the latest execution that came in, so that a new version of a workflow can
// change it.

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/model/workflow.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace ropewalk {

struct EnterRequest {
  ExecutionId execution{};
  std::string group{};
  std::uint32_t limit = 1;
  OnLimit on_limit = OnLimit::queue;
  std::int32_t priority = 50;
  Instant created_at{};
  bool was_running = false;  // taken over while it ran: it has its place already
};

struct EnterResult {
  enum class Verdict : unsigned char { granted, queued, rejected } verdict = Verdict::granted;
  std::optional<ExecutionId> cancel{};  // the one that has to make room (cancelOldest)
};

class ExecutionLimits {
 public:
  EnterResult enter(EnterRequest request);
  /// Gives back a place, or leaves the queue. Returns the executions that may begin now.
  std::vector<ExecutionId> leave(ExecutionId execution);

  struct Position {
    std::uint32_t limit = 0;
    std::size_t running = 0;
    std::size_t position = 0;            // in the queue, from 1
    std::vector<ExecutionId> holders{};  // at most 100
  };
  /// nullopt when it does not wait.
  std::optional<Position> explain(ExecutionId execution) const;

 private:
  struct Rank {
    std::int64_t time = 0;
    ExecutionId execution{};
    auto operator<=>(Rank const&) const = default;
  };
  struct Group {
    std::uint32_t limit = 1;
    std::set<std::pair<Instant, ExecutionId>> running{};  // oldest first
    std::set<Rank> queue{};
    std::set<ExecutionId> leaving{};  // told to cancel, still running
  };
  struct Member {
    std::string group{};
    Instant created_at{};
    Rank rank{};
    bool running = false;
  };

  std::map<std::string, Group> groups_;
  std::unordered_map<ExecutionId, Member> members_;
};

}  // namespace ropewalk
