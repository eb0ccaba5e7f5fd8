// providers: what is configured, and whether it works.
#include "engine/base/json.hpp"
#include "providers/ai/http_model_client.hpp"
#include "providers/ai/sim_client.hpp"
#include "server/ai/node_ai.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/settings.hpp"

#include <boost/asio/co_spawn.hpp>

#include <array>
#include <cstdio>

namespace ropewalk::cli {
namespace {

/// A cheap model of each type, for a check that names none.
struct CheckModel {
  std::string_view type{};
  std::string_view model{};
};
constexpr std::array check_models{
    CheckModel{"openai", "gpt-4o-mini"},
    CheckModel{"openai-responses", "gpt-4o-mini"},
    CheckModel{"anthropic", "claude-haiku-4-5"},
    CheckModel{"gemini", "gemini-2.5-flash"},
    CheckModel{"sim", "prose"}};

int failed(Error const& error) {
  Console(stderr).line(error_line(error));
  return exit_status_of(error);
}

std::string text_of_field(json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  if (value == nullptr) return "";
  return value->is_string() ? std::string(value->get_string()) : to_text(*value);
}

std::string limits_of(json::object const& provider) {
  constexpr std::array names{"maxConcurrent", "requestsPerMinute", "tokensPerMinute"};
  constexpr std::array units{" at once", " requests/min", " tokens/min"};
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto const value = text_of_field(provider, names[i]);
    if (!value.empty()) out.append(out.empty() ? "" : ", ").append(value).append(units[i]);
  }
  return out;
}

int list_providers(Arguments const& arguments, server::NodeAi const& node) {
  Console out(stdout);
  json::array items;
  std::vector<std::vector<std::string>> rows{{"NAME", "TYPE", "KEY", "ADDRESS", "LIMITS"}};
  std::vector<std::string> warnings;
  for (auto const& [name, provider] : node.providers()) {
    auto item = ai::to_json(provider);
    bool const is_ready = item.at("ready").as_bool();
    std::string key = provider.key_file.empty() ? provider.key_env : provider.key_file;
    if (!key.empty()) key += provider.settings.api_key.empty() ? " (not set)" : " (set)";
    if (key.empty()) key = is_ready ? "not needed" : "";
    std::string address = text_of_field(item, "baseUrl");
    if (provider.settings.type == "sim") address = "built in: a simulation";
    rows.push_back({name, provider.settings.type, key, address, limits_of(item)});
    if (auto warning = ai::exposed_key_warning(provider)) warnings.push_back(std::move(*warning));
    items.emplace_back(std::move(item));
  }
  if (arguments.json) {
    json::object report;
    report["items"] = std::move(items);
    out.line(to_text(report));
  } else {
    out.lines(table(rows, 0, out.style()));
    for (auto const& warning : warnings) out.line("warning: " + warning);
  }
  return 0;
}

std::string state_of(json::object const& provider) {
  if (!provider.at("ready").as_bool()) return "no key";
  auto const circuit = text_of_field(provider.at("circuit").as_object(), "state");
  if (circuit != "closed") return "circuit " + circuit;
  if (provider.contains("heldUntil")) return "held until " + text_of_field(provider, "heldUntil");
  return provider.contains("simulated") ? "simulation" : "ready";
}

std::string spent_of(json::object const& totals) {
  char text[32];
  std::snprintf(text, sizeof text, "$%.4f", totals.at("costUsd").to_number<double>());
  return text;
}

/// The rows of a provider and of its models that were asked.
void add_live_rows(json::object const& provider, std::vector<std::vector<std::string>>& rows) {
  auto const row = [&](std::string name, std::string state, json::object const& of) {
    auto const& totals = of.at("sinceStart").as_object();
    rows.push_back(
        {std::move(name),
         std::move(state),
         text_of_field(of, "running"),
         text_of_field(of, "waiting"),
         text_of_field(totals, "calls"),
         text_of_field(totals, "failures"),
         spent_of(totals)}
    );
  };
  auto const name = text_of_field(provider, "name");
  row(name, state_of(provider), provider);
  for (auto const& entry : provider.at("models").as_array()) {
    auto const& model = entry.as_object();
    auto const until = text_of_field(model, "heldUntil");
    row(name + "/" + text_of_field(model, "model"),
        until.empty() ? "" : "held until " + until,
        model);
  }
}

int list_live_providers(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return failed(client.error());
  auto const answer = client->get("/v1/providers");
  if (!answer) return failed(answer.error());
  Console out(stdout);
  if (arguments.json) {
    out.line(to_text(*answer));
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"NAME", "STATE", "RUNNING", "WAITING", "CALLS", "FAILED", "COST"}};
  for (auto const& item : answer->at("items").as_array()) add_live_rows(item.as_object(), rows);
  out.lines(table(rows, 0, out.style()));
  return 0;
}

Result<std::string> model_to_check(Arguments const& arguments, ai::ProviderConfig const& provider) {
  if (!arguments.model.empty()) return arguments.model;
  for (auto const& known : check_models)
    if (known.type == provider.settings.type && provider.settings.base_url.empty())
      return std::string(known.model);
  return Error{
      ErrorClass::permanent,
      "no_model",
      "which model of " + provider.settings.name + " is to be asked?",
      "name one with --model"};
}

Async<> call_once(ai::ModelClient& client, ai::ChatRequest const& request, ai::ChatOutcome& into) {
  ai::ChatListener const listener = [](ai::ChatEvent const&) {};
  auto calling = client.call(request, listener);
  into = co_await std::move(calling);
}

ai::ChatOutcome ask(
    server::NodeAi const& node, ai::ProviderConfig const& provider, std::string model
) {
  ai::ChatRequest request;
  request.model = std::move(model);
  request.messages.push_back(ai::text_message(ai::Role::user, "Answer with the word: pong"));
  asio::io_context io(1);
  ai::ChatOutcome outcome;
  ropewalk::HttpClient http(io.get_executor(), node.http());
  std::unique_ptr<ai::ModelClient> client;
  if (auto const* dialect = ai::find_dialect(provider.settings.type))
    client = std::make_unique<ai::HttpModelClient>(http, provider.settings, *dialect);
  else
    client = std::make_unique<ai::SimClient>(provider.settings.options);
  std::exception_ptr fault;
  auto calling = call_once(*client, request, outcome);
  asio::co_spawn(io, std::move(calling), [&](std::exception_ptr error) {
    fault = error;
    io.stop();  // kept connections are not waited for
  });
  io.run();
  if (fault) std::rethrow_exception(fault);
  return outcome;
}

std::string milliseconds(Duration time) {
  return std::to_string(time.count() / 1000) + " ms";
}

int check_provider(Arguments const& arguments, server::NodeAi const& node) {
  auto const found = node.providers().find(arguments.provider);
  if (found == node.providers().end()) {
    std::string names;
    for (auto const& [name, provider] : node.providers())
      names.append(names.empty() ? "" : ", ").append(name);
    return failed(Error{
        ErrorClass::permanent,
        "not_found",
        "there is no provider " + arguments.provider,
        "there are " + names});
  }
  auto const& provider = found->second;
  if (auto const missing = ai::missing_key(provider)) return failed(*missing);
  auto const model = model_to_check(arguments, provider);
  if (!model) return failed(model.error());
  auto const outcome = ask(node, provider, *model);
  Console out(stdout);
  if (arguments.json) {
    json::object report{{"provider", provider.settings.name}, {"model", *model}};
    report["ok"] = outcome.ended.has_value();
    if (!outcome.ended) report["error"] = to_json(outcome.ended.error());
    report["timeToFirstTokenMs"] = static_cast<double>(outcome.first_token.count()) / 1000;
    report["totalMs"] = static_cast<double>(outcome.total.count()) / 1000;
    out.line(to_text(report));
    return outcome.ended ? 0 : 1;
  }
  if (!outcome.ended) {
    Console(stderr).line(error_line(outcome.ended.error()));
    return 1;
  }
  std::string line =
      provider.settings.name + " works: " + *model + " answered in " + milliseconds(outcome.total);
  if (outcome.first_token > Duration{})
    line.append(", its first word came after ").append(milliseconds(outcome.first_token));
  if (provider.settings.type == "sim") line += " (a simulation: nothing was called)";
  out.line(line);
  return 0;
}

}  // namespace

int providers_command(Arguments const& arguments) {
  if (arguments.is_live && arguments.provider.empty()) return list_live_providers(arguments);
  auto const settings = load_settings(arguments);
  if (!settings) return failed(settings.error());
  auto const node = server::NodeAi::make(settings->config);
  if (!node) return failed(node.error());
  return arguments.provider.empty() ? list_providers(arguments, **node)
                                    : check_provider(arguments, **node);
}

}  // namespace ropewalk::cli
