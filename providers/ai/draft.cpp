#include "providers/ai/draft.hpp"

#include "providers/ai/data_frame.hpp"

#include <algorithm>
#include <iterator>

namespace ropewalk::ai {
namespace {

DraftMessage context_message(ContextItem const& item, std::size_t number, std::string const& word) {
  DataFrame frame = frame_data(item.label, item.text, word, "context " + std::to_string(number));
  DraftMessage out;
  out.origin = Origin::context;
  out.label = std::move(frame.label);
  out.head_bytes = frame.head_bytes;
  out.tail_bytes = frame.tail_bytes;
  out.message = text_message(Role::user, std::move(frame.text));
  return out;
}

DraftMessage draft_message(Message message, Origin origin) {
  DraftMessage out;
  out.message = std::move(message);
  out.origin = origin;
  return out;
}

bool is_from_user(DraftMessage const& entry) {
  return entry.origin == Origin::prompt && entry.message.role == Role::user;
}

}  // namespace

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::system:
      return "system";
    case Origin::history:
      return "history";
    case Origin::context:
      return "context";
    case Origin::prompt:
      return "prompt";
    case Origin::exchange:
      return "exchange";
  }
  return "";
}

Result<std::vector<DraftMessage>> build_draft(AiTask const& task, DraftParts parts) {
  if (auto const* own = std::get_if<std::vector<Message>>(&task.prompt);
      own && parts.prompt.empty())
    parts.prompt = *own;
  std::vector<DraftMessage> draft;
  std::vector<DraftMessage> asked;
  if (!task.system.empty())
    draft.push_back(draft_message(text_message(Role::system, task.system), Origin::system));
  for (Message& message : parts.prompt) {
    bool const is_system = message.role == Role::system;
    auto& place = is_system ? draft : asked;
    place.push_back(draft_message(std::move(message), is_system ? Origin::system : Origin::prompt));
  }
  if (!parts.instructions.empty())
    draft.push_back(
        draft_message(text_message(Role::system, std::move(parts.instructions)), Origin::system)
    );
  for (Message& message : parts.history)
    draft.push_back(draft_message(std::move(message), Origin::history));
  std::vector<std::string_view> data;
  data.reserve(task.context.size());
  for (ContextItem const& item : task.context) data.emplace_back(item.text);
  std::string const word = frame_word(data);
  for (std::size_t i = 0; i < task.context.size(); ++i)
    draft.push_back(context_message(task.context[i], i + 1, word));
  auto const last = std::find_if(asked.rbegin(), asked.rend(), is_from_user);
  if (last == asked.rend())
    return Error{
        .code = "invalid_prompt",
        .message = "the prompt has no message of the user",
        .hint = "add a message of the role user"};
  std::ranges::move(parts.attachments, std::back_inserter(last->message.parts));
  std::ranges::move(asked, std::back_inserter(draft));
  return draft;
}

std::vector<Message> messages_of(std::vector<DraftMessage> const& draft) {
  std::vector<Message> out;
  out.reserve(draft.size());
  for (DraftMessage const& entry : draft) out.push_back(entry.message);
  return out;
}

}  // namespace ropewalk::ai
