#pragma once
// A compiled template: Handlebars 4.7 without HTML escapes, with the helpers of dotprompt.
//
// Any thread: immutable, cheap to copy.

#include "engine/model/prompt/ast.hpp"

#include <map>
#include <set>

namespace ropewalk::prompt {

class Template {
 public:
  /// `file` is what errors name; the template begins at the byte `begin` of `text`. Errors:
  /// bad_template, unknown_helper, too_large; message and detail have file, line and column.
  static Result<Template> compile(
      std::string text, std::string file, Limits const& limits = {}, std::size_t begin = 0
  );
  static Result<Template> compile(
      SourcePtr source, Limits const& limits = {}, std::size_t begin = 0, std::size_t size = npos
  );

  Source const& source() const { return *parsed_->source; }
  std::size_t size() const { return parsed_->size; }  // bytes
  Program const& program() const { return parsed_->program; }
  /// Every partial that it names, inline ones too.
  std::set<std::string, std::less<>> const& partial_names() const { return parsed_->partials; }

 private:
  static constexpr std::size_t npos = std::string_view::npos;
  struct Parsed {
    SourcePtr source{};
    std::size_t size = 0;
    Program program{};
    std::set<std::string, std::less<>> partials{};
  };
  explicit Template(std::shared_ptr<Parsed const> parsed) : parsed_(std::move(parsed)) {}

  std::shared_ptr<Parsed const> parsed_;
};

/// By the name that {{> name}} gives.
using Partials = std::map<std::string, Template, std::less<>>;

}  // namespace ropewalk::prompt
