// `attachments`: the files and images that go along with a prompt.

#include "engine/base/text.hpp"
#include "providers/ai/ai_task_parts.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <algorithm>
#include <array>
#include <locale>

namespace ropewalk::ai {
namespace {

constexpr std::array<std::string_view, 6> attachment_fields{
    "label", "file", "url", "data", "text", "mediaType"};

/// The whole text is one `${{ }}`: it may give an object.
bool is_one_expression(json::value const& value) {
  auto const text = boost::algorithm::trim_copy(std::string(value.as_string()));
  return text.starts_with("${{") && text.ends_with("}}") && text.find("${{", 1) == text.npos;
}

bool is_secret_file(std::string_view path) {
  while (!path.empty()) {
    auto const end = std::min(path.find_first_of("/\\"), path.size());
    std::string const name =
        boost::algorithm::to_lower_copy(std::string(path.substr(0, end)), std::locale::classic());
    if (name.starts_with('.') && name != "." && name != "..") return true;
    if (name == "ropewalk.yaml" || name == "ropewalk.yml") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

void check_file(
    std::string const& file, std::string const& path, bool is_literal, Reading const& reading
) {
  if (!is_literal)
    return reading.report(
        path,
        "not_literal",
        "the name of a file to attach is written in the workflow, never put in by a value",
        "write the path, or attach the data itself: {text: …}"
    );
  if (file.empty())
    return reading.report(path, "missing_field", "the path is empty", "name a file");
  if (is_secret_file(file))
    reading.report(
        path,
        "forbidden_file",
        "\"" + shorten(file, 200) + "\" is not attached: such files hold settings and secrets",
        "copy what the model may see to another file"
    );
}

void check_url(std::string const& url, std::string const& path, Reading const& reading) {
  auto const starts = [&](std::string_view scheme) {
    return boost::algorithm::istarts_with(url, scheme);
  };
  if (!url.empty() && !starts("http://") && !starts("https://"))
    reading.report(
        path,
        "invalid_url",
        "the address of an image begins with https:// or http://",
        "attach a file with {file: …}, or the data with {data: …, mediaType: …}"
    );
}

/// `is_literal`: it stands in the workflow file so. What a value put in never names a file.
void read_attachment(
    json::value const& value,
    std::string const& path,
    bool is_literal,
    Reading const& reading,
    AiTask& task
) {
  Attachment item;
  if (auto const* text = value.if_string()) {
    check_file(std::string(*text), path, is_literal, reading);
    item.file = std::string(*text);
    task.attachments.push_back(std::move(item));
    return;
  }
  auto const* object = value.if_object();
  if (object == nullptr)
    return reading.report(
        path,
        "wrong_kind",
        "an attachment is a path or an object, not " + std::string(kind_name(value)),
        "write a path, or {file: …}, {url: …}, {data: …, mediaType: …}, {text: …}"
    );
  Fields const fields(*object, path, reading);
  fields.allow_only(attachment_fields);
  int const given = int(fields.has("file")) + int(fields.has("url")) + int(fields.has("data")) +
                    int(fields.has("text"));
  if (given != 1)
    return fields.add(
        "",
        given == 0 ? "missing_field" : "conflicting_fields",
        "an attachment holds exactly one of `file`, `url`, `data` and `text`",
        given == 0 ? "add file: PATH" : "make an attachment of each"
    );
  if (fields.has("data") && !fields.has("mediaType"))
    fields.add("", "missing_field", "`data` needs `mediaType`", "add mediaType: image/png");
  if (auto const* file = object->if_contains("file"); file != nullptr && file->is_string())
    check_file(
        std::string(file->get_string()),
        fields.path("file"),
        is_literal && !has_expression(*file),
        reading
    );
  auto const take = [&](std::string_view name, std::string& to) {
    if (auto text = fields.text(name)) to = std::move(*text);
  };
  take("label", item.label);
  take("file", item.file);
  take("url", item.url);
  take("data", item.data);
  take("text", item.text);
  take("mediaType", item.media_type);
  check_url(item.url, fields.path("url"), reading);
  task.attachments.push_back(std::move(item));
}

/// One of a rendered list, as prepare_ai_fields left it: {own}, or {value} with what an expression
/// gave.
void read_rendered_attachment(
    json::value const& value, std::string const& path, Reading const& reading, AiTask& task
) {
  auto const* form = value.if_object();
  auto const* own = form && form->size() == 1 ? form->if_contains("own") : nullptr;
  if (own != nullptr) return read_attachment(*own, path, true, reading, task);
  auto const* given = form && form->size() == 1 ? form->if_contains("value") : nullptr;
  if (given == nullptr) given = &value;
  if (given->is_null()) return;  // the output of a task that was skipped
  read_attachment(*given, path, false, reading, task);
}

/// A text or a `file` that an expression fills in says where it came from no longer once it is put
/// in.
json::object prepared_attachment(json::value const& item) {
  auto const* object = item.if_object();
  auto const* file = object != nullptr ? object->if_contains("file") : nullptr;
  bool const is_own = !has_expression(item) && (file == nullptr || !has_expression(*file));
  json::object form;
  form[is_own ? "own" : "value"] = item;
  return form;
}

}  // namespace

void read_attachments(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* value = fields.find("attachments");
  if (value == nullptr) return;
  auto const* object = value->if_object();
  bool const is_one_value = reading.is_rendered && object != nullptr && object->contains("each");
  if (is_one_value) value = &object->at("each");
  if (is_one_value && !value->is_array()) {
    if (!value->is_null()) read_attachment(*value, "attachments", false, reading, task);
    return;
  }
  auto const* list = value->if_array();
  if (list == nullptr) {
    fields.array("attachments");  // says so
    return;
  }
  if (is_too_long(fields, "attachments", list->size(), AiTaskLimits::attachments_max)) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const& item = (*list)[i];
    auto const path = element_path("attachments", i);
    if (is_one_value) {
      read_attachment(item, path, false, reading, task);
    } else if (reading.is_rendered) {
      read_rendered_attachment(item, path, reading, task);
    } else if (!has_expression(item)) {
      read_attachment(item, path, true, reading, task);
    } else if (!is_one_expression(item)) {
      check_file({}, path, false, reading);
    }
  }
}

void prepare_attachments(json::value& attachments) {
  if (has_expression(attachments)) {
    json::object form;
    form["each"] = attachments;
    attachments = std::move(form);
  } else if (auto* list = attachments.if_array()) {
    for (json::value& item : *list) item = prepared_attachment(item);
  }
}

}  // namespace ropewalk::ai
