#pragma once
// What a watcher knows about an execution: built from its events, one after the other.
//
// Pure: events in, state out. Applying an event twice, or an old one late, changes nothing.

#include "engine/base/time.hpp"
#include "engine/model/status.hpp"
#include "server/cli/text_tail.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cli {

/// The message and the mend of an error, for people.
struct Complaint {
  std::string message{};
  std::string hint{};
};
/// From an Error as JSON; empty when it is none.
Complaint complaint_of(boost::json::value const* error);

/// What a `wait` waits for, as a person reads it; empty where it is a time. `waiting` is that of an
/// event, a task or an approval.
std::string wait_text(boost::json::object const& waiting);

struct TaskView {
  std::string id{};
  std::string parent{};  // of a call: the task that called; empty: a task of the workflow
  Status status = Status::pending;
  std::uint32_t attempt = 0;
  std::optional<Instant> started_at{};  // of the latest attempt
  std::optional<Instant> finished_at{};
  std::optional<Instant> retry_at{};
  std::string last_line{};  // of its log, safe to print
  Complaint complaint{};
  TextTail text{};                 // of what it writes, until it ends
  std::uint64_t text_attempt = 0;  // whose text that is

  /// A call that failed: its caller is told and decides what that means.
  bool is_failed_call() const { return status == Status::failed && !parent.empty(); }
  /// How long the latest attempt has taken by `now`, or took.
  std::optional<Duration> elapsed(Instant now) const;
};

struct StatusCounts {
  std::size_t total = 0;
  std::size_t running = 0;
  std::size_t retrying = 0;
  std::size_t completed = 0;
  std::size_t failed = 0;
  std::size_t failed_calls = 0;  // not in `failed`
  std::size_t skipped = 0;
  std::size_t cancelled = 0;

  std::size_t done() const { return completed + failed + failed_calls + skipped + cancelled; }
};

class RunView {
 public:
  /// Tasks in the order in which they are to be counted and shown; more may turn up in events.
  explicit RunView(std::vector<std::string> const& task_ids = {});

  /// Takes an event of DESIGN §7; false when it was not new or is of no use here.
  bool apply(boost::json::object const& event);

  /// Takes a frame `token`, `superseded` or `end` of a task's text (docs/wire.md).
  void apply_text(boost::json::object const& frame);

  std::vector<TaskView> const& tasks() const { return tasks_; }
  /// nullptr when nothing is known of it.
  TaskView const* find(std::string_view id) const;
  /// Whether a call failed and its caller completed all the same.
  bool was_survived(TaskView const& task) const;
  StatusCounts const& counts() const { return counts_; }
  Status status() const { return status_; }
  bool paused() const { return paused_; }
  /// A task has failed or is held, and somebody has to say how it goes on.
  bool waits_for_person() const { return waits_for_person_; }
  Complaint const& complaint() const { return complaint_; }
  std::uint64_t last_seq() const { return last_seq_; }
  std::optional<Instant> started_at() const { return started_at_; }
  std::optional<Instant> finished_at() const { return finished_at_; }
  /// Indices of the tasks that have ended, in the order in which they did.
  std::vector<std::size_t> const& ended() const { return ended_; }

 private:
  TaskView& task(std::string_view id);
  void apply_execution(boost::json::object const& event, Instant at);
  void apply_task(boost::json::object const& event, Instant at);
  void count(TaskView const& task, int by);

  std::vector<TaskView> tasks_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<std::size_t> ended_;
  StatusCounts counts_;
  Status status_ = Status::pending;
  bool paused_ = false;
  bool waits_for_person_ = false;
  Complaint complaint_;
  std::uint64_t last_seq_ = 0;
  std::optional<Instant> started_at_;
  std::optional<Instant> finished_at_;
};

/// The string at `key`, or empty.
std::string_view text_at(boost::json::object const& object, std::string_view key);
/// The whole number at `key`, or 0.
std::uint64_t number_at(boost::json::object const& object, std::string_view key);
std::optional<Instant> instant_at(boost::json::object const& object, std::string_view key);

}  // namespace ropewalk::cli
