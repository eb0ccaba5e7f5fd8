#include "server/stream/stream_server.hpp"

#include "server/http/problem_response.hpp"

namespace ropewalk::server {
namespace {

constexpr std::string_view subprotocol = "ropewalk.v1";

Response refused(std::string code, std::string message) {
  Error error;
  error.code = std::move(code);
  error.message = std::move(message);
  auto out = problem_response(error);
  if (out.status == 426) out.headers.push_back(Header{"Sec-WebSocket-Version", "13"});
  return out;
}

}  // namespace

Response StreamServer::handshake(Request const& request) {
  auto const path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path != "/v1/stream") return refused("not_found", "the WebSocket is at /v1/stream");
  if (closing_code_ != 0) return refused("shutting_down", "the server is stopping");
  if (request.header("Sec-WebSocket-Version") != "13")
    return refused("upgrade_required", "WebSocket version 13 is spoken here");
  auto const key = request.header("Sec-WebSocket-Key");
  if (!is_handshake_key(key) || request.header_count("Sec-WebSocket-Key") != 1)
    return refused("bad_request", "Sec-WebSocket-Key is not 16 bytes in base64");
  Response out;
  out.status = 101;
  out.headers.push_back(Header{"Upgrade", "websocket"});
  out.headers.push_back(Header{"Connection", "Upgrade"});
  out.headers.push_back(Header{"Sec-WebSocket-Accept", accept_key(key)});
  if (list_has(request.header("Sec-WebSocket-Protocol"), subprotocol))
    out.headers.push_back(Header{"Sec-WebSocket-Protocol", std::string(subprotocol)});
  return out;
}

Async<> StreamServer::serve(Socket& socket, std::string first_bytes) {
  struct Entry {
    std::list<StreamSession*>& all;
    std::list<StreamSession*>::iterator place;
    Entry(std::list<StreamSession*>& sessions, StreamSession& session)
        : all(sessions), place(sessions.insert(sessions.end(), &session)) {}
    Entry(Entry const&) = delete;
    ~Entry() { all.erase(place); }
  };
  StreamSession session(executor_, socket, parts_);
  Entry const entry(sessions_, session);
  if (closing_code_ != 0) session.close(closing_code_, closing_reason_);
  co_await session.run(std::move(first_bytes));
}

void StreamServer::close_all(std::uint16_t code, std::string reason) {
  closing_code_ = code;
  closing_reason_ = reason;
  for (auto* session : sessions_) session->close(code, reason);
}

}  // namespace ropewalk::server
