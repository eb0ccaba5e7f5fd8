#include "server/shard_http.hpp"

namespace ropewalk::server {
namespace {

http::AddressGuard guard_of(Config const& config) {
  auto guard = http::AddressGuard::make(config.http_allow);
  ROPEWALK_CHECK(guard.has_value());  // it was checked when the configuration was read
  return std::move(*guard);
}

}  // namespace

ShardHttp::ShardHttp(Parts const& parts)
    : client_(parts.executor, parts.node.http()),
      guard_(guard_of(parts.config)),
      files_(parts.blocking),
      tokens_(parts.executor),
      runner_(http_parts(parts)) {}

http::HttpParts ShardHttp::http_parts(Parts const& parts) {
  return http::HttpParts{
      parts.clock,
      client_,
      guard_,
      files_,
      parts.secrets,
      tokens_,
      static_cast<std::size_t>(parts.config.limits.output_bytes)};
}

}  // namespace ropewalk::server
