#pragma once
// Which server a command talks to: the one that was named, the one that holds the data directory,
// or the one that listens where the configuration says.

#include "server/cli/arguments.hpp"
#include "server/client/client.hpp"
#include "server/config.hpp"

#include <functional>
#include <optional>
#include <string>

namespace ropewalk::cli {

/// What finding needs from outside; tests put their own in.
struct Surroundings {
  std::function<Result<std::string>(std::string const& path)> read_file{};
  std::function<bool(std::int64_t pid)> is_alive{};
  std::function<bool(Address const& address)> answers{};
};
Surroundings real_surroundings();

/// nullopt: none is up. Errors: invalid_address, server_unreachable for a server that was named and
/// does not answer.
Result<std::optional<Address>> find_server(
    Arguments const& arguments, server::Config const& config, Surroundings const& surroundings
);

/// The same for commands that need one: none is up becomes the error server_unreachable.
Result<HttpClient> client_for(Arguments const& arguments);

}  // namespace ropewalk::cli
