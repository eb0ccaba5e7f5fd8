#include "engine/model/wait_plan.hpp"

#include "engine/base/text.hpp"
#include "engine/model/task_fields.hpp"
#include "engine/model/workflow.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace ropewalk {
namespace {

namespace json = boost::json;
using fields::Fields;
using fields::Reading;

constexpr std::array<std::string_view, 4> kinds{"duration", "until", "signal", "approval"};
constexpr std::array<std::string_view, 4> signal_fields{"name", "schema", "deadline", "onTimeout"};
constexpr std::array<std::string_view, 4> approval_fields{
    "message", "answers", "deadline", "onTimeout"};
constexpr std::size_t answers_max = 20;
constexpr std::size_t answer_bytes_max = 100;
constexpr std::size_t message_bytes_max = 16 * 1024;

void check_name(Fields const& fields, std::string_view field, std::string const& name) {
  if (is_workflow_name(name)) return;
  fields.add(
      field,
      "invalid_name",
      '"' + shorten(name, 60) + "\" cannot be the name of a signal",
      "letters, digits, '_', '.' and '-', at most 128"
  );
}

/// What a deadline means goes with a deadline. `known`: the words it may be, besides `fail`.
void read_timeout(WaitPlan& plan, Fields const& fields, std::vector<std::string_view> known) {
  plan.limit = fields.duration("deadline");
  if (fields.has("onTimeout") && !fields.has("deadline"))
    fields.add(
        "deadline",
        "missing_field",
        "`onTimeout` says what happens after a deadline, and there is none",
        "add deadline: 24h"
    );
  known.insert(known.begin(), "fail");
  if (auto const word = fields.word("onTimeout", known)) plan.on_timeout = known[*word];
}

void read_schema(WaitPlan& plan, Fields const& fields, Reading const& reading) {
  auto const* schema = fields.find("schema");
  if (!schema || (!reading.is_rendered && fields::has_expression_inside(*schema))) return;
  auto compiled = JsonSchema::compile(*schema);
  if (compiled)
    plan.schema = std::move(*compiled);
  else
    fields.add("schema", compiled.error().code, compiled.error().message, compiled.error().hint);
}

void read_signal(WaitPlan& plan, Fields const& task, Reading const& reading) {
  plan.what = WaitFor::signal;
  auto const* value = task.find("signal");
  if (!value) return;  // an expression
  if (auto const* name = value->if_string()) {
    plan.signal = std::string(*name);
    return check_name(task, "signal", plan.signal);
  }
  auto const* object = value->if_object();
  if (!object)
    return task.add(
        "signal",
        "wrong_kind",
        "`signal` is " + std::string(fields::kind_name(*value)),
        "write its name, or {name: paid, deadline: 24h}"
    );
  Fields const fields(*object, "signal", reading);
  fields.allow_only(signal_fields);
  if (!fields.has("name")) fields.add("name", "missing_field", "a signal has a name", "add name");
  if (auto const name = fields.text("name")) {
    plan.signal = *name;
    check_name(fields, "name", *name);
  }
  read_schema(plan, fields, reading);
  read_timeout(plan, fields, {"continue"});
}

void read_answers(WaitPlan& plan, Fields const& fields) {
  plan.answers = {"approve", "reject"};
  auto const* list = fields.array("answers");
  if (!list) return;
  plan.answers.clear();
  bool const is_bad_size = list->empty() || list->size() > answers_max;
  for (auto const& value : *list) {
    auto const* text = value.if_string();
    bool const fits = text && !text->empty() && text->size() <= answer_bytes_max;
    if (fits && !fields::has_expression(value) && *text != "fail" &&
        std::ranges::find(plan.answers, std::string_view(*text)) == plan.answers.end()) {
      plan.answers.emplace_back(*text);
    } else if (!fits || !fields::has_expression(value)) {
      return fields.add(
          "answers",
          "invalid_answers",
          "an answer is a text of its own, of at most 100 bytes, and not \"fail\"",
          "write answers: [approve, reject]"
      );
    }
  }
  if (is_bad_size)
    fields.add("answers", "invalid_answers", "there are 1 to 20 answers", "[approve, reject]");
}

void read_approval(WaitPlan& plan, Fields const& task, Reading const& reading) {
  plan.what = WaitFor::approval;
  auto const* object = task.object("approval");
  if (!object) return;  // an expression, or said before
  Fields const fields(*object, "approval", reading);
  fields.allow_only(approval_fields);
  if (!fields.has("message"))
    fields.add("message", "missing_field", "an approval says what is asked", "add message");
  plan.message = shorten(fields.text("message").value_or(""), message_bytes_max);
  read_answers(plan, fields);
  bool const is_known = !object->contains("answers") || reading.is_rendered ||
                        !fields::has_expression_inside(object->at("answers"));
  if (is_known)
    read_timeout(plan, fields, {plan.answers.begin(), plan.answers.end()});
  else
    static_cast<void>(fields.duration("deadline"));
}

WaitPlan read(json::object const& task, Reading const& reading) {
  WaitPlan plan;
  Fields const fields(task, "", reading);
  std::string_view first;
  for (std::string_view const kind : kinds) {
    if (!fields.has(kind)) continue;
    if (!first.empty())
      fields.add(
          kind,
          "conflicting_fields",
          "a task waits for one thing: `" + std::string(first) + "` or `" + std::string(kind) + '`',
          "make two tasks of it"
      );
    if (first.empty()) first = kind;
  }
  if (first.empty())
    fields.add(
        "duration",
        "missing_field",
        "nothing says what is waited for",
        "add duration, until, signal or approval"
    );
  if (first == "duration") plan.limit = fields.duration("duration");
  if (first == "until") {
    if (auto const text = fields.text("until")) {
      auto const until = parse_instant(*text);
      if (until)
        plan.until = *until;
      else
        fields.add("until", until.error().code, until.error().message, until.error().hint);
    }
  }
  if (first == "signal") read_signal(plan, fields, reading);
  if (first == "approval") read_approval(plan, fields, reading);
  return plan;
}

}  // namespace

std::optional<Instant> WaitPlan::end(Instant since) const {
  if (until) return until;
  if (limit) return since + *limit;
  return std::nullopt;
}

Result<WaitPlan> read_wait(json::object const& config) {
  fields::FieldProblems problems;
  WaitPlan plan = read(config, problems.reading());
  if (auto const fine = problems.result(); !fine) return fine.error();
  return plan;
}

void check_wait(json::object const& task, ReportProblem const& report) {
  read(task, Reading{report, false});
}

json::object wait_view(WaitPlan const& plan, Instant since) {
  constexpr std::array<std::string_view, 3> names{"time", "signal", "approval"};
  json::object out{{"for", names[static_cast<std::size_t>(plan.what)]}};
  if (plan.what == WaitFor::signal) out["signal"] = plan.signal;
  if (plan.what == WaitFor::approval) {
    out["message"] = plan.message;
    out["answers"] = json::array(plan.answers.begin(), plan.answers.end());
  }
  out["since"] = format_instant(since);
  auto const until = plan.end(since);
  if (until) out["until"] = format_instant(*until);
  if (until && plan.what != WaitFor::time) out["onTimeout"] = plan.on_timeout;
  return out;
}

Result<> check_payload(
    JsonSchema const& schema, std::string_view signal, json::value const& payload
) {
  auto const violations = schema.check(payload);
  if (violations.empty()) return {};
  json::array listed;
  for (auto const& violation : violations)
    listed.push_back({{"path", violation.path}, {"message", violation.message}});
  auto const& first = violations.front();
  Error error{ErrorClass::permanent, "invalid_signal"};
  error.message = "the payload does not fit the signal \"" + std::string(signal) +
                  "\": " + (first.path.empty() ? "" : first.path + ": ") + first.message;
  error.hint = "see `schema` of the task that waits for it";
  error.detail = json::object{{"violations", std::move(listed)}};
  return error;
}

TaskType wait_type() {
  TaskType type;
  type.name = "wait";
  type.description = "Waits for a time, a signal or an answer, without holding a slot.";
  auto const add = [&](std::string name, FieldKind kind, std::string description) {
    FieldSpec field;
    field.name = std::move(name);
    field.kind = kind;
    field.description = std::move(description);
    type.fields.push_back(std::move(field));
  };
  add("duration", FieldKind::duration, "How long.");
  add("until", FieldKind::string, "A time, like 2026-01-31T08:15:00Z.");
  add("signal", FieldKind::any, "The name of the signal that ends it.");
  add("approval", FieldKind::object, "What a person is asked.");
  type.needs_slot = false;
  type.check = check_wait;
  return type;
}

}  // namespace ropewalk
