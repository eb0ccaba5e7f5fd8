#include "sql/conversations.hpp"

#include "sql/text_key.hpp"

#include <algorithm>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement select_turns{
    "select_turns",
    "SELECT body FROM (SELECT number, body FROM conversation_turns WHERE conversation = $1"
    " AND turn_id <> $3 ORDER BY number DESC LIMIT $2::integer) latest ORDER BY number"};
constexpr Statement insert_turn{
    "insert_turn",
    "INSERT INTO conversation_turns (conversation, turn_id, body) VALUES ($1, $2, $3)"
    " ON CONFLICT (conversation, turn_id) DO UPDATE SET body = excluded.body"};

}  // namespace

Async<Result<std::vector<std::string>>> PostgresConversations::load(
    std::string key, std::int32_t turns_max, std::string turn_id
) {
  Params params;
  params.text(text_key(key)).int4(std::max(turns_max, 0)).text(text_key(turn_id));
  CO_TRY(auto const rows, co_await pool_.run(select_turns, std::move(params)));
  std::vector<std::string> turns;
  turns.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) turns.push_back(rows.string(i, 0));
  co_return turns;
}

Async<Result<>> PostgresConversations::append(
    std::string key, std::string turn_id, std::string turn
) {
  Params params;
  params.text(text_key(key)).text(text_key(turn_id)).text(turn);
  auto const done = co_await pool_.run(insert_turn, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

}  // namespace ropewalk::sql
