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
    for (Piece const& piece : output_.pieces()) {
      if (piece.mark < 0) {
        add_text(piece);
        continue;
      }
      Mark const& mark = output_.marks()[static_cast<std::size_t>(piece.mark)];
      if (mark.kind == MarkKind::role)
        begin_role(mark.name);
      else if (mark.kind == MarkKind::history)
        insert_history();
      else
        add_part(mark);
    }
    end_message();
    return std::move(messages_);
  }

 private:
  void add_text(Piece const& piece) {
    if (parts_.empty() || parts_.back().kind != PartKind::text) parts_.emplace_back();
    Part& part = parts_.back();
    std::size_t const begin = part.text.size();
    part.text.append(output_.text(), piece.begin, piece.end - piece.begin);
    Origin const& origin = piece.origin;
    if (origin.source == nullptr) return;
    part.values.push_back(
        {begin,
         part.text.size(),
         std::string(origin.name),
         origin.source->shared_from_this(),
         origin.offset}
    );
  }

  void add_part(Mark const& mark) {
    PartKind const kind = mark.kind == MarkKind::media ? PartKind::media : PartKind::section;
    parts_.push_back({kind, mark.name, mark.content_type});
  }

  /// Blank text alone is nothing; blank text beside other parts is left out.
  void end_message() {
    std::erase_if(parts_, [](Part const& part) {
      return part.kind == PartKind::text && is_blank(part.text);
    });
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
