#include "providers/ai/dialects/request_parts.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/dialects/failure.hpp"
#include "providers/ai/dialects/json_access.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

void set_header(HttpHeaders& headers, HttpHeader const& header) {
  for (auto& place : headers)
    if (boost::algorithm::iequals(place.name, header.name, std::locale::classic())) {
      place.value = header.value;
      return;
    }
  headers.push_back(header);
}

bool is_sendable(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

/// What each role may say.
bool may_hold(Role role, Part const& part) {
  bool const is_text = std::holds_alternative<TextPart>(part);
  switch (role) {
    case Role::system:
      return is_text;
    case Role::user:
      return is_text || std::holds_alternative<ImagePart>(part) ||
             std::holds_alternative<ToolResultPart>(part);
    case Role::assistant:
      return is_text || std::holds_alternative<ToolCallPart>(part) ||
             std::holds_alternative<OpaquePart>(part);
    case Role::tool:
      return is_text || std::holds_alternative<ToolResultPart>(part);
  }
  return false;
}

}  // namespace

std::string join_url(std::string_view base, std::string_view version, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  std::string out(base);
  auto const last = base.substr(base.rfind('/') + 1);
  if (!version.empty() && last != version) out.append("/").append(version);
  return out.append(path);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view plain = "-._~/";
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter || (c >= '0' && c <= '9') || plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

Result<WireRequest> make_request(
    ProviderSettings const& provider,
    ChatRequest const& chat,
    std::string url,
    HttpHeaders own_headers,
    json::object body
) {
  merge_patch(body, chat.extra);
  WireRequest out;
  out.url = std::move(url);
  out.body = to_text(body);
  out.headers = {
      {"Content-Type", "application/json"},
      {"Accept", "application/json"},
      {"Accept-Encoding", "identity"}};
  for (auto const& header : own_headers) set_header(out.headers, header);
  for (auto const& header : provider.headers) set_header(out.headers, header);
  for (auto const& header : out.headers)
    if (!is_sendable(header.name) || !is_sendable(header.value))
      return Error{
          ErrorClass::permanent,
          "invalid_request",
          "provider \"" + provider.name + "\": the header " + header.name +
              " holds a line break or another control character",
          "look for a line end behind the key or in `headers`"};
  return out;
}

Result<> check_parts(CallContext const& context, ChatRequest const& chat) {
  for (auto const& message : chat.messages)
    for (auto const& part : message.parts)
      if (!may_hold(message.role, part))
        return unsupported(
            context,
            "a turn of the role " + std::string(to_string(message.role)) +
                " cannot hold this kind of part",
            "images belong into user turns, tool calls into assistant turns"
        );
  return {};
}

bool has_only_text(Message const& message) {
  return std::all_of(message.parts.begin(), message.parts.end(), [](Part const& part) {
    return std::holds_alternative<TextPart>(part);
  });
}

std::string image_address(ImagePart const& image) {
  if (!image.url.empty()) return image.url;
  return "data:" + image.media_type + ";base64," + image.data;
}

json::object arguments_object(std::string_view text) {
  if (text.empty()) return {};
  JsonLimits limits;
  limits.bytes_max = 16 * 1024 * 1024;
  auto value = parse_json(text, limits);
  if (value && value->is_object()) return std::move(value->get_object());
  // The model wrote no object: it should see what it wrote.
  return json::object{{"arguments", text}};
}

}  // namespace ropewalk::ai
