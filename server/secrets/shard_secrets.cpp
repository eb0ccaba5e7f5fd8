#include "server/secrets/shard_secrets.hpp"

#include "engine/base/text.hpp"
#include "engine/base/time.hpp"
#include "server/observe/log.hpp"

#include <utility>
#include <vector>

namespace ropewalk::server {
namespace {

namespace json = boost::json;

Error permanent(std::string code, std::string message, std::string hint) {
  return {ErrorClass::permanent, std::move(code), std::move(message), std::move(hint), nullptr};
}

Error is_configured(std::string const& name) {
  return permanent(
      "secret_configured",
      "the secret \"" + name + "\" is one of the server's configuration",
      "change it there, or remove it from the section secrets first"
  );
}

Result<> check_new(std::string const& name, std::string const& value) {
  if (!is_identifier(name))
    return permanent(
        "invalid_secret",
        "\"" + shorten(name, 60) + "\" cannot be the name of a secret",
        "letters, digits, _ and -, beginning with a letter or _; at most 128"
    );
  std::string const bounds = std::to_string(SecretMask::bytes_min) + " to " +
                             std::to_string(ShardSecrets::value_bytes_max);
  bool const fits =
      value.size() >= SecretMask::bytes_min && value.size() <= ShardSecrets::value_bytes_max;
  if (!fits || value.find('\0') != value.npos)
    return permanent(
        "invalid_secret",
        "the value of a secret has " + bounds + " bytes, and no NUL among them",
        "shorter ones could not be kept out of logs: they stand in every text"
    );
  return {};
}

json::object view_of(sql::SealedSecret const& secret) {
  return {
      {"name", secret.name},
      {"source", "store"},
      {"updatedAt", format_instant(secret.updated_at)},
      {"keyId", secret.key_id}};
}

}  // namespace

Async<Result<SecretKey>> ShardSecrets::current_key() {
  auto work = [&keys = node_.keys()] { return keys.current(); };
  auto finding = blocking_.run(work);
  co_return co_await std::move(finding);
}

Async<Result<std::string>> ShardSecrets::open(sql::SealedSecret secret) {
  auto work = [&keys = node_.keys(), id = secret.key_id] { return keys.find(id); };
  auto finding = blocking_.run(std::move(work));
  auto const key = co_await std::move(finding);
  if (!key) {
    auto error = key.error();
    error.message = "the secret \"" + secret.name + "\" cannot be read: " + error.message;
    co_return error;
  }
  co_return open_secret(*key, {secret.name, secret.version}, secret.sealed);
}

Async<Result<std::string>> ShardSecrets::stored(std::string name) {
  auto asking = store_.get(name);
  auto found = co_await std::move(asking);
  if (!found) co_return found.error();
  if (!*found) co_return configured_.unknown(name);
  auto opening = open(std::move(**found));
  co_return co_await std::move(opening);
}

Async<Result<std::string>> ShardSecrets::secret(std::string name) {
  Async<Result<std::string>> asking =
      configured_.has(name) ? configured_.secret(name) : stored(name);
  auto value = co_await std::move(asking);
  if (value) node_.note(name, *value);
  co_return value;
}

Async<> ShardSecrets::learn() {
  std::vector<std::string> names;
  for (auto const& [name, place] : node_.places()) names.push_back(name);
  auto asking = store_.list(secrets_max);
  auto const rows = co_await std::move(asking);
  std::map<std::string, std::string> values;
  auto const keep = [&values](std::string const& name, Result<std::string> const& value) {
    if (value) {
      values.emplace(name, *value);
      return;
    }
    log::Fields fields;
    fields["secret"] = name;
    fields["error"] = value.error().message;
    log::warn("a secret cannot be read", fields);
  };
  for (auto const& name : names) {
    auto reading = configured_.secret(name);
    auto const value = co_await std::move(reading);
    keep(name, value);
  }
  if (rows) {
    for (auto const& row : *rows) {
      auto opening = open(row);
      auto const value = co_await std::move(opening);
      keep(row.name, value);
    }
  }
  node_.note_all(values);
}

Async<Result<json::object>> ShardSecrets::put(std::string name, std::string value) {
  if (auto const fits = check_new(name, value); !fits) co_return fits.error();
  if (configured_.has(name)) co_return is_configured(name);
  node_.note(name, value);
  auto listing = store_.list(secrets_max);
  auto const rows = co_await std::move(listing);
  if (!rows) co_return rows.error();
  bool is_known = false;
  for (auto const& row : *rows) is_known = is_known || row.name == name;
  if (!is_known && rows->size() >= secrets_max)
    co_return permanent(
        "too_many_secrets",
        "there are " + std::to_string(secrets_max) + " secrets in the database already",
        "remove some: ropewalk secret rm NAME"
    );
  auto finding = current_key();
  auto const key = co_await std::move(finding);
  if (!key) co_return key.error();
  auto counting = store_.next_version();
  auto const version = co_await std::move(counting);
  if (!version) co_return version.error();
  sql::SealedSecret secret;
  secret.name = name;
  secret.version = *version;
  secret.key_id = key->id();
  secret.sealed = seal_secret(*key, {name, *version}, value);
  auto putting = store_.put(std::move(secret));
  auto const done = co_await std::move(putting);
  if (!done) co_return done.error();
  auto asking = store_.get(name);
  auto const row = co_await std::move(asking);
  if (!row) co_return row.error();
  if (!*row) co_return json::object{{"name", name}, {"source", "store"}};  // removed meanwhile
  co_return view_of(**row);
}

Async<Result<json::array>> ShardSecrets::list() {
  json::array out;
  for (auto const& [name, place] : node_.places())
    out.push_back(json::object{{"name", name}, {"source", place.env.empty() ? "file" : "env"}});
  auto asking = store_.list(secrets_max);
  auto const rows = co_await std::move(asking);
  if (!rows) co_return rows.error();
  for (auto const& row : *rows) {
    auto view = view_of(row);
    if (configured_.has(row.name)) view["hidden"] = true;  // by the one of the configuration
    out.push_back(std::move(view));
  }
  co_return out;
}

Async<Result<>> ShardSecrets::remove(std::string name) {
  auto removing = store_.remove(name);
  auto const was_there = co_await std::move(removing);
  if (!was_there) co_return was_there.error();
  if (*was_there) co_return Result<>();
  if (configured_.has(name)) co_return is_configured(name);
  co_return permanent(
      "not_found", "there is no secret \"" + name + "\" in the database", "ropewalk secret list"
  );
}

Async<Result<json::object>> ShardSecrets::rotate() {
  auto work = [&keys = node_.keys()] { return keys.rotate(); };
  auto making = blocking_.run(work);
  auto const key = co_await std::move(making);
  if (!key) co_return key.error();
  auto listing = store_.list(secrets_max);
  auto const rows = co_await std::move(listing);
  if (!rows) co_return rows.error();
  std::int64_t rotated = 0;
  json::array failed;
  for (auto row : *rows) {
    auto opening = open(row);
    auto const value = co_await std::move(opening);
    if (!value) {
      failed.push_back(json::object{{"name", row.name}, {"code", value.error().code}});
      continue;
    }
    row.key_id = key->id();
    row.sealed = seal_secret(*key, {row.name, row.version}, *value);
    auto writing = store_.reseal(row);
    auto const done = co_await std::move(writing);
    if (!done) co_return done.error();
    if (*done) ++rotated;  // else it was set anew meanwhile, with the new key
  }
  co_return json::object{{"keyId", key->id()}, {"rotated", rotated}, {"failed", std::move(failed)}};
}

}  // namespace ropewalk::server
