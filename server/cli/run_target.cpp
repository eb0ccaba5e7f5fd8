#include "server/cli/run_target.hpp"

#include "server/cli/find_server.hpp"
#include "server/cli/settings.hpp"

#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace ropewalk::cli {
namespace {

constexpr std::size_t socket_path_max = 107;  // of sockaddr_un

/// In the data directory, by the shorter of its absolute and its relative path.
std::string socket_path_in(std::string const& data) {
  std::error_code ec;
  std::filesystem::create_directories(data, ec);
  auto const name = "run-" + std::to_string(getpid()) + ".sock";
  auto const absolute = std::filesystem::absolute(std::filesystem::path(data) / name, ec);
  if (absolute.string().size() <= socket_path_max) return absolute.lexically_normal().string();
  auto const relative = std::filesystem::relative(absolute, ec).string();
  return relative.empty() ? absolute.string() : relative;
}

server::Config config_of_own(server::LoadedConfig const& settings) {
  auto config = settings.config;
  config.listen = "unix:" + socket_path_in(config.data);
  auto const origin = settings.origins.find("logLevel");
  bool const is_default = origin == settings.origins.end() || origin->second == "default";
  if (is_default) config.log_level = "warn";  // its log goes where the progress is shown
  return config;
}

}  // namespace

Result<std::unique_ptr<RunTarget>> RunTarget::open(Arguments const& arguments) {
  TRY(auto const settings, load_settings(arguments));
  TRY(auto const found, find_server(arguments, settings.config, real_surroundings()));
  auto out = std::make_unique<RunTarget>();
  if (found) {
    out->address_ = *found;
    return out;
  }
  TRY(auto node, server::Node::start(config_of_own(settings)));
  TRY(out->address_, parse_address(node->url()));
  out->node_ = std::move(node);
  return out;
}

RunTarget::~RunTarget() {
  if (!node_) return;
  node_->request_stop();
  node_->wait();
}

void RunTarget::stop_now() {
  if (node_) node_->request_stop();
}

}  // namespace ropewalk::cli
