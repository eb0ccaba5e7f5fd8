#pragma once
// One HTTP connection, from its first request to its end or its upgrade.
//
// Owner: Front. Requests are answered one after the other, in order: what a client pipelines waits
// in the reader's buffer.

#include "engine/async/async_scope.hpp"
#include "server/http/body_stream.hpp"
#include "server/http/front.hpp"
#include "server/http/http_reader.hpp"

namespace ropewalk::server {

class HttpSession {
 public:
  HttpSession(Front& front, Socket socket);
  ~HttpSession();
  HttpSession(HttpSession const&) = delete;
  HttpSession& operator=(HttpSession const&) = delete;

  Async<> run();
  /// Ends after the answer that is under way; at once when there is none.
  void finish();

 private:
  /// Counts the body that is being read among all of the node; false when there are too many.
  bool take_body_bytes();
  void give_back_body_bytes();
  /// A request, or nothing when the connection is to end.
  Async<std::optional<Request>> next_request();
  Async<Result<>> read_more();
  /// False when the connection is to end.
  Async<bool> answer(Request request);
  /// Sends a body as it is made, until it ends, the client goes, or finish() is called.
  Async<> write_stream(BodyStream& body);
  Async<> stream_loop(BodyStream& body, AsyncScope& loops);
  Async<> watch_client(AsyncScope& loops);
  Async<bool> write(Response const& response, bool is_head, bool keep_alive);

  Front& front_;
  Socket socket_;
  HttpReader reader_;
  std::size_t body_bytes_ = 0;  // that are counted in the node's sum
  AsyncScope* streaming_ = nullptr;  // set while a body is streamed
  bool is_idle_ = true;
  bool finishing_ = false;
};

}  // namespace ropewalk::server
