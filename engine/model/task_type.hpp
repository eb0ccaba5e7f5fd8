#pragma once
// What kinds of task there are, and which fields each one reads.
//
// The engine knows `pass` and `wait`; every other type is registered by the provider that runs it,
// so that a new type needs no change here. The registry is filled at start and only read afterwards
// (any thread).

#include "engine/base/time.hpp"
#include "engine/model/problem.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

enum class FieldKind : unsigned char {
  any,
  string,
  integer,
  number,
  boolean,
  duration,
  size,
  list,
  object
};

struct FieldSpec {
  std::string name{};
  FieldKind kind = FieldKind::any;  // a string that holds ${{ }} is accepted for every kind: its
                                    // value is checked when it runs
  bool required = false;
  bool code = false;  // ${{ }} is refused inside it: a shell or an interpreter reads it (DESIGN §4)
  bool expression = false;             // bare CEL
  bool secrets = false;                // ${{ secrets.NAME }} may stand in it
  std::vector<std::string> allowed{};  // for strings: the words it may be; empty: any
  std::string description{};
};

/// Adds a problem at a field of the task that is being checked: (field path inside the task, code,
/// message, hint).
using ReportProblem =
    std::function<void(std::string field, std::string code, std::string message, std::string hint)>;

/// A task that another one may run as its tool.
struct CalledTask {
  std::string task{};
  std::string field{};  // where it is named, inside the calling task: "tools[0].task"
};

struct TaskType {
  std::string name{};
  std::string description{};
  std::vector<FieldSpec> fields{};  // beside the fields that every task has
  std::uint32_t max_attempts_default = 1;
  std::string why_no_secrets{};  // in the fields that take none; empty: they are stored and shown
  bool needs_slot = true;  // false: the engine carries it out by itself and it takes no pool slot
  bool takes_default_pool = true;  // false: it takes slots only of the pools that it names
  /// Looks deeper than the fields' kinds can say (one of two fields is needed, …). May be empty.
  std::function<void(boost::json::object const& task, ReportProblem const& report)> check{};
  /// Brings the type's own fields into one form before what stands in `${{ }}` is put in:
  /// afterwards text of the file and data from elsewhere look the same. Leaves bad fields alone.
  /// May be empty.
  std::function<void(boost::json::object& config)> prepare{};
  /// The tasks that attempts of `task` may call (AttemptSink::call). Empty: this type calls none.
  std::function<std::vector<CalledTask>(boost::json::object const& task)> called_tasks{};
};

class TaskTypes {
 public:
  /// With the engine's own types, `pass` and `wait`.
  TaskTypes();
  /// REQUIRES: no type of that name yet.
  void add(TaskType type);
  /// nullptr when there is none. The pointer stays valid as long as the registry.
  TaskType const* find(std::string_view name) const;
  std::vector<std::string_view> names() const;

 private:
  std::map<std::string, TaskType, std::less<>> types_;
};

}  // namespace ropewalk
