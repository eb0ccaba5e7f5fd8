#include "server/cli/find_server.hpp"

#include "engine/base/json.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/settings.hpp"

#include <signal.h>

#include <cerrno>

namespace ropewalk::cli {
namespace {

constexpr Milliseconds probe_limit = std::chrono::seconds(2);

Error unreachable(std::string message, std::string hint) {
  Error out;
  out.error_class = ErrorClass::transient;
  out.code = "server_unreachable";
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

/// From `<data>/server.json`, {"pid","url",…}, which a server writes while it is up.
std::optional<Address> server_of_data(std::string const& data, Surroundings const& surroundings) {
  auto const text = surroundings.read_file(data + "/server.json");
  if (!text) return std::nullopt;
  auto const document = parse_json(*text);
  auto const* object = document ? document->if_object() : nullptr;
  if (object == nullptr) return std::nullopt;
  auto const pid = static_cast<std::int64_t>(number_at(*object, "pid"));
  if (pid <= 0 || !surroundings.is_alive(pid)) return std::nullopt;
  auto const address = parse_address(text_at(*object, "url"));
  if (!address || !surroundings.answers(*address)) return std::nullopt;
  return *address;
}

/// A wildcard is where to listen, not where to call.
std::string callable(std::string const& listen) {
  if (listen.starts_with("0.0.0.0:")) return "127.0.0.1" + listen.substr(7);
  if (listen.starts_with("[::]:")) return "[::1]" + listen.substr(4);
  return listen;
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings out;
  out.read_file = read_file;
  out.is_alive = [](std::int64_t pid) {
    return kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
  };
  out.answers = [](Address const& address) {
    auto const reply = HttpClient(address, probe_limit).request("GET", "/healthz");
    return reply && reply->status == 200;
  };
  return out;
}

Result<std::optional<Address>> find_server(
    Arguments const& arguments, server::Config const& config, Surroundings const& surroundings
) {
  if (!arguments.server.empty()) {
    TRY(auto const address, parse_address(arguments.server));
    if (!surroundings.answers(address))
      return unreachable(
          "the server at " + address.to_string() + " does not answer",
          "start it with `ropewalk serve`, or leave out --server (ROPEWALK_SERVER)"
      );
    return std::optional(address);
  }
  if (auto found = server_of_data(config.data, surroundings)) return found;
  if (!arguments.data.empty()) return std::optional<Address>();
  auto const listening = parse_address(callable(config.listen));
  if (!listening || !surroundings.answers(*listening)) return std::optional<Address>();
  return std::optional(*listening);
}

Result<HttpClient> client_for(Arguments const& arguments) {
  TRY(auto const settings, load_settings(arguments));
  TRY(auto const found, find_server(arguments, settings.config, real_surroundings()));
  if (!found)
    return unreachable(
        "no server is up for the data directory " + settings.config.data,
        "start one with `ropewalk serve`, or name one with --server or --data"
    );
  return HttpClient(*found);
}

}  // namespace ropewalk::cli
