#include "providers/ai/exchange_directory.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <system_error>

namespace ropewalk::ai {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t files_per_key_max = 100'000;

Error failed(ErrorClass error_class, std::string code, std::string message) {
  Error error;
  error.error_class = error_class;
  error.code = std::move(code);
  error.message = std::move(message);
  return error;
}

Error not_recorded(fs::path const& path, std::string const& why) {
  Error error = failed(
      ErrorClass::resource,
      "recording_failed",
      "the call could not be recorded in " + path.string() + ": " + why
  );
  error.hint = "see that the directory can be written to and the disk is not full";
  return error;
}

}  // namespace

ExchangeDirectory::ExchangeDirectory(fs::path path) : path_(std::move(path)) {}

fs::path ExchangeDirectory::file_of(std::string const& key, std::size_t number) const {
  return path_ / (number == 1 ? key + ".json" : key + "-" + std::to_string(number) + ".json");
}

Result<> ExchangeDirectory::add(std::string const& key, std::string const& text) {
  std::lock_guard const lock(mutex_);
  std::error_code ec;
  fs::create_directories(path_, ec);
  if (ec) return not_recorded(path_, ec.message());
  fs::path const temporary = path_ / ("." + key + "." + std::to_string(::getpid()) + "." +
                                      std::to_string(++temporary_count_) + ".tmp");
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    // Before there is anything in it: prompts and answers are nobody else's business.
    fs::permissions(temporary, fs::perms::owner_read | fs::perms::owner_write, ec);
    out << text;
    out.close();
    if (!out) {
      fs::remove(temporary, ec);
      return not_recorded(path_, "writing failed");
    }
  }
  // A link, unlike a rename, does not replace what another process has just written.
  for (std::size_t number = 1; number <= files_per_key_max; ++number) {
    fs::create_hard_link(temporary, file_of(key, number), ec);
    if (ec != std::errc::file_exists) break;
  }
  std::error_code left_over;
  fs::remove(temporary, left_over);
  if (ec) return not_recorded(path_, ec.message());
  return {};
}

Result<std::optional<std::string>> ExchangeDirectory::take(std::string const& key) {
  std::lock_guard const lock(mutex_);
  std::size_t number = taken_[key] + 1;
  std::error_code ec;
  if (number > 1 && !fs::exists(file_of(key, number), ec)) --number;
  fs::path const file = file_of(key, number);
  auto const size = fs::file_size(file, ec);
  if (ec == std::errc::no_such_file_or_directory) {
    taken_.erase(key);
    return std::optional<std::string>();
  }
  if (ec || size > file_bytes_max) {
    return failed(
        ErrorClass::permanent,
        "replay_failed",
        file.string() + " cannot be read: " + (ec ? ec.message() : "it is too large")
    );
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return failed(ErrorClass::permanent, "replay_failed", file.string() + " cannot be read");
  taken_[key] = number;
  return std::optional<std::string>(std::move(text).str());
}

}  // namespace ropewalk::ai
