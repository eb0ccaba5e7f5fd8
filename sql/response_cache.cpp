#include "sql/response_cache.hpp"

#include "sql/text_key.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement select_response{
    "select_response", "SELECT body FROM response_cache WHERE key = $1 AND expires_at > now()"};
constexpr Statement upsert_response{
    "upsert_response",
    "INSERT INTO response_cache (key, body, expires_at)"
    " VALUES ($1, $2, now() + $3::bigint * interval '1 microsecond')"
    " ON CONFLICT (key) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at"};

}  // namespace

Async<Result<std::optional<std::string>>> PostgresResponseCache::get(std::string key) {
  Params params;
  params.text(text_key(key));
  CO_TRY(auto const rows, co_await pool_.run(select_response, std::move(params)));
  if (rows.empty()) co_return std::optional<std::string>();
  co_return std::optional<std::string>(rows.string(0, 0));
}

Async<Result<>> PostgresResponseCache::put(std::string key, std::string value, Duration ttl) {
  ROPEWALK_CHECK(ttl > Duration());
  Params params;
  params.text(text_key(key)).text(value).int8(ttl.count());
  auto const done = co_await pool_.run(upsert_response, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

}  // namespace ropewalk::sql
