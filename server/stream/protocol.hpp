#pragma once
// The messages of /v1/stream (ropewalk.v1): what a client may say, read strictly, and what it is
// answered.
//
// No I/O: text in, values out.

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "server/stream/event_batch.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace ropewalk::server {

struct SubscribeMessage {
  ExecutionId execution{};
  std::uint64_t after = 0;
  EventKinds kinds = kinds_all;
};
struct SubscribeAllMessage {};
struct UnsubscribeMessage {
  std::string subscription{};
};
/// The fields of POST /v1/executions beside "type" and "id".
struct RunMessage {
  boost::json::object request{};
};
struct CancelMessage {
  ExecutionId execution{};
};
struct PingMessage {};

struct ClientMessage {
  std::string id{};  // given back in the answer; empty when the message had none
  std::variant<
      PingMessage,
      SubscribeMessage,
      SubscribeAllMessage,
      UnsubscribeMessage,
      RunMessage,
      CancelMessage>
      body{};
};

struct ReadMessage {
  ClientMessage message{};
  Error error{};  // code empty: none. message.id is filled in as far as it could be read
};

ReadMessage read_message(std::string_view text);

/// {"type":type,"id":id} (no id when empty), to be added to.
boost::json::object answer(std::string_view type, std::string_view id);
/// {"type":"error","id","code","message","hint"?,"errors"?}
std::string error_answer(std::string_view id, Error const& error);

}  // namespace ropewalk::server
