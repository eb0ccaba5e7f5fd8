// Secrets that a server keeps: set, list, rm, rotate. A value is never an argument, which others
// could read.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/execution_text.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/secret_input.hpp"

namespace ropewalk::cli {
namespace {

Result<json::value> ask(
    HttpClient const& client,
    std::string_view method,
    std::string const& target,
    json::value const* body = nullptr
) {
  TRY(auto const reply, client.request(method, target, body));
  if (reply.status >= 300) return error_from_reply(reply);
  return reply.body;
}

std::string target_of(std::string const& name) {
  return "/v1/secrets/" + encode_component(name);
}

int print_list(json::value const& answer, bool as_json) {
  Console out(stdout);
  for (auto const& item : items_of(answer)) {
    if (as_json) {
      out.line(to_text(item));
      continue;
    }
    auto const* object = item.if_object();
    if (object == nullptr) continue;
    std::string line(text_at(*object, "name"));
    line.append("  ").append(text_at(*object, "source"));
    if (auto const at = text_at(*object, "updatedAt"); !at.empty()) line.append("  ").append(at);
    if (object->contains("hidden")) line += "  hidden by the configuration";
    out.line(line);
  }
  return 0;
}

int print_rotation(json::value const& answer) {
  Console out(stdout);
  auto const* given = answer.if_object();
  if (given == nullptr) return 0;
  auto const& object = *given;
  out.line(
      "new key " + std::string(text_at(object, "keyId")) +
      ", encrypted anew: " + std::to_string(number_at(object, "rotated"))
  );
  auto const* failed = object.if_contains("failed");
  if (failed == nullptr || !failed->is_array() || failed->get_array().empty()) return 0;
  for (auto const& item : failed->get_array())
    if (auto const* one = item.if_object())
      out.line(
          "not encrypted anew: " + std::string(text_at(*one, "name")) + " (" +
          std::string(text_at(*one, "code")) + ")"
      );
  return 1;
}

}  // namespace

int secret_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const verb = arguments.verb;
  Result<json::value> answer{json::value()};
  if (verb == Verb::secret_set) {
    auto const value = read_secret_value(arguments.secret);
    if (!value) return report(value.error());
    json::value const body = json::object{{"value", *value}};
    answer = ask(*client, "PUT", target_of(arguments.secret), &body);
  } else if (verb == Verb::secret_remove) {
    answer = ask(*client, "DELETE", target_of(arguments.secret));
  } else if (verb == Verb::secret_rotate) {
    json::value const body = json::object();
    answer = ask(*client, "POST", "/v1/secrets/rotate", &body);
  } else {
    answer = ask(*client, "GET", "/v1/secrets");
  }
  if (!answer) return report(answer.error());
  if (verb == Verb::secret_list) return print_list(*answer, arguments.json);
  Console out(stdout);
  if (arguments.json) {
    if (!answer->is_null()) out.line(to_text(*answer));
    return 0;
  }
  if (verb == Verb::secret_rotate) return print_rotation(*answer);
  out.line(std::string(verb == Verb::secret_set ? "set: " : "removed: ") + arguments.secret);
  return 0;
}

}  // namespace ropewalk::cli
