// Hooks: set, list, show, deliveries, rm.
#include "engine/base/json.hpp"
#include "engine/model/yaml_text.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/settings.hpp"

namespace ropewalk::cli {
namespace {

std::string target_of(Arguments const& arguments) {
  return "/v1/hooks/" + encode_component(arguments.trigger);
}

/// Who has to be who they say: "github", "none".
std::string verify_text(json::object const& hook) {
  auto const* verify = hook.if_contains("verify");
  auto const* schemes = verify == nullptr ? nullptr : verify->if_object();
  if (schemes == nullptr || schemes->empty()) return "none";
  return std::string(schemes->begin()->key());
}

std::vector<std::string> hooks_table(json::array const& hooks, std::size_t width, Style style) {
  std::vector<std::vector<std::string>> rows{{"NAME", "WORKFLOW", "VERIFY", "FILTER"}};
  for (auto const& item : hooks)
    if (auto const* hook = item.if_object())
      rows.push_back(
          {std::string(text_at(*hook, "name")),
           std::string(text_at(*hook, "workflow")),
           verify_text(*hook),
           std::string(text_at(*hook, "filter"))}
      );
  return table(rows, width, style);
}

std::vector<std::string> deliveries_table(
    json::array const& deliveries, std::size_t width, Style style
) {
  std::vector<std::vector<std::string>> rows{
      {"RECEIVED", "RESULT", "EVENT", "EXECUTION", "DELIVERY", "NOTE"}};
  for (auto const& item : deliveries) {
    auto const* delivery = item.if_object();
    if (delivery == nullptr) continue;
    auto const at = instant_at(*delivery, "receivedAt");
    auto note = complaint_of(delivery->if_contains("error")).message;
    if (note.empty()) note = text_at(*delivery, "reason");
    rows.push_back(
        {at ? date_text(*at) : std::string(),
         std::string(text_at(*delivery, "result")),
         std::string(text_at(*delivery, "event")),
         std::string(text_at(*delivery, "execution")),
         std::string(text_at(*delivery, "delivery")),
         note}
    );
  }
  return table(rows, width, style);
}

/// With a line for each field of the definition, as it was given.
std::vector<std::string> hook_lines(json::object const& hook) {
  std::vector<std::string> out;
  for (auto const& field : hook) {
    auto const* text = field.value().if_string();
    auto const value = text == nullptr ? to_text(field.value()) : std::string(*text);
    out.push_back(pad(field.key(), 12) + strip_control(value));
  }
  return out;
}

int set(Arguments const& arguments, HttpClient const& client) {
  auto const text = read_file(arguments.files.front());
  if (!text) return report(text.error());
  auto const definition = read_yaml(*text);
  if (!definition) return report(definition.error());
  auto const answer = client.put(target_of(arguments), *definition);
  if (!answer) return report(answer.error());
  Console out(stdout);
  auto const* hook = answer->if_object();
  if (arguments.json || hook == nullptr)
    out.line(to_text(*answer));
  else
    out.lines(hook_lines(*hook));
  return 0;
}

int list(Arguments const& arguments, HttpClient const& client) {
  auto const hooks = list_all(client, "/v1/hooks");
  if (!hooks) return report(hooks.error());
  Console out(stdout);
  if (arguments.json)
    for (auto const& hook : *hooks) out.line(to_text(hook));
  else
    out.lines(hooks_table(*hooks, out.table_width(), out.style()));
  return 0;
}

int deliveries(Arguments const& arguments, HttpClient const& client) {
  auto const found = list_all(client, target_of(arguments) + "/deliveries");
  if (!found) return report(found.error());
  Console out(stdout);
  if (arguments.json)
    for (auto const& delivery : *found) out.line(to_text(delivery));
  else
    out.lines(deliveries_table(*found, out.table_width(), out.style()));
  return 0;
}

int show(Arguments const& arguments, HttpClient const& client) {
  auto const answer = client.get(target_of(arguments));
  if (!answer) return report(answer.error());
  Console out(stdout);
  auto const* hook = answer->if_object();
  if (arguments.json || hook == nullptr) {
    out.line(to_text(*answer));
    return 0;
  }
  out.lines(hook_lines(*hook));
  out.line("");
  return deliveries(arguments, client);
}

int remove(Arguments const& arguments, HttpClient const& client) {
  auto const answer = client.remove(target_of(arguments));
  if (!answer) return report(answer.error());
  if (!arguments.json) Console(stdout).line("removed: " + arguments.trigger);
  return 0;
}

}  // namespace

int hook_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  if (arguments.subcommand == "set") return set(arguments, *client);
  if (arguments.subcommand == "list") return list(arguments, *client);
  if (arguments.subcommand == "deliveries") return deliveries(arguments, *client);
  if (arguments.subcommand == "rm") return remove(arguments, *client);
  return show(arguments, *client);
}

}  // namespace ropewalk::cli
