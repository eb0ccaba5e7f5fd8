#pragma once
// Where an answer sends the request on to, and what of it goes along.
//
// Any thread: pure functions.

#include "providers/http/http_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::http {

/// 301, 302, 303, 307 or 308.
bool is_redirect(unsigned status);

/// The URL that `reference` means on a page at `base`; without a user in it. Errors:
/// malformed_response (transient).
Result<std::string> resolve_url(std::string_view base, std::string_view reference);

/// Scheme, host and port are the same. False when one of them is no URL.
bool is_same_origin(std::string_view one, std::string_view other);

/// Turns `request` into the one that follows. 303 becomes GET (HEAD stays), so does POST on 301 and
/// 302; a body that is not sent again takes its headers along. To another origin none of the
/// headers in `sensitive` go, nor Authorization and Cookie. Errors: redirect_refused (permanent):
/// from https to http, unless `allows_downgrade`; malformed_response.
Result<> follow_redirect(
    HttpRequest& request,
    unsigned status,
    HttpHeaders const& answer,
    std::vector<std::string> const& sensitive,
    bool allows_downgrade
);

/// The URL of a Link header with rel="next" (RFC 8288); empty when there is none.
std::string next_link(HttpHeaders const& headers);

/// The same text in any case.
bool is_same_name(std::string_view one, std::string_view other);

/// Takes every header of this name away.
void remove_header(HttpHeaders& headers, std::string_view name);

}  // namespace ropewalk::http
