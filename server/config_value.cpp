// Field values between text and what the program works with.
#include "engine/base/json.hpp"
#include "providers/http/address_guard.hpp"
#include "server/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace ropewalk::server {
namespace {

Error invalid(ConfigField const& field, std::string_view text, std::string hint) {
  return Error{
      ErrorClass::permanent,
      "invalid_value",
      std::string(field.name) + ": \"" + std::string(text) + "\" cannot be read",
      std::move(hint),
      {}};
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const comma = text.find(',');
    auto const item = trim(text.substr(0, comma));
    if (!item.empty()) out.emplace_back(item);
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  return out;
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t out = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

struct Unit {
  std::string_view name{};
  std::uint64_t bytes = 1;
};
constexpr std::array units{
    Unit{"TiB", 1ULL << 40U},
    Unit{"GiB", 1ULL << 30U},
    Unit{"MiB", 1ULL << 20U},
    Unit{"KiB", 1ULL << 10U},
    Unit{"B", 1}};

std::optional<std::uint64_t> parse_size(std::string_view text) {
  for (auto const& unit : units) {
    if (!text.ends_with(unit.name)) continue;
    auto const count = parse_whole(trim(text.substr(0, text.size() - unit.name.size())));
    if (!count || *count > UINT64_MAX / unit.bytes) return std::nullopt;
    return *count * unit.bytes;
  }
  return parse_whole(text);
}

std::string format_size(std::uint64_t bytes) {
  for (auto const& unit : units)
    if (bytes != 0 && bytes % unit.bytes == 0 && unit.bytes > 1)
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  return std::to_string(bytes);
}

/// "4" or "2.5" cores, in thousandths.
std::optional<std::uint64_t> parse_cores(std::string_view text) {
  double cores = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), cores);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(cores > 0) || cores > 1e6) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(cores * 1000));
}

std::optional<std::uint64_t> parse_pool(std::string_view name, std::string_view text) {
  if (name == "cpu") return parse_cores(text);
  if (name == "memory") return parse_size(text);
  return parse_whole(text);
}

std::string format_pool(std::string_view name, std::uint64_t units_count) {
  if (name == "memory") return format_size(units_count);
  if (name != "cpu") return std::to_string(units_count);
  auto out = std::to_string(units_count / 1000);
  if (units_count % 1000 != 0) {
    auto rest = std::to_string(1000 + units_count % 1000).substr(1);
    while (rest.ends_with('0')) rest.pop_back();
    out += "." + rest;
  }
  return out;
}

Result<> set_pools(
    std::map<std::string, std::uint64_t>& pools, ConfigField const& field, std::string_view text
) {
  for (auto const& item : split_list(text)) {
    auto const equals = item.find('=');
    auto const name = trim(std::string_view(item).substr(0, equals));
    auto const amount = equals == item.npos
                            ? std::nullopt
                            : parse_pool(name, trim(std::string_view(item).substr(equals + 1)));
    if (!amount || name.empty())
      return invalid(field, item, "write NAME=SLOTS, as in default=64,gpu=2,memory=8GiB,cpu=2.5");
    pools[std::string(name)] = *amount;
  }
  return {};
}

Result<> set_text(std::string& slot, ConfigField const& field, std::string_view text) {
  bool known = field.words.empty();
  std::string words;
  for (auto const word : field.words) {
    known = known || word == text;
    words += (words.empty() ? "" : ", ") + std::string(word);
  }
  if (!known) return invalid(field, text, "write one of " + words);
  slot = text;
  return {};
}

Result<> set_number(std::uint64_t& slot, ConfigField const& field, std::string_view text) {
  bool const is_size = field.kind == ConfigKind::size;
  auto const value = is_size ? parse_size(text) : parse_whole(text);
  if (!value)
    return invalid(field, text, is_size ? "write a size such as 64KiB" : "write a number");
  if (*value < field.least)
    return invalid(field, text, "write at least " + std::to_string(field.least));
  slot = *value;
  return {};
}

Result<> set_duration(Duration& slot, ConfigField const& field, std::string_view text) {
  auto const value = parse_duration(text);
  if (!value) return invalid(field, text, "write a duration such as 500ms, 30s or 5m");
  if (value->count() < 0 || (field.least > 0 && value->count() == 0))
    return invalid(field, text, "write a duration above zero");
  slot = *value;
  return {};
}

constexpr std::string_view blanks = " \t\r\n\f\v";

/// Of the value that `text` begins with: in quotes or up to a blank, with backslashes that escape;
/// `&` ends it, too (in a URI's query).
std::size_t password_length(std::string_view text) {
  bool const is_quoted = text.starts_with('\'');
  for (std::size_t i = is_quoted ? 1 : 0; i < text.size(); ++i) {
    char const c = text[i];
    if (c == '\\') {
      ++i;
    } else if (is_quoted && c == '\'') {
      return i + 1;
    } else if (!is_quoted && (c == '&' || blanks.find(c) != blanks.npos)) {
      return i;
    }
  }
  return text.size();
}

json::object secrets_json(std::map<std::string, SecretPlace> const& secrets) {
  json::object out;
  for (auto const& [name, place] : secrets)
    out[name] =
        place.env.empty() ? json::object{{"file", place.file}} : json::object{{"env", place.env}};
  return out;
}

}  // namespace

Result<> set_field(Config& config, ConfigField const& field, std::string_view text) {
  auto const slot = field.slot(config);
  if (auto const* words = std::get_if<std::string*>(&slot)) return set_text(**words, field, text);
  if (auto const* number = std::get_if<std::uint64_t*>(&slot))
    return set_number(**number, field, text);
  if (auto const* time = std::get_if<Duration*>(&slot)) return set_duration(**time, field, text);
  if (auto const* list = std::get_if<std::vector<std::string>*>(&slot)) {
    auto words = split_list(text);
    if (field.name == "http.allow")
      if (auto const guard = http::AddressGuard::make(words); !guard) return guard.error();
    **list = std::move(words);
    return {};
  }
  return set_pools(*std::get<std::map<std::string, std::uint64_t>*>(slot), field, text);
}

std::string mask_password(std::string_view database) {
  std::string out(database);
  if (auto const scheme = out.find("://"); scheme != out.npos) {
    auto const at = out.rfind('@', out.find_first_of("/?", scheme + 3));
    auto const colon = out.find(':', scheme + 3);
    if (at != out.npos && colon != out.npos && colon < at)
      out.replace(colon + 1, at - colon - 1, "***");
  }
  for (std::size_t from = 0; (from = out.find("password", from)) != out.npos;) {
    // libpq takes `password = 'x'` as well as password=x; a value ends at a space, but for
    // \-escapes.
    from += std::string_view("password").size();
    auto const sign = out.find_first_not_of(blanks, from);
    if (sign == out.npos || out[sign] != '=') continue;
    from = std::min(out.find_first_not_of(blanks, sign + 1), out.size());
    auto const length = password_length(std::string_view(out).substr(from));
    out.replace(from, length, "***");
    from += 3;
  }
  return out;
}

std::string show_field(Config const& config, ConfigField const& field) {
  auto copy = config;
  auto const slot = field.slot(copy);
  if (auto const* words = std::get_if<std::string*>(&slot))
    return field.secret ? mask_password(**words) : **words;
  if (auto const* number = std::get_if<std::uint64_t*>(&slot))
    return field.kind == ConfigKind::size ? format_size(**number) : std::to_string(**number);
  if (auto const* time = std::get_if<Duration*>(&slot)) return format_duration(**time);
  std::string out;
  auto const add = [&](std::string const& item) { out += (out.empty() ? "" : ",") + item; };
  if (auto const* list = std::get_if<std::vector<std::string>*>(&slot)) {
    for (auto const& item : **list) add(item);
  } else {
    for (auto const& [name, amount] : *std::get<std::map<std::string, std::uint64_t>*>(slot))
      add(name + "=" + format_pool(name, amount));
  }
  return out;
}

json::object to_json(Config const& config) {
  json::object out;
  for (auto const& field : config_fields()) {
    auto copy = config;
    auto const slot = field.slot(copy);
    json::value value(show_field(config, field));
    if (field.kind == ConfigKind::integer) value = *std::get<std::uint64_t*>(slot);
    if (auto const* list = std::get_if<std::vector<std::string>*>(&slot)) {
      auto& array = value.emplace_array();
      for (auto const& item : **list) array.emplace_back(item);
    }
    if (auto const* pools = std::get_if<std::map<std::string, std::uint64_t>*>(&slot)) {
      auto& object = value.emplace_object();
      for (auto const& [name, amount] : **pools) object[name] = format_pool(name, amount);
    }
    auto const dot = field.name.find('.');
    if (dot == field.name.npos) {
      out[field.name] = std::move(value);
    } else {
      auto& section = out[field.name.substr(0, dot)];
      if (!section.is_object()) section.emplace_object();
      section.get_object()[field.name.substr(dot + 1)] = std::move(value);
    }
  }
  if (!config.secrets.empty()) out["secrets"] = secrets_json(config.secrets);
  if (!config.providers.empty()) out["providers"] = config.providers;  // keys are never in it
  return out;
}

}  // namespace ropewalk::server
