#pragma once
// One HTTP connection, from its first request to its end or its upgrade.
//
// Owner: Front. Requests are answered one after the other, in order: what a client pipelines waits
// in the reader's buffer.

#include "server/http/front.hpp"
#include "server/http/http_reader.hpp"

namespace ropewalk::server {

class HttpSession {
 public:
  HttpSession(Front& front, Socket socket);

  Async<> run();
  /// Ends after the answer that is under way; at once when there is none.
  void finish();

 private:
  /// A request, or nothing when the connection is to end.
  Async<std::optional<Request>> next_request();
  Async<Result<>> read_more();
  /// False when the connection is to end.
  Async<bool> answer(Request request);
  Async<bool> write(Response const& response, bool is_head, bool keep_alive);

  Front& front_;
  Socket socket_;
  HttpReader reader_;
  bool is_idle_ = true;
  bool finishing_ = false;
};

}  // namespace ropewalk::server
