// `retry`, `pool` and `resources`.

#include "engine/base/text.hpp"
#include "engine/model/load/options.hpp"
#include "engine/model/size_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ropewalk::load {
namespace {

constexpr std::int64_t slots_max = 1'000'000;

void read_classes(RetryConfig& retry, Fields const& fields) {
  auto const* list = fields.list("on");
  if (!list) return;
  constexpr std::array<std::string_view, 4> words{
      "transient", "resource", "permanent", "dependency"};
  Path const path = fields.path("on");
  retry.on = 0;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const* text = (*list)[i].if_string();
    auto const parsed = text ? parse_error_class(*text) : std::nullopt;
    if (parsed) {
      retry.on = static_cast<ErrorClassSet>(retry.on | error_class_bit(*parsed));
      continue;
    }
    std::string hint = "write transient, resource, permanent or dependency";
    if (text) hint = fields.problems().suggest(*text, words, std::move(hint));
    fields.problems().add(
        path.element(i),
        {"unknown_word", to_text((*list)[i]) + " is not a class of errors", std::move(hint)}
    );
  }
}

/// "1-5" or 7.
std::optional<ExitCodeRange> read_exit_codes(json::value const& value) {
  ExitCodeRange range;
  if (auto const* code = value.if_int64()) {
    if (*code < 0 || *code > 255) return std::nullopt;
    range.first = range.last = static_cast<int>(*code);
    return range;
  }
  auto const* text = value.if_string();
  if (!text) return std::nullopt;
  char const* const end = text->data() + text->size();
  auto const first = std::from_chars(text->data(), end, range.first);
  if (first.ec != std::errc()) return std::nullopt;
  range.last = range.first;
  if (first.ptr != end) {
    if (*first.ptr != '-') return std::nullopt;
    auto const last = std::from_chars(first.ptr + 1, end, range.last);
    if (last.ec != std::errc() || last.ptr != end) return std::nullopt;
  }
  bool const is_sound = range.first >= 0 && range.first <= range.last && range.last <= 255;
  return is_sound ? std::optional(range) : std::nullopt;
}

/// Adds to `needs`; false when the pool is in there already.
bool add_need(std::vector<PoolNeed>& needs, std::string_view pool, std::uint64_t amount) {
  if (std::ranges::find(needs, pool, &PoolNeed::pool) != needs.end()) return false;
  needs.push_back({std::string(pool), amount});
  return true;
}

void add_duplicate_pool(Problems& problems, Path const& path, std::string_view pool) {
  problems.add(
      path,
      {"duplicate_pool",
       "the pool \"" + std::string(pool) + "\" is asked for twice",
       "name it once, in `pool` or in `resources`"}
  );
}

bool check_pool_name(std::string_view name, Path const& path, Problems& problems) {
  if (is_identifier(name)) return true;
  problems.add(
      path,
      {"invalid_name",
       '"' + shorten(name, 60) + "\" cannot be the name of a pool",
       "letters, digits, _ and -, beginning with a letter"}
  );
  return false;
}

void read_one_pool(
    std::vector<PoolNeed>& needs, json::value const& value, Path const& path, Problems& problems
) {
  std::string_view name;
  std::int64_t slots = 1;
  if (auto const* text = value.if_string()) {
    name = *text;
  } else if (auto const* object = value.if_object()) {
    constexpr std::array<std::string_view, 2> known{"name", "slots"};
    Fields const fields(problems, path, *object);
    fields.allow_only(known);
    if (!fields.find("name")) return add_missing(problems, fields.path("name"));
    auto const given = fields.string("name");
    if (!given) return;
    name = *given;
    slots = fields.integer("slots", 1, slots_max).value_or(1);
  } else {
    return add_wrong_kind(
        problems, path, value, "a pool's name", "write gpu, or {name: gpu, slots: 2}"
    );
  }
  if (!check_pool_name(name, path, problems)) return;
  if (!add_need(needs, name, static_cast<std::uint64_t>(slots)))
    add_duplicate_pool(problems, path, name);
}

std::optional<std::uint64_t> read_memory(Fields const& fields) {
  auto const* value = fields.find("memory");
  if (value->is_int64() || value->is_uint64()) {
    auto const bytes = fields.integer("memory", 0, std::int64_t{1} << 50);
    return bytes ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
  }
  auto const text = fields.string("memory");
  if (!text) return std::nullopt;
  auto const size = parse_size(*text);
  if (size) return *size;
  fields.problems().add(
      fields.path("memory"), {size.error().code, size.error().message, size.error().hint}
  );
  return std::nullopt;
}

}  // namespace

void read_retry(
    RetryConfig& retry, json::object const& object, Path const& path, Problems& problems
) {
  constexpr std::array<std::string_view, 7> known{
      "maxAttempts", "backoffFactor", "initialDelay", "maxDelay", "jitter", "on", "onExitCodes"};
  Fields const fields(problems, path, object);
  fields.allow_only(known);
  if (auto const count = fields.integer("maxAttempts", 1, 1000))
    retry.max_attempts = static_cast<std::uint32_t>(*count);
  if (auto const factor = fields.number("backoffFactor", 1, 100)) retry.backoff_factor = *factor;
  if (auto const delay = fields.duration("initialDelay")) retry.initial_delay = *delay;
  if (auto const delay = fields.duration("maxDelay")) retry.max_delay = *delay;
  if (auto const jitter = fields.number("jitter", 0, 1)) retry.jitter = *jitter;
  read_classes(retry, fields);
  auto const* codes = fields.list("onExitCodes");
  if (!codes) return;
  Path const codes_path = fields.path("onExitCodes");
  retry.on_exit_codes.clear();
  for (std::size_t i = 0; i < codes->size(); ++i) {
    if (auto const range = read_exit_codes((*codes)[i])) {
      retry.on_exit_codes.push_back(*range);
      continue;
    }
    problems.add(
        codes_path.element(i),
        {"invalid_exit_code",
         to_text((*codes)[i]) + " is not an exit code",
         "write a number from 0 to 255, or a range like \"1-5\""}
    );
  }
}

void read_pool(
    std::vector<PoolNeed>& needs, json::value const& value, Path const& path, Problems& problems
) {
  auto const* list = value.if_array();
  if (!list) return read_one_pool(needs, value, path, problems);
  for (std::size_t i = 0; i < list->size(); ++i)
    read_one_pool(needs, (*list)[i], path.element(i), problems);
}

void read_resources(
    std::vector<PoolNeed>& needs, json::object const& object, Path const& path, Problems& problems
) {
  Fields const fields(problems, path, object);
  for (auto const& member : object) {
    std::string_view const name = member.key();
    std::optional<std::uint64_t> amount;
    if (name == "cpu") {
      if (auto const cores = fields.number("cpu", 0, 100'000))
        amount = static_cast<std::uint64_t>(std::llround(*cores * 1000));
    } else if (name == "memory") {
      amount = read_memory(fields);
    } else {
      if (!check_pool_name(name, fields.path(name), problems)) continue;
      if (auto const slots = fields.integer(name, 0, slots_max))
        amount = static_cast<std::uint64_t>(*slots);
    }
    if (amount && *amount > 0 && !add_need(needs, name, *amount))
      add_duplicate_pool(problems, fields.path(name), name);
  }
}

}  // namespace ropewalk::load
