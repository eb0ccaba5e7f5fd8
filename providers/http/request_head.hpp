#pragma once
// The bytes that a request begins with.
//
// Any thread: pure functions.

#include "providers/http/http_client.hpp"
#include "providers/http/http_url.hpp"
#include "providers/http/proxy.hpp"

#include <optional>

namespace ropewalk::http {

/// Errors: invalid_request (permanent): a method or header that would break the message.
Result<std::string> write_head(
    HttpRequest const& request,
    HttpUrl const& url,
    std::optional<ProxyAddress> const& proxy,
    std::string const& user_agent
);

/// The request that asks `proxy` for a tunnel to where `url` points.
std::string write_connect(HttpUrl const& url, ProxyAddress const& proxy);

/// Doing it twice is as good as doing it once: its method says so, or an Idempotency-Key.
bool is_repeatable(HttpRequest const& request);

}  // namespace ropewalk::http
