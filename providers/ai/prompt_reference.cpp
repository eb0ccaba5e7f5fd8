#include "providers/ai/prompt_reference.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ropewalk::ai {
namespace {

constexpr std::string_view forms =
    "write name, name@label, name@3, name@sha256:…, a path that ends in .prompt, .txt or .md, or "
    "{inline: \"…\"}";
constexpr std::size_t reference_size_max = 1024;
constexpr std::array<std::string_view, 4> prompt_endings{
    ".prompt", ".prompt.py", ".prompt.js", ".prompt.sh"};
constexpr std::array<std::string_view, 2> text_endings{".txt", ".md"};

Error invalid(std::string message) {
  return {.code = "invalid_prompt", .message = std::move(message), .hint = std::string(forms)};
}

bool ends_in(std::string_view text, auto const& endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) {
    return text.size() > ending.size() && text.ends_with(ending);
  });
}

/// Letters, digits, '_', '.', '-' and, between parts, '/'.
bool is_prompt_name(std::string_view name) {
  if (name.empty() || name.size() > 256) return false;
  char before = '/';
  for (char const c : name) {
    bool const is_word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!is_word && (before == '/' || (c != '.' && c != '-' && c != '/'))) return false;
    before = c;
  }
  return before != '/';
}

/// What stands behind the '@'.
Result<> read_version(std::string_view text, PromptReference& reference) {
  constexpr std::string_view hash = "sha256:";
  if (text.starts_with(hash)) {
    std::string_view const digits = text.substr(hash.size());
    bool const is_hex = std::ranges::all_of(digits, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    if (!is_hex || digits.size() < 8 || digits.size() > 64)
      return invalid("a hash is 8 to 64 hexadecimal digits in lower case");
    reference.sha256 = digits;
    return {};
  }
  std::uint32_t number = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && number > 0) {
    reference.version = number;
    return {};
  }
  if (!is_identifier(text))
    return invalid("`" + shorten(text, 60) + "` is no version and no label");
  reference.label = text;
  return {};
}

}  // namespace

bool is_inline_prompt(std::string_view text) {
  return text.find_first_of(" \t\r\n") != std::string_view::npos ||
         text.find("${{") != std::string_view::npos;
}

Result<PromptReference> parse_prompt_reference(std::string_view text) {
  if (text.empty()) return invalid("the prompt is empty");
  if (text.size() > reference_size_max || is_inline_prompt(text) ||
      text.find('\0') != std::string_view::npos)
    return invalid("`" + shorten(text, 60) + "` is no reference to a prompt");
  PromptReference reference;
  bool const is_prompt_file = ends_in(text, prompt_endings);
  if (is_prompt_file || ends_in(text, text_endings)) {
    reference.kind = is_prompt_file ? PromptKind::prompt_file : PromptKind::text_file;
    reference.name = text;
    return reference;
  }
  std::size_t const at = text.find('@');
  reference.name = text.substr(0, at);
  if (!is_prompt_name(reference.name))
    return invalid("`" + shorten(text, 60) + "` cannot be the name of a prompt");
  if (at == std::string_view::npos) return reference;
  if (auto read = read_version(text.substr(at + 1), reference); !read) return read.error();
  return reference;
}

std::string reference_text(PromptReference const& reference) {
  std::string out = reference.name;
  if (reference.version) out += "@" + std::to_string(*reference.version);
  if (!reference.label.empty()) out += "@" + reference.label;
  if (!reference.sha256.empty()) out += "@sha256:" + reference.sha256;
  return out;
}

Error prompts_unavailable(PromptReference const& reference) {
  return {
      .code = "prompts_unavailable",
      .message = "the prompt `" + reference_text(reference) +
                 "` cannot be looked up: this server has no "
                 "store of prompts",
      .hint =
          "write the prompt into the task: prompt: {inline: \"…\"}, or name a .txt or .md file"};
}

}  // namespace ropewalk::ai
