#pragma once
// What a delivery to a hook says: its body, headers and query, as expressions see them. Pure
// functions.

#include "server/http/message.hpp"
#include "server/triggers/hook_spec.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>

namespace ropewalk::server {

struct HookMessage {
  boost::json::value body{};
  boost::json::object headers{};  // names in lower case, without signatures and credentials
  boost::json::object query{};

  /// A field of the body that is a text, or empty.
  std::string field(std::string_view name) const;
  /// A header, or empty. `name` in lower case.
  std::string header(std::string_view name) const;
};

/// JSON, forms (a field `payload` with JSON in it is the body) and text; what begins like JSON and
/// is some, is JSON, whatever it is called. Errors: unsupported_media_type, bad_request, those of
/// parse_json.
Result<HookMessage> read_message(Request const& request);

/// What the scheme's sender asks only to see whether somebody is there.
std::optional<Response> handshake_answer(HookScheme scheme, HookMessage const& message);

/// The sender's kind of the event ("push", "invoice.paid"), for people; empty: it has none.
std::string event_of(HookScheme scheme, HookMessage const& message);

/// The sender's id of the delivery, the same when it is sent again; empty: it has none.
std::string delivery_id_of(HookScheme scheme, HookMessage const& message, Request const& request);

}  // namespace ropewalk::server
