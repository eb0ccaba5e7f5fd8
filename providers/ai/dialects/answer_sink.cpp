#include "providers/ai/dialects/answer_sink.hpp"

namespace ropewalk::ai {
namespace {

constexpr std::string_view made_prefix = "rw";
constexpr std::size_t made_size = 9;
constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyz";

/// Nine letters and digits, as Mistral wants them; the same for the same answer. (FNV-1a)
std::string make_call_id(std::string_view response_id, std::size_t index) {
  std::uint64_t hash = 14695981039346656037U;
  auto const mix = [&](std::string_view text) {
    for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  };
  mix(response_id);
  mix("#" + std::to_string(index));
  std::string out(made_prefix);
  for (; out.size() < made_size; hash /= letters.size()) out += letters[hash % letters.size()];
  return out;
}

/// Of everything in it.
void join_surrogates_in(json::value& value) {
  if (auto* text = value.if_string()) {
    if (text->find('\xed') != json::string::npos) *text = join_surrogates(*text);
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) join_surrogates_in(element);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) join_surrogates_in(member.value());
  }
}

/// A part that cannot be true beside the whole is dropped.
void drop_above(std::optional<std::int64_t>& part, std::optional<std::int64_t> const& whole) {
  if (part && whole && *part > *whole) part.reset();
}

}  // namespace

bool is_made_call_id(std::string_view id) {
  return id.size() == made_size && id.starts_with(made_prefix) &&
         id.find_first_not_of(letters) == std::string_view::npos;
}

AnswerSink::AnswerSink(CallContext context, std::string request_id, BodyRule rule)
    : context_(std::move(context)), request_id_(std::move(request_id)), rule_(rule) {}

template <class Event>
void AnswerSink::emit(Event event) {
  if (!is_done_) out_->emplace_back(std::move(event));
}

void AnswerSink::start(std::string_view model, std::string_view id) {
  if (is_started_) return;
  is_started_ = true;
  response_id_ = join_surrogates(id);
  emit(ChatStarted{
      model.empty() ? context_.model : join_surrogates(model),
      request_id_.empty() ? response_id_ : request_id_});
}

void AnswerSink::text(std::string_view delta) {
  if (delta.empty()) return;
  start({}, {});
  has_output_ = true;
  auto joined = text_halves_.join(delta);
  if (!joined.empty()) emit(TextDelta{std::move(joined)});
}

void AnswerSink::reasoning(std::string_view delta) {
  if (delta.empty()) return;
  start({}, {});
  auto joined = reasoning_halves_.join(delta);
  if (!joined.empty()) emit(ReasoningDelta{std::move(joined)});
}

void AnswerSink::refusal(std::string_view delta) {
  refusal_ += refusal_halves_.join(delta);
}

std::uint32_t AnswerSink::tool_call(std::string_view id, std::string_view name) {
  start({}, {});
  has_output_ = true;
  if (call_ids_.size() == tool_calls_max) {
    fail_too_many_calls();
    return tool_calls_max - 1;  // nothing more is told: any index does
  }
  auto const index = static_cast<std::uint32_t>(call_ids_.size());
  bool const is_missing = id.empty() || id == "null";
  call_ids_.push_back(is_missing ? make_call_id(response_id_, index) : join_surrogates(id));
  argument_halves_.emplace_back();
  emit(ToolCallStarted{index, call_ids_.back(), join_surrogates(name)});
  return index;
}

void AnswerSink::arguments(std::uint32_t index, std::string_view delta) {
  auto joined = argument_halves_[index].join(delta);
  if (!joined.empty()) emit(ToolArgumentsDelta{index, std::move(joined)});
}

void AnswerSink::fail_too_many_calls() {
  if (is_done_) return;
  fail(
      Verdict::malformed_response,
      "the answer calls more than " + std::to_string(tool_calls_max) + " tools"
  );
}

void AnswerSink::opaque(json::value content) {
  start({}, {});
  join_surrogates_in(content);
  emit(OpaqueReceived{OpaquePart{context_.type, std::move(content)}});
}

void AnswerSink::usage(ChatUsage usage) {
  drop_above(usage.cached_input, usage.input);
  drop_above(usage.cache_write, usage.input);
  drop_above(usage.reasoning, usage.output);
  if (usage == usage_ || usage == ChatUsage{}) return;
  usage_ = usage;
  start({}, {});
  emit(UsageReported{usage});
}

/// A half whose other half did not come.
void AnswerSink::end_halves() {
  if (auto rest = text_halves_.end(); !rest.empty()) emit(TextDelta{std::move(rest)});
  if (auto rest = reasoning_halves_.end(); !rest.empty()) emit(ReasoningDelta{std::move(rest)});
  for (std::uint32_t i = 0; i < argument_halves_.size(); ++i)
    if (auto rest = argument_halves_[i].end(); !rest.empty())
      emit(ToolArgumentsDelta{i, std::move(rest)});
  refusal_ += refusal_halves_.end();
}

void AnswerSink::finish(FinishReason reason, std::string_view raw) {
  start({}, {});
  end_halves();
  if (reason == FinishReason::stop && !call_ids_.empty()) reason = FinishReason::tool_calls;
  if (reason == FinishReason::tool_calls && call_ids_.empty()) reason = FinishReason::stop;
  if (reason == FinishReason::stop && !refusal_.empty()) reason = FinishReason::content_filter;
  bool const is_empty = (reason == FinishReason::stop || reason == FinishReason::other) &&
                        !has_output_ && refusal_.empty();
  if (is_empty)
    return fail(Verdict::empty_output, "the answer ended (" + std::string(raw) + ") and is empty");
  emit(ChatFinish{reason, join_surrogates(raw), refusal_});
  is_done_ = true;
}

void AnswerSink::fail(Error error) {
  error.message = join_surrogates(error.message);
  if (!request_id_.empty()) {
    if (!error.detail.is_object()) error.detail = json::object();
    error.detail.get_object()["requestId"] = request_id_;
  }
  emit(ChatFailed{std::move(error)});
  is_done_ = true;
}

void AnswerSink::fail(json::object const& chunk) {
  json::value joined(chunk);
  join_surrogates_in(joined);
  fail(read_failure(joined.get_object()));
}

void AnswerSink::fail(ProviderFailure failure) {
  fail(classify_failure(context_, std::move(failure), rule_));
}

}  // namespace ropewalk::ai
