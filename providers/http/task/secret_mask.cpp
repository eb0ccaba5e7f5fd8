#include "providers/http/task/secret_mask.hpp"

#include "engine/base/json.hpp"
#include "engine/model/cel/base64.hpp"
#include "providers/http/task/request_text.hpp"

#include <algorithm>

namespace ropewalk::http {
namespace {

constexpr std::string_view mask_text = "***";

}  // namespace

void SecretMask::add(std::string_view secret, std::size_t bytes_min) {
  if (secret.size() < std::max<std::size_t>(bytes_min, 1)) return;
  auto in_json = to_text(json::value(json::string(secret)));
  in_json = in_json.substr(1, in_json.size() - 2);
  auto base64 = cel::to_base64(secret);
  while (base64.ends_with('=')) base64.pop_back();
  for (auto& form : {std::string(secret), percent_encode(secret), in_json, base64})
    if (std::ranges::find(secrets_, form) == secrets_.end()) secrets_.push_back(form);
  std::ranges::stable_sort(secrets_, std::greater<>(), &std::string::size);
}

std::string SecretMask::masked(std::string_view text) const {
  std::string out(text);
  for (auto const& secret : secrets_)
    for (std::size_t at = 0; (at = out.find(secret, at)) != out.npos; at += mask_text.size())
      out.replace(at, secret.size(), mask_text);
  return out;
}

void SecretMask::mask(json::value& value) const {
  if (secrets_.empty()) return;
  if (auto* text = value.if_string()) {
    auto const shown = masked(*text);
    if (shown.size() != text->size() || std::string_view(*text) != shown) *text = shown;
  } else if (auto* list = value.if_array()) {
    for (auto& each : *list) mask(each);
  } else if (auto* object = value.if_object()) {
    bool has_bad_key = false;
    for (auto& member : *object) {
      mask(member.value());
      has_bad_key = has_bad_key || masked(member.key()) != std::string_view(member.key());
    }
    if (!has_bad_key) return;
    json::object renamed;
    for (auto& member : *object) renamed[masked(member.key())] = std::move(member.value());
    *object = std::move(renamed);
  }
}

void SecretMask::mask(Error& error) const {
  error.message = masked(error.message);
  error.hint = masked(error.hint);
  mask(error.detail);
}

}  // namespace ropewalk::http
