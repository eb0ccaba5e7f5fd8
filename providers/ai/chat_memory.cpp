#include "providers/ai/chat_memory.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/chat_json.hpp"

#include <iterator>
#include <utility>

namespace ropewalk::ai {
namespace {

constexpr JsonLimits record_limits{64 * 1024 * 1024, 64, 5'000'000};

}  // namespace

Async<Result<std::optional<ChatAnswer>>> cached_answer(ResponseCache& cache, std::string key) {
  CO_TRY(auto const text, co_await cache.get(std::move(key)));
  if (!text) co_return std::optional<ChatAnswer>();
  CO_TRY(auto const document, parse_json(*text, record_limits));
  CO_TRY(auto answer, answer_from_json(document));
  co_return std::optional<ChatAnswer>(std::move(answer));
}

Async<Result<>> cache_answer(
    ResponseCache& cache, std::string key, ChatAnswer answer, Duration ttl
) {
  std::string text = to_text(to_json(answer));
  co_return co_await cache.put(std::move(key), std::move(text), ttl);
}

Async<Result<std::vector<Message>>> load_turns(
    ConversationStore& store, std::string key, std::int32_t turns_max, std::string turn_id
) {
  CO_TRY(auto const turns, co_await store.load(std::move(key), turns_max, std::move(turn_id)));
  std::vector<Message> out;
  for (auto const& turn : turns) {
    CO_TRY(auto const document, parse_json(turn, record_limits));
    CO_TRY(auto messages, messages_from_json(document));
    std::move(messages.begin(), messages.end(), std::back_inserter(out));
  }
  co_return out;
}

Async<Result<>> append_turn(
    ConversationStore& store, std::string key, std::string turn_id, std::vector<Message> messages
) {
  std::string text = to_text(to_json(messages));
  co_return co_await store.append(std::move(key), std::move(turn_id), std::move(text));
}

}  // namespace ropewalk::ai
