#include "tests/sim/generator.hpp"

#include <stdexcept>

namespace ropewalk::sim {
namespace {

using boost::json::array;
using boost::json::object;

std::string task_id(std::uint64_t n) {
  return "t" + std::to_string(n);
}

std::string milliseconds(std::uint64_t count) {
  return std::to_string(count) + "ms";
}

object generate_retry(Random& random) {
  object retry;
  retry["maxAttempts"] = 1 + random.number(4);
  retry["initialDelay"] = milliseconds(1 + random.below(500));
  retry["maxDelay"] = milliseconds(500 + random.below(1000));
  if (random.chance(20)) retry["on"] = array{"transient", "resource", "permanent"};
  return retry;
}

/// A wait for a time, a signal or an answer.
void add_wait(Random& random, std::uint64_t time_max, object& task) {
  task["type"] = "wait";
  std::uint64_t const kind = random.below(10);
  if (kind < 6) {
    task["duration"] = milliseconds(random.below(time_max));
    return;
  }
  bool const has_deadline = random.chance(50);
  object wait;
  if (has_deadline) wait["deadline"] = milliseconds(100 + random.below(3000));
  if (kind < 8) {
    wait["name"] = "s" + std::to_string(random.below(3));
    if (random.chance(30)) wait["schema"] = object{{"type", "integer"}};
    if (has_deadline && random.chance(50)) wait["onTimeout"] = "continue";
    task["signal"] = std::move(wait);
  } else {
    wait["message"] = "Shall it go on?";
    if (has_deadline && random.chance(50)) wait["onTimeout"] = "reject";
    task["approval"] = std::move(wait);
  }
}

array generate_dependencies(Random& random, std::uint64_t task, boost::json::object const& tasks) {
  array dependencies;
  std::uint64_t const wanted = random.below(4);
  for (std::uint64_t from = task; from > 0 && dependencies.size() < wanted;) {
    --from;
    if (!random.chance(50)) continue;
    object dependency{{"taskId", task_id(from)}};
    std::uint64_t const kind = random.below(10);
    if (kind == 8) dependency["type"] = "failure";
    if (kind == 9) dependency["type"] = "completion";
    auto const& upstream = tasks.at(task_id(from)).as_object();
    bool const has_number = upstream.at("type") == "work" && !upstream.contains("forEach");
    if (kind < 8 && has_number && random.chance(25))
      dependency["condition"] =
          "tasks." + task_id(from) + ".output > " + std::to_string(random.below(10));
    dependencies.push_back(std::move(dependency));
  }
  return dependencies;
}

void add_options(Random& random, object& task) {
  if (random.chance(40)) task["retry"] = generate_retry(random);
  if (random.chance(20)) task["timeout"] = milliseconds(50 + random.below(400));
  if (random.chance(15)) task["deadline"] = milliseconds(200 + random.below(3000));
  if (random.chance(15)) task["queueTimeout"] = milliseconds(100 + random.below(2000));
  if (random.chance(20)) task["priority"] = random.number(101);
  if (random.chance(15)) task["allowFailure"] = true;
  if (random.chance(20)) task["pool"] = random.chance(50) ? "gpu" : "io";
  if (random.chance(15)) task["resources"] = object{{"cpu", 1 + random.number(3)}};
}

object generate_items(Random& random) {
  array items;
  std::uint64_t const count = random.below(6);
  for (std::uint64_t i = 0; i < count; ++i) items.emplace_back(random.number(10));
  object each{{"items", std::move(items)}};
  if (random.chance(50)) each["maxParallel"] = 1 + random.number(3);
  char const* const on_failure[] = {"stop", "finish", "ignore"};
  each["onItemFailure"] = on_failure[random.below(3)];
  return each;
}

/// Tasks f0, f1, … that run when all others have ended.
object generate_finally(Random& random) {
  object tasks;
  std::uint64_t const count = 1 + random.below(3);
  for (std::uint64_t n = 0; n < count; ++n) {
    object task{{"type", random.chance(80) ? "work" : "pass"}};
    if (random.chance(20)) task["when"] = "execution.status == 'FAILED'";
    if (random.chance(30) && n > 0)
      task["dependencies"] = array{object{{"taskId", "f0"}, {"type", "completion"}}};
    if (random.chance(15)) task["forEach"] = generate_items(random);
    tasks["f" + std::to_string(n)] = std::move(task);
  }
  return tasks;
}

/// Task s0, which leads to some of the others.
void add_switch(Random& random, std::uint64_t tasks_count, object& tasks) {
  array then, otherwise;
  for (std::uint64_t n = 0; n < tasks_count; ++n)
    if (random.chance(30)) (random.chance(50) ? then : otherwise).emplace_back(task_id(n));
  array cases{object{{"when", "inputs.n > 4"}, {"then", std::move(then)}}};
  tasks["s0"] =
      object{{"type", "switch"}, {"cases", std::move(cases)}, {"otherwise", std::move(otherwise)}};
}

/// Tasks c0, c1, … that agents call; only c0 is called for sure, and may ask for its arguments.
void add_called_tasks(Random& random, object& tasks) {
  std::uint64_t const count = 1 + random.below(3);
  array names;
  for (std::uint64_t n = count; n > 0; --n) {
    std::string const id = "c" + std::to_string(n - 1);
    object task;
    std::uint64_t const kind = random.below(10);
    if (kind < 2) {
      task["type"] = "pass";
      if (n == 1) task["value"] = "${{ args }}";
    } else if (kind == 2) {
      add_wait(random, 300, task);
    } else {
      bool const calls = kind < 5 && !names.empty();
      task["type"] = calls ? "agent" : "work";
      if (calls) task["calls"] = names;
      add_options(random, task);
    }
    if (n == 1 && random.chance(30)) task["when"] = "args > 3";
    names.emplace_back(id);
    tasks[id] = std::move(task);
  }
  object agent{{"type", "agent"}, {"calls", std::move(names)}};
  add_options(random, agent);
  tasks["a0"] = agent;
  if (random.chance(50)) tasks["a1"] = std::move(agent);  // they share the tasks that they call
}

object generate_task(Random& random, std::uint64_t n, object const& tasks) {
  object task;
  std::uint64_t const kind = random.below(10);
  if (kind == 8) {
    task["type"] = "pass";
    task["value"] = static_cast<std::int64_t>(n);
  } else if (kind == 9) {
    add_wait(random, 800, task);
  } else {
    task["type"] = "work";
    add_options(random, task);
  }
  auto dependencies = generate_dependencies(random, n, tasks);
  if (!dependencies.empty()) task["dependencies"] = std::move(dependencies);
  if (random.chance(15)) task["forEach"] = generate_items(random);
  if (random.chance(5)) task["onFailure"] = "pause";
  if (random.chance(10)) task["when"] = random.chance(50) ? "inputs.n > 4" : "inputs.n <= 4";
  return task;
}

}  // namespace

TaskTypes const& types() {
  static TaskTypes const registry = [] {
    TaskTypes all;
    TaskType work;
    work.name = "work";
    all.add(work);
    TaskType agent;
    agent.name = "agent";
    agent.fields.push_back({"calls", FieldKind::list});
    agent.called_tasks = [](object const& task) {
      std::vector<CalledTask> called;
      for (auto const& name : task.at("calls").as_array())
        called.push_back({std::string(name.as_string()), "calls"});
      return called;
    };
    all.add(agent);
    return all;
  }();
  return registry;
}

std::shared_ptr<Workflow const> generate_workflow(Random& random, std::uint64_t n) {
  object tasks;
  std::uint64_t const count = 1 + random.below(random.chance(20) ? 30 : 8);
  for (std::uint64_t i = 0; i < count; ++i) tasks[task_id(i)] = generate_task(random, i, tasks);
  if (random.chance(50)) add_called_tasks(random, tasks);
  if (random.chance(30)) add_switch(random, count, tasks);
  object document{{"name", "w" + std::to_string(n)}, {"tasks", std::move(tasks)}};
  if (random.chance(25)) document["onFailure"] = random.chance(60) ? "cancel" : "pause";
  if (random.chance(30)) document["finally"] = generate_finally(random);
  if (random.chance(30)) {
    object concurrency{{"limit", 1 + random.number(3)}};
    char const* const on_limit[] = {"queue", "reject", "cancelOldest"};
    concurrency["onLimit"] = on_limit[random.below(3)];
    document["concurrency"] = std::move(concurrency);
  }
  auto loaded = load_workflow(boost::json::value(std::move(document)), types());
  if (!loaded.workflow)
    throw std::logic_error(
        "the generator made a bad workflow: " + to_line(loaded.problems.at(0), "")
    );
  return loaded.workflow;
}

}  // namespace ropewalk::sim
