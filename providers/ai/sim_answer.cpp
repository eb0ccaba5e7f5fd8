#include "providers/ai/sim_answer.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/chat_json.hpp"
#include "providers/ai/sim_random.hpp"
#include "providers/ai/sim_schema.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::size_t token_bytes_max = 8;
constexpr std::size_t topics_max = 40;
constexpr std::size_t topic_bytes_min = 5;
constexpr std::size_t topic_bytes_max = 30;
constexpr std::size_t result_shown_max = 300;
constexpr std::string_view label = "(simulated) ";

std::string last_user_text(ChatRequest const& request) {
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message)
    if (message->role == Role::user) return text_of(*message);
  return {};
}

std::vector<ToolResultPart const*> tool_results(ChatRequest const& request) {
  std::vector<ToolResultPart const*> out;
  for (auto const& message : request.messages)
    for (auto const& part : message.parts)
      if (auto const* const result = std::get_if<ToolResultPart>(&part)) out.push_back(result);
  return out;
}

bool is_letter(char byte) {
  auto const code = static_cast<unsigned char>(byte);
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code >= 0x80;
}

/// The longer words of the prompt: what the prose is about.
std::vector<std::string> topics_of(std::string_view prompt) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < prompt.size() && out.size() < topics_max;) {
    std::size_t end = i;
    while (end < prompt.size() && is_letter(prompt[end])) ++end;
    if (end - i >= topic_bytes_min && end - i <= topic_bytes_max)
      out.emplace_back(prompt.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  if (out.empty()) out = {"the request", "its subject"};
  return out;
}

std::string prose(std::string const& prompt, SimRandom& random) {
  struct Sentence {
    std::string_view before;
    std::string_view between;
    std::string_view after;
  };
  constexpr std::array<Sentence, 8> sentences{{
      {"The main point is ", ", and with it ", "."},
      {"What is said about ", " fits what is known of ", "."},
      {"In short, ", " matters more here than ", "."},
      {"There is a clear link between ", " and ", "."},
      {"A closer look at ", " would also explain ", "."},
      {"Nothing speaks against ", " as long as ", " is kept in mind."},
      {"First comes ", ", then ", "."},
      {"It remains open whether ", " depends on ", "."},
  }};
  auto const topics = topics_of(prompt);
  auto const topic = [&]() -> std::string const& { return topics[random.below(topics.size())]; };
  std::string out(label);
  auto const count = 3 + random.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const& sentence = sentences[random.below(sentences.size())];
    if (i > 0) out += ' ';
    out.append(sentence.before).append(topic()).append(sentence.between);
    out.append(topic()).append(sentence.after);
  }
  return out;
}

std::vector<ToolCallPart> calls_of(ChatRequest const& request, SimRandom& random) {
  std::vector<ToolCallPart> out;
  if (request.tools.empty() || request.tool_choice == "none") return out;
  std::string const prompt = last_user_text(request);
  for (auto const& tool : request.tools) {
    bool const is_wanted = request.tool_choice == tool.name ||
                           (!tool.name.empty() && prompt.find(tool.name) != std::string::npos);
    if (!is_wanted && !(request.tool_choice == "required" && &tool == &request.tools.front()))
      continue;
    auto const arguments = value_for_schema(tool.parameters, random);
    out.push_back(
        {"call_sim_" + std::to_string(out.size() + 1),
         tool.name,
         arguments.is_object() ? to_text(arguments) : "{}"}
    );
  }
  return out;
}

std::string text_for(ChatRequest const& request, SimOptions const& options, SimRandom& random) {
  if (options.style == SimStyle::json || request.schema || request.format == OutputFormat::json) {
    json::object const any{{"type", "object"}, {"required", {"note"}}};
    return to_text(value_for_schema(request.schema ? *request.schema : any, random));
  }
  std::string const prompt = last_user_text(request);
  std::string text =
      options.style == SimStyle::echo ? std::string(label) + prompt : prose(prompt, random);
  for (auto const* const result : tool_results(request)) {
    text.append(" The tool ").append(result->name);
    text.append(result->is_error ? " failed: " : " gave: ");
    text += shorten(result->content, result_shown_max);
  }
  return text;
}

void apply_limits(ChatRequest const& request, SimAnswer& answer) {
  for (auto const& stop : request.stop)
    if (auto const at = answer.text.find(stop); !stop.empty() && at != std::string::npos)
      answer.text.resize(at);
  auto const tokens = sim_tokens(answer.text);
  auto const count = static_cast<std::int64_t>(tokens.size());
  if (!request.max_tokens || count <= *request.max_tokens) return;
  answer.text.clear();
  for (std::int64_t i = 0; i < *request.max_tokens; ++i)
    answer.text += tokens[static_cast<std::size_t>(i)];
  answer.finish = {FinishReason::length, "length", {}};
}

void apply_fault(SimFault fault, SimAnswer& answer) {
  if (fault == SimFault::refusal) {
    answer.text.clear();
    answer.tool_calls.clear();
    answer.finish = {
        FinishReason::content_filter, "refusal", "(simulated) I cannot help with that."};
  } else if (fault == SimFault::length) {
    auto const tokens = sim_tokens(answer.text);
    answer.text.clear();
    for (std::size_t i = 0; i < (tokens.size() + 1) / 2; ++i) answer.text += tokens[i];
    answer.finish = {FinishReason::length, "length", {}};
  } else if (fault == SimFault::malformed_json) {
    answer.text = "{\"note\": \"(simulated) this is not JSON\", \"rest\": [1, 2,";
  }
}

std::int64_t tokens_sent(ChatRequest const& request) {
  auto const bytes = to_text(to_json(request.messages)).size();
  return static_cast<std::int64_t>(bytes / 4 + 1);
}

}  // namespace

std::vector<std::string> sim_tokens(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size()) {
      std::size_t const size = std::max<std::size_t>(utf8_sequence_size(text, end), 1);
      if (end > i && (text[end] == ' ' || end + size - i > token_bytes_max)) break;
      end += size;
    }
    out.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

SimAnswer sim_answer(ChatRequest const& request, SimOptions const& options) {
  json::object asked = to_json(request);
  asked.erase("stream");
  asked.erase("extra");
  std::uint64_t const seed = hash_text(to_canonical_text(asked));
  SimRandom random(seed);
  SimAnswer answer;
  answer.model = "sim/" + request.model;
  answer.request_id = "sim_" + std::to_string(seed);
  answer.finish = {FinishReason::stop, "stop", {}};
  if (tool_results(request).empty()) answer.tool_calls = calls_of(request, random);
  if (answer.tool_calls.empty()) {
    answer.text = text_for(request, options, random);
    apply_limits(request, answer);
  } else {
    answer.text = std::string(label) + "asking a tool";
    answer.finish = {FinishReason::tool_calls, "tool_calls", {}};
  }
  apply_fault(options.fault, answer);
  auto spoken = sim_tokens(answer.text).size();
  for (auto const& call : answer.tool_calls) spoken += sim_tokens(call.arguments).size();
  answer.usage.input = tokens_sent(request);
  answer.usage.output = static_cast<std::int64_t>(spoken);
  return answer;
}

}  // namespace ropewalk::ai
