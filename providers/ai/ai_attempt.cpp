#include "providers/ai/ai_attempt.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/answer_builder.hpp"
#include "providers/ai/attachments.hpp"
#include "providers/ai/chat_memory.hpp"
#include "providers/ai/json_extract.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace ropewalk::ai {
namespace {

constexpr std::int32_t history_turns_max = 100;
constexpr std::size_t day_size = std::string_view("2026-01-31").size();

Error too_many_rounds(std::uint32_t rounds_max) {
  return Error{
      ErrorClass::permanent,
      "too_many_tool_rounds",
      "the model still asked for tools after " + std::to_string(rounds_max) + " rounds",
      "raise maxToolRounds, or say in the prompt when it has enough"};
}

bool wants_tools(ChatAnswer const& answer) {
  return !answer.tool_calls.empty() && answer.finish.reason != FinishReason::length &&
         answer.finish.reason != FinishReason::content_filter;
}

}  // namespace

AiAttempt::AiAttempt(
    AiParts const& parts,
    AttemptRequest const& request,
    AttemptSink& sink,
    TokenCorrection& correction
)
    : parts_(parts), request_(request), sink_(sink), correction_(correction), relay_(sink) {}

Async<AttemptOutcome> AiAttempt::run() {
  auto working = caught_work();
  auto worked = co_await std::move(working);
  AttemptOutcome outcome;
  outcome.usage = ledger_.usage();
  outcome.spend = ledger_.spend();
  outcome.detail = detail();
  bool const is_over = !worked && worked.error().code == "budget_exceeded";
  if (is_over && caller_ && caller_->is_held()) outcome.hold = worked.error();
  outcome.output = std::move(worked);
  if (!ledger_.empty() || relay_.has_shown()) sink_.end_text(text_end());
  co_return outcome;
}

/// A cancellation that comes between two awaits ends the next of them by throwing. What was called
/// until then was paid for all the same.
Async<Result<json::value>> AiAttempt::caught_work() {
  try {
    auto working = work();
    co_return co_await std::move(working);
  } catch (boost::system::system_error const& thrown) {
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  co_return Error{ErrorClass::transient, "cancelled", "the attempt was stopped"};
}

Async<Result<json::value>> AiAttempt::work() {
  auto preparing = prepare();
  auto const prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  auto conversing = converse();
  auto output = co_await std::move(conversing);
  if (!output || task_.history.empty()) co_return output;
  auto remembering = remember(answered_->answer);
  co_await std::move(remembering);
  co_return output;
}

Async<Result<>> AiAttempt::prepare() {
  CO_TRY(task_, read_ai_task(request_.config));
  auto gathering = gather_parts();
  auto gathered = co_await std::move(gathering);
  if (!gathered) co_return gathered.error();
  // Only now: a prompt may bring a schema and a model of its own.
  CO_TRY(AnswerCheck check, AnswerCheck::make(task_));
  check_ = std::move(check);
  if (task_.models.empty())
    co_return Error{
        ErrorClass::permanent,
        "no_model",
        "neither the task nor its prompt names a model",
        "add model: provider/model"};
  CO_TRY(draft_, build_draft(task_, std::move(*gathered)));
  for (auto const& message : draft_)
    if (message.origin == Origin::prompt && message.message.role != Role::system)
      asked_.push_back(message.message);
  auto loading = load_budgets();
  auto const loaded = co_await std::move(loading);
  if (!loaded) co_return loaded.error();
  caller_.emplace(parts_, request_, task_, sink_, relay_, ledger_, budgets_, correction_);
  co_return Result<>();
}

Async<Result<DraftParts>> AiAttempt::gather_parts() {
  DraftParts parts;
  auto prompting = load_prompt(parts);
  auto const prompted = co_await std::move(prompting);
  if (!prompted) co_return prompted.error();
  auto attaching = load_attachments(parts);
  auto const attached = co_await std::move(attaching);
  if (!attached) co_return attached.error();
  if (!task_.history.empty()) {
    auto loading = load_turns(
        parts_.conversations, conversation_key(), history_turns_max, request_.idempotency_key
    );
    auto turns = co_await std::move(loading);
    if (!turns) co_return turns.error();
    parts.history = std::move(*turns);
  }
  if (task_.output.format == OutputFormat::json && needs_schema_in_words())
    parts.instructions = json_instructions(task_.output.schema);
  co_return parts;
}

bool AiAttempt::needs_schema_in_words() const {
  ChatRequest const wanted = base_request();
  return std::any_of(task_.models.begin(), task_.models.end(), [&](ModelName const& model) {
    auto const provider = parts_.providers.find(model.provider);
    if (provider == parts_.providers.end()) return true;
    auto const& settings = provider->second.settings;
    auto const info = parts_.models.find(model.provider, settings.type, model.model);
    if (info.schema == false) return true;
    auto const* dialect = find_dialect(settings.type);
    ChatRequest asked = wanted;
    asked.model = model.model;
    return dialect == nullptr || !dialect->has_native_schema(settings, asked);
  });
}

Async<Result<>> AiAttempt::load_prompt(DraftParts& parts) {
  auto const* reference = std::get_if<PromptReference>(&task_.prompt);
  if (reference == nullptr) co_return Result<>();
  if (reference->kind == PromptKind::text_file) {
    auto reading =
        parts_.files.read(request_.directory, reference->name, AiTaskLimits::text_bytes_max);
    auto text = co_await std::move(reading);
    if (!text) co_return text.error();
    parts.prompt.push_back(text_message(Role::user, std::move(*text)));
    co_return Result<>();
  }
  if (parts_.prompts == nullptr) co_return prompts_unavailable(*reference);
  PromptInputs inputs;
  CO_TRY(json::value context, parse_json(request_.context()));
  inputs.context = std::move(context.get_object());
  if (auto const* given = inputs.context.if_contains("inputs"); given && given->is_object())
    inputs.inputs = given->get_object();
  auto rendering = parts_.prompts->render(*reference, std::move(inputs));
  auto rendered = co_await std::move(rendering);
  if (!rendered) co_return rendered.error();
  // The task's own fields win over those of the prompt.
  for (auto const& [key, value] : request_.config) rendered->config[key] = value;
  CO_TRY(task_, read_ai_task(rendered->config));
  prompt_version_ = std::move(rendered->version);
  parts.prompt = std::move(rendered->messages);
  co_return Result<>();
}

Async<Result<>> AiAttempt::load_attachments(DraftParts& parts) {
  for (auto const& attachment : task_.attachments) {
    std::string bytes;
    if (!attachment.file.empty()) {
      auto reading = parts_.files.read(request_.directory, attachment.file, attachment_bytes_max);
      auto read = co_await std::move(reading);
      if (!read) co_return read.error();
      bytes = std::move(*read);
    }
    CO_TRY(Part part, attachment_part(attachment, std::move(bytes)));
    parts.attachments.push_back(std::move(part));
  }
  co_return Result<>();
}

Async<Result<>> AiAttempt::load_budgets() {
  auto const execution = request_.execution.to_string();
  if (task_.budget.is_set()) {
    auto asking = parts_.spend.of_task(request_.execution, request_.task);
    auto const stored = co_await std::move(asking);
    if (!stored) co_return stored.error();
    add_budget("task:" + execution + "/" + request_.task, task_budget(task_.budget), *stored);
  }
  if (request_.budget.execution.is_set()) {
    auto asking = parts_.spend.of_execution(request_.execution);
    auto const stored = co_await std::move(asking);
    if (!stored) co_return stored.error();
    add_budget("execution:" + execution, execution_budget(request_.budget.execution), *stored);
  }
  if (request_.budget.day.is_set()) {
    auto const day = format_instant(parts_.clock.now()).substr(0, day_size);
    auto asking = parts_.spend.of_workflow_today(request_.workflow);
    auto const stored = co_await std::move(asking);
    if (!stored) co_return stored.error();
    Budget budget = day_budget(request_.budget.day, request_.workflow, day);
    add_budget("day:" + day + ":" + request_.workflow, std::move(budget), *stored);
  }
  co_return Result<>();
}

void AiAttempt::add_budget(std::string account, Budget budget, Spent const& stored) {
  if (request_.approved) budget.limit = {};  // what it spends counts for the others all the same
  budgets_.push_back({std::move(account), std::move(budget), stored});
}

ChatRequest AiAttempt::base_request() const {
  ChatRequest out;
  for (auto const& tool : task_.tools) out.tools.push_back(tool.spec);
  out.tool_choice = task_.tool_choice;
  out.format = task_.output.format;
  out.schema = task_.output.schema;
  out.temperature = task_.temperature;
  out.top_p = task_.top_p;
  out.max_tokens = task_.max_tokens;
  out.stop = task_.stop;
  out.seed = task_.seed;
  out.stream = task_.stream;
  out.extra = task_.extra;
  out.idempotency_key = request_.idempotency_key;
  return out;
}

void AiAttempt::add_exchange(Message message) {
  DraftMessage added;
  added.message = std::move(message);
  added.origin = Origin::exchange;
  draft_.push_back(std::move(added));
}

bool AiAttempt::can_go_on_with(ChatAnswer const& answer) const {
  return (wants_tools(answer) && !task_.tools.empty()) || check_->check(answer).has_value();
}

Async<> AiAttempt::keep(std::vector<Answered> good) {
  for (auto const& answered : good) {
    auto keeping = caller_->keep(answered);
    co_await std::move(keeping);
  }
}

Async<Result<json::value>> AiAttempt::converse() {
  std::vector<Answered> good;  // kept once it is known that they led somewhere
  std::uint32_t tool_rounds = 0;
  std::uint32_t repair_rounds = 0;
  auto purpose = CallPurpose::answer;
  for (;;) {
    Question question{draft_, base_request(), purpose, task_.context_strategy, {}};
    question.accepts = [this](ChatAnswer const& kept) { return can_go_on_with(kept); };
    if (tool_rounds > 0 && question.base.tool_choice != "none")
      question.base.tool_choice = "";  // a choice that forces a tool holds for the first answer
    auto asking = caller_->ask(std::move(question));
    auto answered = co_await std::move(asking);
    if (!answered) {
      answered_.reset();  // an earlier one is not how it ended
      co_return answered.error();
    }
    answered_ = std::move(*answered);
    auto const& answer = answered_->answer;
    if (wants_tools(answer) && !task_.tools.empty()) {
      if (tool_rounds == task_.tool_rounds_max) co_return too_many_rounds(tool_rounds);
      ++tool_rounds;
      purpose = CallPurpose::tool_round;
      if (task_.cache) good.push_back(*answered_);
      auto running = run_tools(answer);
      auto const ran = co_await std::move(running);
      if (!ran) co_return ran.error();
      relay_.restart("tools");
      continue;
    }
    auto value = check_->check(answer);
    if (value && task_.cache) {
      good.push_back(*answered_);
      auto keeping = keep(std::move(good));
      co_await std::move(keeping);
      co_return value;
    }
    if (value || !is_repairable(value.error()) || repair_rounds == task_.repair_rounds_max)
      co_return value;
    ++repair_rounds;
    purpose = CallPurpose::repair;
    add_exchange(assistant_message(answer));
    add_exchange(repair_message(value.error(), task_.output.schema));
    relay_.restart("repair");
  }
}

/// What customers have in common across workflows must be said; else they do not read each other's.
std::string AiAttempt::conversation_key() const {
  return (task_.is_history_shared ? std::string() : request_.workflow) + "/" + task_.history;
}

/// An answer that was paid for is not lost because it could not be remembered.
Async<> AiAttempt::remember(ChatAnswer const& answer) {
  std::vector<Message> turn = asked_;
  turn.push_back(text_message(Role::assistant, answer.text));
  auto appending = append_turn(
      parts_.conversations, conversation_key(), request_.idempotency_key, std::move(turn)
  );
  auto const appended = co_await std::move(appending);
  if (appended) co_return;
  not_remembered_ = appended.error().message;
  LogLine line{LogLevel::warn, "this turn is not in the history: " + not_remembered_};
  auto logging = sink_.log(std::move(line));
  co_await std::move(logging);
}

}  // namespace ropewalk::ai
