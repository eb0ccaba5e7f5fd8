#include "sql/secret_store.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement select_secret{
    "select_secret",
    "SELECT name, version, key_id, sealed, updated_at FROM secrets WHERE name = $1"};
constexpr Statement select_secrets{
    "select_secrets",
    "SELECT name, version, key_id, sealed, updated_at FROM secrets ORDER BY name LIMIT "
    "$1::integer"};
constexpr Statement next_secret_version{"next_secret_version", "SELECT nextval('secret_versions')"};
constexpr Statement upsert_secret{
    "upsert_secret",
    "INSERT INTO secrets (name, version, key_id, sealed) VALUES ($1, $2::bigint, $3, $4)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version, key_id = excluded.key_id,"
    " sealed = excluded.sealed, updated_at = now() WHERE secrets.version < excluded.version"};
constexpr Statement reseal_secret{
    "reseal_secret",
    "UPDATE secrets SET key_id = $3, sealed = $4 WHERE name = $1 AND version = $2::bigint"};
constexpr Statement delete_secret{"delete_secret", "DELETE FROM secrets WHERE name = $1"};

SealedSecret read_secret(Rows const& rows, std::size_t row) {
  SealedSecret out;
  out.name = rows.string(row, 0);
  out.version = rows.integer(row, 1);
  out.key_id = rows.string(row, 2);
  out.sealed = rows.string(row, 3);
  out.updated_at = rows.at(row, 4).value_or(Instant{});
  return out;
}

Params params_of(SealedSecret const& secret) {
  Params out;
  out.text(secret.name).int8(secret.version).text(secret.key_id).text(secret.sealed);
  return out;
}

}  // namespace

Async<Result<std::optional<SealedSecret>>> SecretStore::get(std::string name) {
  Params params;
  params.text(name);
  CO_TRY(auto const rows, co_await pool_.run(select_secret, std::move(params)));
  if (rows.empty()) co_return std::optional<SealedSecret>();
  co_return std::optional<SealedSecret>(read_secret(rows, 0));
}

Async<Result<std::vector<SealedSecret>>> SecretStore::list(std::int32_t limit) {
  Params params;
  params.int4(limit);
  CO_TRY(auto const rows, co_await pool_.run(select_secrets, std::move(params)));
  std::vector<SealedSecret> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_secret(rows, i));
  co_return out;
}

Async<Result<std::int64_t>> SecretStore::next_version() {
  CO_TRY(auto const rows, co_await pool_.run(next_secret_version));
  co_return rows.integer(0, 0);
}

Async<Result<>> SecretStore::put(SealedSecret secret) {
  auto params = params_of(secret);
  auto const done = co_await pool_.run(upsert_secret, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

Async<Result<bool>> SecretStore::reseal(SealedSecret secret) {
  auto params = params_of(secret);
  CO_TRY(auto const rows, co_await pool_.run(reseal_secret, std::move(params)));
  co_return rows.affected() > 0;
}

Async<Result<bool>> SecretStore::remove(std::string name) {
  Params params;
  params.text(name);
  CO_TRY(auto const rows, co_await pool_.run(delete_secret, std::move(params)));
  co_return rows.affected() > 0;
}

}  // namespace ropewalk::sql
