// `prompt` and `context`: what the model is shown.

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/ai_task_parts.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::array<std::string_view, 2> prompt_fields{"inline", "messages"};
constexpr std::array<std::string_view, 2> message_fields{"role", "content"};
constexpr std::array<std::string_view, 3> context_fields{"label", "text", "value"};
constexpr std::array<std::string_view, 3> roles{"system", "user", "assistant"};

/// A text as it is, anything else as JSON.
std::string shown(json::value const& value) {
  return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

bool holds_only(json::object const& object, auto const& names) {
  return std::ranges::all_of(object, [&](auto const& member) {
    return std::ranges::find(names, std::string_view(member.key())) != names.end();
  });
}

/// {label?, text} or {label?, value}: how a piece of context is given a label. Any other object is
/// data.
bool is_context_form(json::object const& object) {
  return object.contains("text") != object.contains("value") && holds_only(object, context_fields);
}

void read_message(
    json::value const& value, std::size_t index, Reading const& reading, std::vector<Message>& out
) {
  std::string const path = "prompt." + element_path("messages", index);
  auto const* object = value.if_object();
  if (object == nullptr)
    return reading.report(
        path,
        "wrong_kind",
        "a message is an object, not " + std::string(kind_name(value)),
        "write {role: user, content: \"…\"}"
    );
  Fields const fields(*object, path, reading);
  fields.allow_only(message_fields);
  for (std::string_view const name : message_fields)
    if (!fields.has(name))
      fields.add(
          "",
          "missing_field",
          "a message needs `" + std::string(name) + "`",
          "write {role: user, content: \"…\"}"
      );
  auto const role = fields.word("role", roles);
  if (auto const* content = object->if_contains("content"); content != nullptr && role)
    out.push_back(text_message(parse_role(roles[*role]).value_or(Role::user), shown(*content)));
}

void read_messages(Fields const& prompt, Reading const& reading, AiTask& task) {
  auto const* list = prompt.array("messages");
  if (list == nullptr || is_too_long(prompt, "messages", list->size(), AiTaskLimits::messages_max))
    return;
  std::vector<Message> messages;
  for (std::size_t i = 0; i < list->size(); ++i) read_message((*list)[i], i, reading, messages);
  bool const may_be_user = !reading.is_rendered && has_expression_inside(*list);
  if (!may_be_user && messages.size() == list->size() &&
      std::ranges::none_of(messages, [](Message const& m) { return m.role == Role::user; }))
    prompt.add(
        "messages",
        "missing_field",
        "there is no message of the role user",
        "add {role: user, content: \"…\"}"
    );
  task.prompt = std::move(messages);
}

void read_prompt_object(json::object const& object, Reading const& reading, AiTask& task) {
  Fields const prompt(object, "prompt", reading);
  prompt.allow_only(prompt_fields);
  bool const is_inline = prompt.has("inline");
  if (is_inline == prompt.has("messages"))
    return prompt.add(
        "",
        is_inline ? "conflicting_fields" : "missing_field",
        is_inline ? "`inline` and `messages` exclude each other"
                  : "the prompt holds neither `inline` nor `messages`",
        is_inline ? "leave one of them away" : "write {inline: \"…\"}"
    );
  if (!is_inline) return read_messages(prompt, reading, task);
  std::string text = shown(object.at("inline"));
  if (text.empty())
    return prompt.add("inline", "missing_field", "the prompt is empty", "say what is wanted");
  std::vector<Message> messages;
  messages.push_back(text_message(Role::user, std::move(text)));
  task.prompt = std::move(messages);
}

void read_item(
    json::value const& value, std::string const& path, Reading const& reading, AiTask& task
) {
  if (value.is_null()) return;  // the output of a task that was skipped
  ContextItem item;
  auto const* object = value.if_object();
  if (object != nullptr && is_context_form(*object)) {
    Fields const fields(*object, path, reading);
    if (auto label = fields.text("label")) item.label = std::move(*label);
    auto const* content = object->if_contains("text");
    if (content == nullptr) content = &object->at("value");
    if (content->is_null()) return;
    item.text = shown(*content);
  } else {
    // Else a value from elsewhere that happens to look like {file: …} would read a file.
    constexpr std::array<std::string_view, 2> file_fields{"file", "label"};
    if (object != nullptr && !reading.is_rendered && object->contains("file") &&
        holds_only(*object, file_fields))
      return reading.report(
          path,
          "conflicting_fields",
          "`context` holds data, no names of files",
          "move it to `attachments`"
      );
    item.text = shown(value);
  }
  task.context.push_back(std::move(item));
}

/// One word is a name by the rules, and a text in the eyes of who writes it.
void warn_of_name(Fields const& fields, std::string_view text, PromptReference const& reference) {
  bool const is_one_word = reference.kind == PromptKind::stored && reference.name == text &&
                           text.find('/') == std::string_view::npos;
  if (!is_one_word) return;
  auto const shown = shorten(text, 60);
  fields.add(
      "prompt",
      "prompt_is_name",
      "`" + shown + "` is taken as the name of a stored prompt: one word is never the text itself",
      "for the text write prompt: {inline: \"" + shown +
          "\"}; for the name, say which one: " + shown + "@1"
  );
}

}  // namespace

void read_prompt(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* value = fields.find("prompt");
  if (value == nullptr) {
    if (reading.is_rendered && !fields.has("prompt"))
      fields.add("", "missing_field", "the task has no prompt", "add prompt: {inline: \"…\"}");
    return;
  }
  if (auto const* object = value->if_object()) return read_prompt_object(*object, reading, task);
  auto const* text = value->if_string();
  if (text == nullptr)
    return fields.add(
        "prompt",
        "wrong_kind",
        "a prompt is a text or an object, not " + std::string(kind_name(*value)),
        "write prompt: {inline: \"…\"}"
    );
  if (is_inline_prompt(*text)) {
    std::vector<Message> messages;
    messages.push_back(text_message(Role::user, std::string(*text)));
    task.prompt = std::move(messages);
    return;
  }
  auto reference = parse_prompt_reference(*text);
  if (!reference)
    return fields.add(
        "prompt", reference.error().code, reference.error().message, reference.error().hint
    );
  if (!reading.is_rendered) warn_of_name(fields, *text, *reference);
  task.prompt = std::move(*reference);
}

void read_context(Fields const& fields, Reading const& reading, AiTask& task) {
  auto const* value = fields.find("context");
  if (value == nullptr) return;
  // One expression for the whole list, as prepare_ai_fields left it.
  auto const* object = value->if_object();
  bool const is_one_value = reading.is_rendered && object != nullptr && object->contains("each");
  if (is_one_value) value = &object->at("each");
  if (is_one_value && !value->is_array()) {
    json::object form;
    form["value"] = *value;
    return read_item(form, "context", reading, task);
  }
  auto const* list = value->if_array();
  if (list == nullptr) {
    fields.array("context");  // says so
    return;
  }
  if (is_too_long(fields, "context", list->size(), AiTaskLimits::context_items_max)) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    json::object form;
    if (is_one_value) form["value"] = (*list)[i];
    if (is_one_value) {
      read_item(form, element_path("context", i), reading, task);
    } else {
      read_item((*list)[i], element_path("context", i), reading, task);
    }
  }
}

void prepare_ai_fields(json::object& config) {
  if (auto* prompt = config.if_contains("prompt"); prompt != nullptr && prompt->is_string()) {
    if (is_inline_prompt(prompt->get_string())) {
      json::object form;
      form["inline"] = *prompt;
      *prompt = std::move(form);
    }
  }
  if (auto* attachments = config.if_contains("attachments")) prepare_attachments(*attachments);
  auto* context = config.if_contains("context");
  if (context == nullptr) return;
  if (has_expression(*context)) {
    json::object form;
    form["each"] = *context;
    *context = std::move(form);
  } else if (auto* list = context->if_array()) {
    for (json::value& item : *list) {
      if (auto const* object = item.if_object(); object != nullptr && is_context_form(*object))
        continue;
      json::object form;
      form["value"] = item;
      item = std::move(form);
    }
  }
}

}  // namespace ropewalk::ai
