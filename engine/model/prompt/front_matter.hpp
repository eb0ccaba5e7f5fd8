#pragma once
// The head of a *.prompt file: YAML between two lines "---".
//
// Any thread: plain values.

#include "engine/model/prompt/picoschema.hpp"
#include "engine/model/prompt/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ropewalk::prompt {

struct FrontMatter {
  std::string name{};
  std::string description{};
  std::string variant{};
  std::string version{};
  std::string model{};
  json::object config{};
  json::value input_schema{};  // JSON Schema; null when there is none
  json::object input_default{};
  std::string output_format{};
  json::value output_schema{};  // JSON Schema; null when there is none
  json::array tools{};          // names, or definitions
  json::array tool_definitions{};
  json::object metadata{};
  json::object ext{};                         // {"a.b": {"c": 1}} for the key a.b.c
  json::object raw{};                         // as written
  std::vector<std::string> unknown_fields{};  // in raw only
};

/// Where in a file the head and the body stand, in bytes.
struct FileParts {
  std::size_t head = 0;
  std::size_t head_size = 0;
  std::size_t body = 0;
  std::size_t body_size = 0;
  bool has_head = false;
};

/// A body after a head is without the blanks around it; a body alone is the whole file. Errors:
/// invalid_prompt when the head does not end.
Result<FileParts> split_file(Source const& source);

/// Errors: invalid_prompt, invalid_yaml, bad_schema, …; message and detail have file, line, column.
Result<FrontMatter> read_front_matter(
    Source const& source, FileParts const& parts, Schemas const& schemas
);

/// The same from JSON, as overrides and stores have it; `raw` is the object itself. Errors:
/// invalid_prompt, bad_schema, with the field's path in the detail.
Result<FrontMatter> read_front_matter(json::object const& fields, Schemas const& schemas);

/// {"model","config","input":{"schema","default"},"output":{"format","schema"},…}: what is given,
/// in dotprompt's words.
json::object to_json(FrontMatter const& front_matter);

}  // namespace ropewalk::prompt
