#pragma once
// What was rendered, as messages: cut at the marks that the template made, and nowhere else.
//
// Any thread: plain values.

#include "engine/model/prompt/output.hpp"

#include <vector>

namespace ropewalk::prompt {

/// A stretch of a part's text that an inserted value made.
struct ValueSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  Origin origin{};  // its source is among the part's sources

  /// The expression: "user.name", "json".
  std::string_view name() const;
  TextPlace place() const { return place_of(origin.source->text, origin.offset); }
};

enum class PartKind : unsigned char {
  text,
  media,
  section,
  other,  // of an inserted message: as it was given
};

struct Part {
  PartKind kind = PartKind::text;
  std::string text{};          // the text, the url, or the name of the section
  std::string content_type{};  // of media; may be empty
  json::value other{};
  std::vector<ValueSpan> values{};   // in order
  std::vector<SourcePtr> sources{};  // that the values' places are in
};

struct Message {
  std::string role{};
  std::vector<Part> parts{};
  json::value
      metadata{};  // null when there is none; {"purpose": "history"} where {{history}} put it
};

/// `history`: messages as {role, content: [parts], metadata?}, inserted at {{history}}, or without
/// it before the last message when that is the user's, else at the end. Errors: bad_history.
Result<std::vector<Message>> to_messages(Output const& output, json::array const& history);

/// {"role", "content": [{"text"} | {"media": {"url", "contentType"}} | {"metadata": …}],
/// "metadata"}
json::value to_json(Message const& message);

}  // namespace ropewalk::prompt
