#include "providers/ai/model_data.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/yaml_text.hpp"
#include "providers/ai/fields.hpp"
#include "providers/ai/models_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace ropewalk::ai {
namespace {

constexpr std::array<std::string_view, 2> table_fields{"updated", "models"};
constexpr std::array<std::string_view, 9> entry_fields{
    "match",
    "providers",
    "contextWindow",
    "maxOutput",
    "price",
    "temperature",
    "images",
    "tools",
    "schema"};
constexpr std::array<std::string_view, 4> price_fields{
    "input", "cachedInput", "cacheWrite", "output"};
constexpr std::size_t entries_max = 10'000;
constexpr double price_max = 10'000;  // dollars a million tokens

/// Dollars a million tokens are picodollars a token, times a million.
std::int64_t picodollars(double dollars) {
  return std::llround(dollars * 1e6);
}

std::optional<ModelPrice> read_price(Fields const& entry, Reading const& reading) {
  auto const* object = entry.object("price");
  if (object == nullptr) return std::nullopt;
  Fields const fields(*object, entry.path("price"), reading);
  fields.allow_only(price_fields);
  for (std::string_view const name : {price_fields[0], price_fields[3]})
    if (!fields.has(name))
      fields.add(
          "",
          "missing_field",
          "a price needs `" + std::string(name) + "`",
          "dollars a million tokens"
      );
  auto const read = [&](std::string_view name) -> std::optional<std::int64_t> {
    auto const dollars = fields.number(name, 0, price_max);
    return dollars ? std::optional(picodollars(*dollars)) : std::nullopt;
  };
  ModelPrice price;
  price.input = read("input").value_or(0);
  price.output = read("output").value_or(0);
  price.cached_input = read("cachedInput");
  price.cache_write = read("cacheWrite");
  return price;
}

/// A text, or a list of texts.
std::vector<std::string> read_names(Fields const& entry, std::string_view name) {
  std::vector<std::string> out;
  auto const* value = entry.find(name);
  if (value == nullptr) return out;
  json::array one;
  if (value->is_string()) one.push_back(*value);
  auto const* list = value->is_string() ? &one : value->if_array();
  bool is_good = list != nullptr && !list->empty();
  if (list != nullptr)
    for (json::value const& item : *list) {
      bool const is_name =
          item.is_string() && !item.get_string().empty() && item.get_string().size() <= 256;
      if (is_name) out.emplace_back(item.get_string());
      is_good &= is_name;
    }
  if (!is_good)
    entry.add(
        name,
        "wrong_kind",
        "`" + std::string(name) + "` is a name, or a list of names",
        "write " + std::string(name) + ": [a, b]"
    );
  return out;
}

void fill(ModelInfo& info, ModelInfo const& other) {
  if (!info.context_window) info.context_window = other.context_window;
  if (!info.max_output) info.max_output = other.max_output;
  if (!info.price) info.price = other.price;
  if (!info.temperature) info.temperature = other.temperature;
  if (!info.images) info.images = other.images;
  if (!info.tools) info.tools = other.tools;
  if (!info.schema) info.schema = other.schema;
}

}  // namespace

class ModelReader {
 public:
  Result<> read(ModelTable& table, std::string_view yaml, bool is_of_user) {
    TRY(json::value const document, read_yaml(yaml));
    auto const* object = document.if_object();
    if (object == nullptr) {
      reading_.report("", "wrong_kind", "a table of models is an object", "write models: [...]");
      return ended();
    }
    Fields const fields(*object, "", reading_);
    fields.allow_only(table_fields);
    if (auto date = fields.text("updated")) table.updated_ = std::move(*date);
    auto const* list = fields.array("models");
    if (list == nullptr && !fields.has("models"))
      fields.add("", "missing_field", "there is no list `models`", "add models: []");
    if (list != nullptr && list->size() > entries_max)
      fields.add("models", "too_large", "too many models", "leave some away");
    for (std::size_t i = 0; list != nullptr && i < std::min(list->size(), entries_max); ++i)
      read_entry(table, (*list)[i], "models[" + std::to_string(i) + "]", is_of_user);
    return ended();
  }

 private:
  void read_entry(
      ModelTable& table, json::value const& value, std::string const& path, bool is_of_user
  ) {
    auto const* object = value.if_object();
    if (object == nullptr)
      return reading_.report(path, "wrong_kind", "a model is an object", "write {match: name}");
    Fields const fields(*object, path, reading_);
    fields.allow_only(entry_fields);
    ModelTable::Entry entry;
    entry.is_of_user = is_of_user;
    entry.providers = read_names(fields, "providers");
    constexpr std::int64_t tokens_max = 1'000'000'000;
    entry.info.context_window = fields.integer("contextWindow", 1, tokens_max);
    entry.info.max_output = fields.integer("maxOutput", 1, tokens_max);
    entry.info.price = read_price(fields, reading_);
    entry.info.temperature = fields.boolean("temperature");
    entry.info.images = fields.boolean("images");
    entry.info.tools = fields.boolean("tools");
    entry.info.schema = fields.boolean("schema");
    if (!fields.has("match"))
      fields.add("", "missing_field", "a model needs `match`", "add match: its name, or a pattern");
    for (std::string& pattern : read_names(fields, "match")) {
      entry.pattern = std::move(pattern);
      table.entries_.push_back(entry);
    }
  }

  Result<> ended() {
    if (problems_.empty()) return {};
    json::object detail;
    detail["problems"] = std::move(problems_);
    return Error{
        .code = "invalid_models",
        .message = "the table of models cannot be used: " + shorten(message_, 2000),
        .hint = "docs/ai.md shows its form",
        .detail = std::move(detail)};
  }

  json::array problems_{};
  std::string message_{};
  Reading reading_{
      [this](std::string field, std::string code, std::string text, std::string hint) {
        if (problems_.size() >= 100) return;
        if (!message_.empty()) message_ += "; ";
        message_ += field + ": " + text;
        json::object problem;
        problem["field"] = field;
        problem["code"] = code;
        problem["message"] = text;
        problem["hint"] = hint;
        problems_.push_back(std::move(problem));
      },
      true};
};

std::shared_ptr<ModelTable const> ModelTable::built_in() {
  auto table = std::make_shared<ModelTable>();
  auto const read = ModelReader().read(*table, built_in_models(), false);
  ROPEWALK_CHECK(read.has_value());
  return table;
}

Result<std::shared_ptr<ModelTable const>> ModelTable::with(std::string_view yaml) {
  auto table = std::make_shared<ModelTable>(*built_in());
  std::string const updated = table->updated_;
  if (auto read = ModelReader().read(*table, yaml, true); !read) return read.error();
  table->updated_ = updated;
  return std::shared_ptr<ModelTable const>(std::move(table));
}

ModelInfo ModelTable::find(
    std::string_view provider_name, std::string_view provider_type, std::string_view model
) const {
  Entry const* own = nullptr;
  Entry const* built = nullptr;
  for (Entry const& entry : entries_) {
    bool const is_here = entry.providers.empty() ||
                         std::ranges::any_of(entry.providers, [&](std::string const& provider) {
                           return provider == provider_name || provider == provider_type;
                         });
    if (!is_here || !matches_pattern(entry.pattern, model)) continue;
    Entry const*& best = entry.is_of_user ? own : built;
    // An exact name is as long as what it matches; of equal ones the later stands.
    bool const is_exact = entry.pattern == model;
    if (best == nullptr || is_exact ||
        (best->pattern != model && entry.pattern.size() >= best->pattern.size()))
      best = &entry;
  }
  ModelInfo info;
  if (own != nullptr) info = own->info;
  if (built != nullptr) fill(info, built->info);
  return info;
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<double> cost_usd(ModelPrice const& price, ChatUsage const& usage) {
  if (!usage.input || !usage.output) return std::nullopt;
  // The largest price times this stays within 64 bits.
  constexpr std::int64_t tokens_max = 200'000'000;
  auto const bounded = [](std::int64_t tokens, std::int64_t max) {
    return std::clamp<std::int64_t>(tokens, 0, max);
  };
  std::int64_t const input = bounded(*usage.input, tokens_max);
  std::int64_t const cached = bounded(usage.cached_input.value_or(0), input);
  std::int64_t const written = bounded(usage.cache_write.value_or(0), input - cached);
  std::int64_t const output = bounded(*usage.output, tokens_max);
  std::int64_t const picodollars_sum =
      (input - cached - written) * price.input + cached * price.cached_input.value_or(price.input) +
      written * price.cache_write.value_or(price.input) + output * price.output;
  std::int64_t const billionths = picodollars_sum / 1000 + (picodollars_sum % 1000 >= 500 ? 1 : 0);
  return static_cast<double>(billionths) / 1e9;
}

}  // namespace ropewalk::ai
