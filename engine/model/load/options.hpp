#pragma once
// The fields that decide how a task is run: times, retries, pools, conditions. Equal ones are read
// once and shared.
//
// Owner: the loader; one thread.

#include "engine/model/load/fields.hpp"
#include "engine/model/load/references.hpp"
#include "engine/model/workflow.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ropewalk::load {

/// Names of the fields that OptionsReader reads, in a fixed order.
std::span<std::string_view const> option_fields();

/// Fills `retry` with what `object` states. Problems of its fields are added.
void read_retry(
    RetryConfig& retry, json::object const& object, Path const& path, Problems& problems
);
/// `pool` and `resources`, in Workflow form. Problems of their fields are added.
void read_pool(
    std::vector<PoolNeed>& needs, json::value const& value, Path const& path, Problems& problems
);
void read_resources(
    std::vector<PoolNeed>& needs, json::object const& object, Path const& path, Problems& problems
);

class OptionsReader {
 public:
  OptionsReader(Problems& problems, References& references)
      : problems_(problems), references_(references) {}

  /// Reads the workflow's `defaults`, whose fields stand beneath those of every task.
  void set_defaults(json::object const& defaults, Path const& path);
  std::shared_ptr<TaskOptions const> read(
      json::object const& task, Path const& path, TaskType const& type, TaskIndex index
  );

 private:
  std::shared_ptr<TaskOptions const> build(
      json::object const& task, Path const& path, TaskType const& type, TaskIndex index
  );
  std::vector<PoolNeed> read_needs(
      json::object const& task, Path const& path, TaskType const& type
  );
  json::value const* default_of(std::string_view name, TaskType const& type) const;
  static void read_plain(TaskOptions& options, Fields const& fields);

  Problems& problems_;
  References& references_;
  json::object const* defaults_ = nullptr;
  std::unordered_map<std::string, std::shared_ptr<TaskOptions const>> shared_{};
};

}  // namespace ropewalk::load
