#include "tests/system/support/sim_process.hpp"

#include <stdexcept>

namespace ropewalk::system_test {

SimProcess::SimProcess(std::vector<std::string> const& flags) {
  std::vector<std::string> arguments = {ropewalk_binary(), "sim"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  bool is_told = false;
  for (auto const& flag : flags) is_told = is_told || flag == "--listen";
  if (!is_told) arguments.insert(arguments.end(), {"--listen", "0"});
  ProgramOptions options;
  options.directory = directory_.path();
  options.out_file = directory_.path("out");
  options.error_file = directory_.path("log");
  program_ = std::make_unique<Program>(arguments, options);
  std::string_view const mark = "listens on ";
  eventually([&] {
    auto const text = said();
    auto const at = text.find(mark);
    auto const end = at == text.npos ? text.npos : text.find('\n', at);
    if (end != text.npos) url_ = text.substr(at + mark.size(), end - at - mark.size());
    return !url_.empty() || !program_->is_running();
  });
  if (url_.empty())
    throw std::runtime_error("ropewalk sim does not start:\n" + read_text(options.error_file));
}

std::uint16_t SimProcess::port() const {
  auto const colon = url_.rfind(':');
  return static_cast<std::uint16_t>(std::stoul(url_.substr(colon + 1)));
}

}  // namespace ropewalk::system_test
