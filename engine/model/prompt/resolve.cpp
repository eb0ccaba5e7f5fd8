#include "engine/model/prompt/resolve.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::prompt {
namespace {

enum class Place : unsigned char { inside_text, block, argument };

struct HelperRule {
  std::string_view name{};
  Helper helper{};
  bool is_block = false;
  std::size_t arguments = 0;
  std::array<std::string_view, 2> named{};
  std::string_view usage{};
};

constexpr std::array<HelperRule, 13> helper_rules{{
    {"if", Helper::if_, true, 1, {"includeZero"}, "{{#if name}}…{{else}}…{{/if}}"},
    {"unless", Helper::unless, true, 1, {"includeZero"}, "{{#unless name}}…{{/unless}}"},
    {"each", Helper::each, true, 1, {}, "{{#each list}}…{{this}}…{{/each}}"},
    {"with", Helper::with, true, 1, {}, "{{#with name}}…{{/with}}"},
    {"lookup", Helper::lookup, false, 2, {}, "{{lookup list index}}"},
    {"json", Helper::json, false, 1, {"indent"}, "{{json name indent=2}}"},
    {"role", Helper::role, false, 1, {}, "{{role \"system\"}}"},
    {"history", Helper::history, false, 0, {}, "{{history}}"},
    {"section", Helper::section, false, 1, {}, "{{section \"name\"}}"},
    {"media", Helper::media, false, 0, {"url", "contentType"}, "{{media url=link}}"},
    {"ifEquals", Helper::if_equals, true, 2, {}, "{{#ifEquals a b}}…{{/ifEquals}}"},
    {"unlessEquals", Helper::unless_equals, true, 2, {}, "{{#unlessEquals a b}}…{{/unlessEquals}}"},
    // It prints to a console that prompts do not have: known, so that the name is not taken for a
    // field.
    {"log", Helper::none, false, 1, {}, "{{this.log}}"},
}};
constexpr std::array<std::string_view, 4> roles{"system", "user", "model", "tool"};

bool is_marker(Helper helper) {
  return helper == Helper::role || helper == Helper::history || helper == Helper::section ||
         helper == Helper::media;
}

class Resolver {
 public:
  Resolver(Source const& source, std::set<std::string, std::less<>>& partials)
      : source_(source), partials_(partials) {}

  Result<void> program(Program& program) {
    if (!program.names.empty()) names_.push_back(&program.names);
    for (Node& node : program.body)
      if (auto done = resolve(node); !done) return done;
    if (!program.names.empty()) names_.pop_back();
    return {};
  }

 private:
  Result<void> resolve(Node& node);
  Result<void> inside(Node& node);
  Result<void> call(Call& call, Place place);
  Result<void> arguments(Call& call);
  Result<void> expression(Expression& expression);
  Result<void> check(Call const& call, HelperRule const& rule, Place place) const;
  Result<void> check_marker(Call const& call, Place place) const;
  void find_parameter(Path& path) const;
  Error unknown(Call const& call) const;

  Error error(std::uint32_t at, std::string message, std::string hint) const {
    return error_at(source_, at, "bad_template", std::move(message), std::move(hint));
  }

  Source const& source_;
  std::set<std::string, std::less<>>& partials_;
  std::vector<std::vector<std::string> const*> names_{};
};

Result<void> Resolver::resolve(Node& node) {
  switch (node.kind) {
    case NodeKind::content:
    case NodeKind::comment:
      return {};
    case NodeKind::mustache:
      return call(node.call, Place::inside_text);
    case NodeKind::block:
      if (node.call.helper != Helper::raw)
        if (auto done = call(node.call, Place::block); !done) return done;
      return inside(node);
    case NodeKind::partial:
    case NodeKind::partial_block:
      if (node.name != "@partial-block") partials_.insert(node.name);
      [[fallthrough]];
    case NodeKind::inline_partial:
      if (auto done = arguments(node.call); !done) return done;
      return inside(node);
  }
  return {};
}

Result<void> Resolver::inside(Node& node) {
  if (node.program)
    if (auto done = program(*node.program); !done) return done;
  if (node.inverse) return program(*node.inverse);
  return {};
}

void Resolver::find_parameter(Path& path) const {
  path.is_plain =
      !path.is_data && path.depth == 0 && path.parts.size() == 1 && !path.parts.front().empty();
  if (path.is_data || path.is_scoped || path.depth > 0 || path.parts.empty()) return;
  for (std::size_t up = 0; up < names_.size(); ++up) {
    auto const& names = *names_[names_.size() - 1 - up];
    auto const found = std::ranges::find(names, path.parts.front());
    if (found == names.end()) continue;
    path.is_plain = false;
    path.names_up = static_cast<std::int32_t>(up);
    path.name_index = static_cast<std::uint32_t>(found - names.begin());
    return;
  }
}

Result<void> Resolver::call(Call& call, Place place) {
  Path& path = call.callee.path;
  find_parameter(path);
  if (auto done = arguments(call); !done) return done;
  bool const has_arguments = !call.arguments.empty() || !call.named.empty();
  bool const may_be_helper = path.is_simple() && !path.is_data && path.names_up < 0;
  auto const* rule = may_be_helper
                         ? std::ranges::find(helper_rules, path.parts[0], &HelperRule::name)
                         : helper_rules.end();
  if (rule != helper_rules.end()) {
    call.helper = rule->helper;
    return check(call, *rule, place);
  }
  if (!has_arguments && place != Place::argument) return {};
  return unknown(call);
}

Error Resolver::unknown(Call const& call) const {
  std::array<std::string_view, helper_rules.size()> names{};
  std::ranges::transform(helper_rules, names.begin(), &HelperRule::name);
  std::string const& name = call.callee.path.original;
  std::string hint = did_you_mean(name, names);
  if (hint.empty())
    hint =
        "there are if, unless, each, with, lookup, json, role, history, media, section, ifEquals "
        "and unlessEquals";
  return error_at(
      source_,
      call.callee.offset,
      "unknown_helper",
      "there is no helper \"" + shorten(name, 60) + "\"",
      std::move(hint)
  );
}

Result<void> Resolver::check(Call const& call, HelperRule const& rule, Place place) const {
  std::string const name(rule.name);
  std::uint32_t const at = call.callee.offset;
  std::string const usage = "write " + std::string(rule.usage);
  if (rule.name == "log")
    return error(
        at, "the helper \"log\" has no meaning in a prompt", "a field of that name is {{this.log}}"
    );
  if (call.arguments.size() != rule.arguments)
    return error(
        at,
        "\"" + name + "\" takes " + std::to_string(rule.arguments) + " argument" +
            (rule.arguments == 1 ? "" : "s") + ", not " + std::to_string(call.arguments.size()),
        usage + "; a field of that name is {{this." + name + "}}"
    );
  for (NamedArgument const& named : call.named) {
    if (std::ranges::find(rule.named, named.name) != rule.named.end()) continue;
    return error(
        named.offset,
        "\"" + name + "\" has no argument \"" + shorten(named.name, 60) + "\"",
        did_you_mean(named.name, rule.named)
    );
  }
  if (rule.is_block != (place == Place::block))
    return error(
        at, rule.is_block ? "\"" + name + "\" is a block" : "\"" + name + "\" is no block", usage
    );
  return is_marker(rule.helper) ? check_marker(call, place) : Result<void>();
}

/// Messages and their parts are made by the template alone, never by a value.
Result<void> Resolver::check_marker(Call const& call, Place place) const {
  std::string const& name = call.callee.path.original;
  std::uint32_t const at = call.callee.offset;
  if (place == Place::argument)
    return error(at, "\"" + name + "\" gives no value", "it stands for itself, outside of ( )");
  if (call.helper == Helper::media) {
    bool const has_url =
        std::ranges::any_of(call.named, [](auto const& given) { return given.name == "url"; });
    return has_url ? Result<void>()
                   : error(at, "\"media\" wants a url", "write {{media url=link}}");
  }
  if (call.helper == Helper::history) return {};
  auto const* text = call.arguments[0].literal.if_string();
  if (call.arguments[0].kind != ExpressionKind::literal || text == nullptr)
    return error(
        call.arguments[0].offset,
        "\"" + name + "\" wants a text in quotes: no value may decide it",
        call.helper == Helper::role
            ? "choose with {{#ifEquals}}, or insert messages with {{history}}"
            : "write {{section \"name\"}}"
    );
  std::string_view const word(text->data(), text->size());
  if (call.helper == Helper::section || std::ranges::find(roles, word) != roles.end()) return {};
  std::string hint =
      word == "assistant" ? "the answering side is \"model\"" : did_you_mean(word, roles);
  if (hint.empty()) hint = "there are system, user, model and tool";
  return error(
      call.arguments[0].offset, "there is no role \"" + shorten(word, 60) + "\"", std::move(hint)
  );
}

Result<void> Resolver::arguments(Call& call) {
  for (Expression& argument : call.arguments)
    if (auto done = expression(argument); !done) return done;
  for (NamedArgument& named : call.named)
    if (auto done = expression(named.value); !done) return done;
  return {};
}

Result<void> Resolver::expression(Expression& expression) {
  if (expression.kind == ExpressionKind::path) find_parameter(expression.path);
  if (expression.kind == ExpressionKind::call) return call(*expression.call, Place::argument);
  return {};
}

}  // namespace

Result<void> resolve_names(
    Source const& source, Program& root, std::set<std::string, std::less<>>& partials
) {
  return Resolver(source, partials).program(root);
}

}  // namespace ropewalk::prompt
