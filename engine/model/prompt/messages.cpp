#include "engine/model/prompt/messages.hpp"

#include "engine/model/prompt/characters.hpp"

#include <algorithm>

namespace ropewalk::prompt {
namespace {

Error bad_history(std::size_t index, std::string message) {
  return Error{
      ErrorClass::permanent,
      "bad_history",
      "message " + std::to_string(index) + " of the history " + std::move(message),
      "a message is {\"role\": \"user\", \"content\": [{\"text\": \"…\"}]}"};
}

Result<Message> read_message(json::value const& given, std::size_t index) {
  auto const* object = given.if_object();
  if (object == nullptr) return bad_history(index, "is no object");
  auto const* role = object->if_contains("role");
  if (role == nullptr || !role->is_string()) return bad_history(index, "has no role");
  auto const* content = object->if_contains("content");
  if (content == nullptr || !content->is_array()) return bad_history(index, "has no content");
  Message message{std::string(role->get_string())};
  for (json::value const& part : content->get_array()) {
    auto const* fields = part.if_object();
    if (fields == nullptr) return bad_history(index, "has a part that is no object");
    auto const* text = fields->size() == 1 ? fields->if_contains("text") : nullptr;
    if (text != nullptr && text->is_string())
      message.parts.push_back({PartKind::text, std::string(text->get_string())});
    else
      message.parts.push_back({PartKind::other, {}, {}, part});
  }
  if (auto const* metadata = object->if_contains("metadata")) message.metadata = *metadata;
  return message;
}

bool is_history(Message const& message) {
  auto const* fields = message.metadata.if_object();
  auto const* purpose = fields != nullptr ? fields->if_contains("purpose") : nullptr;
  return purpose != nullptr && *purpose == "history";
}

class Cutter {
 public:
  Cutter(Output const& output, std::vector<Message> const& history)
      : output_(output), history_(history) {}

  std::vector<Message> run() {
    std::size_t begin = 0;
    std::size_t first = 0;
    std::size_t const count = output_.pieces().size();
    for (std::size_t i = 0; i < count; ++i) {
      Piece const& piece = output_.pieces()[i];
      if (piece.mark < 0) continue;
      add_text(begin, piece.begin, first, i);
      begin = piece.end;
      first = i + 1;
      Mark const& mark = output_.marks()[static_cast<std::size_t>(piece.mark)];
      if (mark.kind == MarkKind::role)
        begin_role(mark.name);
      else if (mark.kind == MarkKind::history)
        insert_history();
      else
        add_part(mark);
    }
    add_text(begin, output_.text().size(), first, count);
    end_message();
    return std::move(messages_);
  }

 private:
  /// The text between two marks, and the values in it. Blank text is left out.
  void add_text(std::size_t begin, std::size_t end, std::size_t first, std::size_t last) {
    std::string_view const text = std::string_view(output_.text()).substr(begin, end - begin);
    if (is_blank(text)) return;
    Part& part = parts_.emplace_back();
    part.text = text;
    part.values.reserve(last - first);
    for (std::size_t i = first; i < last; ++i) {
      Piece const& piece = output_.pieces()[i];
      ValueSpan& span = part.values.emplace_back();
      span.begin = piece.begin - begin;
      span.end = piece.end - begin;
      span.origin.source = piece.origin.source;
      span.origin.offset = piece.origin.offset;
      bool const is_known = std::ranges::any_of(part.sources, [&piece](SourcePtr const& source) {
        return source.get() == piece.origin.source;
      });
      if (!is_known) part.sources.push_back(piece.origin.source->shared_from_this());
    }
  }

  void add_part(Mark const& mark) {
    PartKind const kind = mark.kind == MarkKind::media ? PartKind::media : PartKind::section;
    parts_.push_back({kind, mark.name, mark.content_type});
  }

  void end_message() {
    if (!parts_.empty()) messages_.push_back({role_, std::move(parts_)});
    parts_.clear();
  }

  void begin_role(std::string const& role) {
    end_message();
    role_ = role;
  }

  void insert_history() {
    end_message();
    for (Message message : history_) {
      json::object metadata;
      if (auto const* given = message.metadata.if_object()) metadata = *given;
      metadata["purpose"] = "history";
      message.metadata = std::move(metadata);
      messages_.push_back(std::move(message));
    }
    role_ = "model";
  }

  Output const& output_;
  std::vector<Message> const& history_;
  std::string role_ = "user";
  std::vector<Part> parts_{};
  std::vector<Message> messages_{};
};

json::object to_json(Part const& part) {
  switch (part.kind) {
    case PartKind::text:
      return {{"text", part.text}};
    case PartKind::media: {
      json::object media{{"url", part.text}};
      if (!part.content_type.empty()) media["contentType"] = part.content_type;
      return {{"media", std::move(media)}};
    }
    case PartKind::section:
      return {{"metadata", json::object{{"purpose", part.text}, {"pending", true}}}};
    case PartKind::other:
      return part.other.get_object();
  }
  return {};
}

}  // namespace

std::string_view ValueSpan::name() const {
  std::string_view const rest = std::string_view(origin.source->text).substr(origin.offset);
  std::size_t size = 0;
  bool is_quoted = false;
  for (; size < rest.size(); ++size) {
    if (rest[size] == '[' || rest[size] == ']') is_quoted = rest[size] == '[';
    bool const ends = rest[size] == '}' || rest[size] == '~' || rest[size] == ')' ||
                      blank_size(rest.substr(size)) > 0;
    if (ends && !is_quoted) break;
  }
  return rest.substr(0, size);
}

Result<std::vector<Message>> to_messages(Output const& output, json::array const& history) {
  std::vector<Message> given;
  for (std::size_t i = 0; i < history.size(); ++i) {
    TRY(Message message, read_message(history[i], i));
    given.push_back(std::move(message));
  }
  std::vector<Message> messages = Cutter(output, given).run();
  if (std::ranges::any_of(messages, is_history)) return messages;
  bool const goes_before_last = !messages.empty() && messages.back().role == "user";
  messages.insert(
      messages.end() - (goes_before_last ? 1 : 0),
      std::make_move_iterator(given.begin()),
      std::make_move_iterator(given.end())
  );
  return messages;
}

json::value to_json(Message const& message) {
  json::array content;
  for (Part const& part : message.parts) content.emplace_back(to_json(part));
  json::object out{{"role", message.role}, {"content", std::move(content)}};
  if (!message.metadata.is_null()) out["metadata"] = message.metadata;
  return out;
}

}  // namespace ropewalk::prompt
