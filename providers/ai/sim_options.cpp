#include "providers/ai/sim_options.hpp"

#include "engine/base/text.hpp"

#include <charconv>

namespace ropewalk::ai {
namespace {

constexpr Duration slow_start_delay = std::chrono::seconds(5);
constexpr std::string_view fail_first_prefix = "fail-first-";
constexpr std::int64_t fail_first_max = 1000;
constexpr double tokens_per_second_max = 1e6;

struct FaultName {
  std::string_view name;
  SimFault fault;
};
constexpr FaultName fault_names[] = {
    {"slow-start", SimFault::slow_start},
    {"cut", SimFault::cut},
    {"429", SimFault::rate_limit},
    {"malformed-json", SimFault::malformed_json},
    {"refusal", SimFault::refusal},
    {"length", SimFault::length},
    {"stall", SimFault::stall},
    {"error-in-stream", SimFault::error_in_stream},
};

Error invalid(std::string message) {
  Error error;
  error.code = "invalid_request";
  error.message = "(simulated) " + std::move(message);
  error.hint = "options of the simulation: tokensPerSecond, firstTokenDelay, fault";
  return error;
}

bool set_fault(SimOptions& out, std::string_view name) {
  for (auto const& known : fault_names) {
    if (known.name != name) continue;
    out.fault = known.fault;
    return true;
  }
  if (!name.starts_with(fail_first_prefix)) return false;
  std::string_view const digits = name.substr(fail_first_prefix.size());
  std::int64_t count = 0;
  auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return false;
  if (count < 1 || count > fail_first_max) return false;
  out.fault = SimFault::fail_first;
  out.fail_first = count;
  return true;
}

Result<> set_model(SimOptions& out, std::string_view model) {
  if (model == "prose" || set_fault(out, model)) return {};
  if (model == "echo" || model == "json") {
    out.style = model == "echo" ? SimStyle::echo : SimStyle::json;
    return {};
  }
  auto const names = sim_models();
  std::string_view const near = closest_match(model, names);
  Error error;
  error.code = "not_found";
  error.message = "the simulation has no model \"" + shorten(model, 100) + "\"";
  error.hint = near.empty() ? "it has prose, echo, json, and one for each of its faults"
                            : "did you mean \"" + std::string(near) + "\"?";
  return error;
}

Result<> set_options(SimOptions& out, json::object const& from) {
  for (auto const& [name, value] : from) {
    if (name == "tokensPerSecond" && value.is_number()) {
      out.tokens_per_second = value.to_number<double>();
      if (!(out.tokens_per_second >= 0 && out.tokens_per_second <= tokens_per_second_max))
        return invalid("tokensPerSecond should be between 0 and 1000000");
    } else if (name == "firstTokenDelay" && value.is_string()) {
      TRY(out.first_token_delay, parse_duration(value.get_string()));
    } else if (name == "fault" && value.is_string()) {
      if (!set_fault(out, value.get_string()))
        return invalid("there is no fault \"" + shorten(value.get_string(), 100) + "\"");
    } else {
      return invalid("\"" + shorten(name, 100) + "\" is no option, or its value is no good");
    }
  }
  return {};
}

}  // namespace

std::vector<std::string_view> sim_models() {
  std::vector<std::string_view> out{"echo", "fail-first-1", "json", "prose"};
  for (auto const& known : fault_names) out.push_back(known.name);
  return out;
}

Result<SimOptions> sim_options(json::object const& provider_options, ChatRequest const& request) {
  SimOptions out;
  auto const set = set_options(out, provider_options);
  if (!set) return set.error();
  auto const model = set_model(out, request.model);
  if (!model) return model.error();
  if (auto const* const marker = request.extra.if_contains("sim")) {
    if (!marker->is_object()) return invalid("extra.sim should be an object");
    auto const marked = set_options(out, marker->get_object());
    if (!marked) return marked.error();
  }
  if (out.fault == SimFault::slow_start)
    out.first_token_delay = std::max(out.first_token_delay, slow_start_delay);
  return out;
}

}  // namespace ropewalk::ai
