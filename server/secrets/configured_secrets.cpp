#include "server/secrets/configured_secrets.hpp"

#include "engine/base/text.hpp"

#include <cstdlib>
#include <fstream>
#include <vector>

namespace ropewalk::server {
namespace {

constexpr std::size_t secret_bytes_max = 64 * 1024;

Error unreadable(std::string const& name, std::string const& why, std::string hint) {
  return Error{
      ErrorClass::permanent,
      "secret_unreadable",
      "the secret \"" + name + "\" cannot be read: " + why,
      std::move(hint)};
}

Result<std::string> read_secret(std::string const& name, std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(secret_bytes_max + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof())
    return unreadable(
        name,
        "the file " + path + " is not there, may not be read, or is larger than 64 KiB",
        "look at its path and its rights"
    );
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return unreadable(name, "the file " + path + " is empty", "put it there");
  return text;
}

}  // namespace

Error ConfiguredSecrets::unknown(std::string const& name) const {
  std::vector<std::string_view> names;
  names.reserve(places_.size());
  for (auto const& [each, place] : places_) names.push_back(each);
  auto const near = closest_match(name, names);
  return Error{
      ErrorClass::permanent,
      "unknown_secret",
      "there is no secret \"" + name + "\"",
      near.empty() ? "set it: ropewalk secret set " + name +
                         "; or name it in the server's configuration: secrets: { " + name +
                         ": { env: VARIABLE } }"
                   : "did you mean \"" + std::string(near) + "\"?"};
}

Async<Result<std::string>> ConfiguredSecrets::secret(std::string name) {
  auto const found = places_.find(name);
  if (found == places_.end()) co_return unknown(name);
  auto const& place = found->second;
  if (!place.env.empty()) {
    char const* const value = std::getenv(place.env.c_str());
    if (value == nullptr || *value == '\0')
      co_return unreadable(
          name,
          "the server's environment has no variable " + place.env,
          "set it where the server is started"
      );
    co_return std::string(value);
  }
  auto work = [name, path = place.file] { return read_secret(name, path); };
  auto reading = blocking_.run(std::move(work));
  co_return co_await std::move(reading);
}

}  // namespace ropewalk::server
