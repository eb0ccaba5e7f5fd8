#include "server/triggers/hook_spec.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::server {
namespace {

using fields::Fields;
namespace chrono = std::chrono;

constexpr std::array<std::string_view, 6> scheme_words{
    "none", "standardWebhooks", "github", "stripe", "slack", "bearer"};
constexpr std::array<std::string_view, 9> known_fields{
    "workflow",
    "verify",
    "tolerance",
    "inputs",
    "filter",
    "deliveryId",
    "wait",
    "labels",
    "priority"};
constexpr std::size_t secrets_max = 5;
constexpr Duration tolerance_max = chrono::hours(1);
constexpr Duration wait_max = chrono::minutes(10);

void read_secrets(Fields const& fields, HookSpec& out) {
  constexpr std::array<std::string_view, 1> known{"secret"};
  fields.allow_only(known);
  auto const* value = fields.find("secret");
  if (value == nullptr)
    return fields.add("secret", "missing_field", "no secret is named", "secret: NAME");
  json::array const one(1, *value);
  auto const* const list = value->if_array();
  auto const& names = list == nullptr ? one : *list;
  if (names.empty() || names.size() > secrets_max)
    fields.add("secret", "out_of_range", "name one to five secrets", "secret: [NEW, OLD]");
  for (auto const& each : names) {
    auto const* name = each.if_string();
    if (name != nullptr && is_identifier(*name))
      out.secrets.emplace_back(*name);
    else
      fields.add("secret", "invalid_name", "this is no name of a secret", "write the name of one");
  }
}

void read_verify(Fields const& fields, fields::Reading const& reading, HookSpec& out) {
  auto const* value = fields.find("verify");
  auto const* object = value == nullptr ? nullptr : value->if_object();
  if (value == nullptr)
    return fields.add(
        "verify",
        "missing_field",
        "it is not said how deliveries are verified",
        "verify: { github: { secret: NAME } }, or another scheme; or verify: none"
    );
  if (value->is_string() && std::string_view(value->get_string()) == scheme_words[0]) return;
  if (object == nullptr || object->size() != 1)
    return fields.add(
        "verify",
        "wrong_kind",
        "`verify` is neither `none` nor an object with one scheme",
        "verify: { github: { secret: NAME } }"
    );
  std::string_view const name(object->begin()->key());
  auto const* const found = std::ranges::find(scheme_words, name);
  if (found == scheme_words.end() || found == scheme_words.begin()) {
    auto const near = closest_match(name, scheme_words);
    return fields.add(
        "verify",
        "unknown_word",
        "there is no scheme `" + shorten(name, 64) + "`",
        near.empty() ? "use standardWebhooks, github, stripe, slack or bearer"
                     : "did you mean `" + std::string(near) + "`?"
    );
  }
  out.scheme = static_cast<HookScheme>(found - scheme_words.begin());
  auto const* settings = object->begin()->value().if_object();
  auto const path = "verify." + std::string(name);
  if (settings == nullptr)
    return fields.add(path, "wrong_kind", "an object is expected", "give { secret: NAME }");
  read_secrets(Fields(*settings, path, reading), out);
}

void read_tolerance(Fields const& fields, HookSpec& out) {
  out.tolerance =
      read_duration(fields, "tolerance", out.tolerance, chrono::seconds(1), tolerance_max);
  if (fields.has("tolerance") && !has_timestamp(out.scheme))
    fields.add(
        "tolerance",
        "conflicting_fields",
        "deliveries that are verified so have no time that could be looked at",
        "leave it out"
    );
}

}  // namespace

std::string_view to_string(HookScheme scheme) {
  return scheme_words[static_cast<std::size_t>(scheme)];
}

bool has_timestamp(HookScheme scheme) {
  return scheme == HookScheme::standard_webhooks || scheme == HookScheme::stripe ||
         scheme == HookScheme::slack;
}

Result<HookSpec> read_hook(std::string name, json::object definition) {
  std::vector<std::string_view> const variables{"body", "headers", "query"};
  DefinitionProblems problems;
  auto const reading = problems.reading();
  Fields const fields(definition, "", reading);
  fields.allow_only(known_fields);
  HookSpec out;
  out.name = std::move(name);
  out.start = read_start_spec(fields, variables);
  if (!fields.has("inputs")) {
    auto body = cel::JsonTemplate::compile("${{ body }}");
    ROPEWALK_CHECK(body.has_value());
    out.start.inputs = std::move(*body);
  }
  read_verify(fields, reading, out);
  read_tolerance(fields, out);
  out.filter = read_expression(fields, "filter", variables);
  out.delivery_id = read_expression(fields, "deliveryId", variables);
  if (fields.has("wait"))
    out.wait = read_duration(fields, "wait", wait_max, chrono::seconds(1), wait_max);
  if (auto const read = problems.result("the hook"); !read) return read.error();
  out.definition = std::move(definition);
  return out;
}

Result<HookSpec> read_stored_hook(std::string name, std::string const& definition) {
  TRY(auto fields, parse_stored(definition));
  return read_hook(std::move(name), std::move(fields));
}

}  // namespace ropewalk::server
