#include "providers/ai/dialects/call_context.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::string_view mask = "***";
// Keys of local servers ("none", "ollama") are no secrets; taking them out would spoil the words.
constexpr std::size_t secret_bytes_min = 8;
// What begins a secret that is not ours to know.
constexpr std::array<std::string_view, 5> marks{"?key=", "&key=", "api_key=", "Bearer ", "bearer "};
constexpr std::string_view secret_ends = " \t\r\n&\"'<>,;)]}\\";

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += mask.size())
    text.replace(at, what.size(), mask);
}

void mask_after(std::string& text, std::string_view mark) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    auto const end = std::min(text.find_first_of(secret_ends, at), text.size());
    // "Bearer token" in a sentence is no token.
    if (mark.ends_with('=') || end - at >= secret_bytes_min) text.replace(at, end - at, mask);
  }
}

/// As JSON writers that escape slashes write it.
std::string with_slashes_escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '/') out += '\\';
    out += c;
  }
  return out;
}

/// "user:password" of an address, as it is written there.
std::string credentials_of(std::string_view url) {
  auto const scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  auto const at = url.rfind('@', url.find('/'));
  return at == std::string_view::npos ? std::string() : std::string(url.substr(0, at));
}

}  // namespace

CallContext::CallContext(
    ProviderSettings const& settings, std::string_view dialect, std::string_view wanted_model
)
    : provider(settings.name.empty() ? std::string(dialect) : settings.name),
      type(dialect),
      model(wanted_model),
      has_key(!settings.api_key.empty()),
      is_own_host(!settings.base_url.empty()) {
  auto const add = [&](std::string const& secret) {
    if (secret.size() >= secret_bytes_min) secrets.push_back(secret);
  };
  add(settings.api_key);
  for (auto const& header : settings.headers) {
    add(header.value);
    // "Bearer KEY": errors repeat the key alone.
    if (auto const blank = header.value.rfind(' '); blank != std::string::npos)
      add(header.value.substr(blank + 1));
  }
  auto const user = credentials_of(settings.base_url);
  add(user);
  if (auto const colon = user.find(':'); colon != std::string::npos) add(user.substr(colon + 1));
}

std::string CallContext::name() const {
  return model.empty() ? provider : provider + " (" + model + ")";
}

std::string CallContext::redact(std::string_view text) const {
  std::string out(text);
  for (auto const& secret : secrets) {
    replace_all(out, secret);
    if (secret.find('/') != std::string::npos) replace_all(out, with_slashes_escaped(secret));
  }
  for (auto const mark : marks) mask_after(out, mark);
  return repair_utf8(out);
}

}  // namespace ropewalk::ai
