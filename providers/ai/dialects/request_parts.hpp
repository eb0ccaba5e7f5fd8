#pragma once
// What the requests of all dialects are made of.
//
// Pure.

#include "providers/ai/dialect.hpp"
#include "providers/ai/dialects/call_context.hpp"

#include <boost/json/object.hpp>

namespace ropewalk::ai {

/// Where the request goes: `base` (the configured one, else the type's) with `path` behind it. A
/// version that stands at the end of both is written once.
std::string join_url(std::string_view base, std::string_view version, std::string_view path);
/// Everything but letters, digits and "-._~/" as %XX.
std::string percent_encoded(std::string_view text);

/// Merges `extra` into the body and adds the headers that all requests have. A configured header
/// replaces ours. Errors: invalid_request (a header that cannot be sent).
Result<WireRequest> make_request(
    ProviderSettings const& provider,
    ChatRequest const& chat,
    std::string url,
    HttpHeaders own_headers,
    json::object body
);

/// Errors: unsupported when a turn holds what nobody takes there (an image in an answer, say).
Result<> check_parts(CallContext const& context, ChatRequest const& chat);

bool has_only_text(Message const& message);
/// "data:image/png;base64,…", or the image's own address.
std::string image_address(ImagePart const& image);
/// Arguments as an object: what the model wrote, if it is one.
json::object arguments_object(std::string_view text);

/// Whether OpenAI's strict mode takes the schema: every object closed, every property required.
bool is_strict_schema(json::object const& schema);
/// Whether every object lists its properties and allows no others, or could without losing its
/// meaning.
bool is_closable_schema(json::object const& schema);
/// REQUIRES: is_closable_schema. The schema without what Anthropic does not take: objects are
/// closed, bounds are left out. What conforms to it may still break a bound; whoever asked checks
/// that.
json::object closed_schema(json::object const& schema);

}  // namespace ropewalk::ai
