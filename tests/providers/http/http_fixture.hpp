#pragma once
// Asking a client one question, or several, from a test.

#include "engine/async/async_scope.hpp"
#include "providers/http/http_client.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/providers/support/scripted_server.hpp"

#include <functional>
#include <string>

namespace ropewalk::test {

/// What came of one request.
struct Answer {
  Error error{};  // its code is empty when all went well
  unsigned status = 0;
  HttpHeaders headers{};
  std::string body{};
};

/// Sends `request` and reads the whole answer.
Async<> fetch(HttpClient& client, HttpRequest request, Answer& into);

/// The same with a client of its own, which is gone afterwards.
Answer ask(HttpRequest const& request, HttpClientOptions const& options = {});
HttpRequest get(std::string url);

/// Runs `body` with a client, in a scope that is joined.
using ClientBody = std::function<Async<>(HttpClient& client, AsyncScope& scope)>;
void with_client(HttpClientOptions const& options, ClientBody const& body);

/// Descriptors that this process has open.
std::size_t descriptors_count();

/// A listener whose queue is full: who connects to it gets no answer.
class FullListener {
 public:
  FullListener();
  FullListener(FullListener const&) = delete;
  FullListener& operator=(FullListener const&) = delete;
  ~FullListener();

  std::uint16_t port() const { return port_; }

 private:
  int listener_ = -1;
  std::vector<int> fillers_;
  std::uint16_t port_ = 0;
};

/// A script that reads one request and answers with these bytes, then closes.
ScriptedServer::Script reply_once(std::string bytes);

}  // namespace ropewalk::test
