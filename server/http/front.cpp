#include "server/http/front.hpp"

#include "engine/async/deadline.hpp"
#include "server/http/http_session.hpp"
#include "server/observe/log.hpp"

#include <boost/asio/ip/v6_only.hpp>

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr std::string_view refused_text =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: "
    "close\r\n\r\n";

bool is_shortage(boost::system::error_code ec) {
  return ec == asio::error::no_descriptors || ec == asio::error::no_memory ||
         ec == asio::error::no_buffer_space ||
         ec == boost::system::errc::too_many_files_open_in_system;
}

}  // namespace

Front::Front(Executor executor, FrontParts parts)
    : executor_(executor), parts_(parts), scope_(executor) {}

Front::~Front() = default;

void Front::add(Acceptor acceptor) {
  acceptors_.push_back(std::move(acceptor));
}

Async<> Front::run() {
  for (auto& acceptor : acceptors_) scope_.spawn(accept_loop(acceptor));
  co_await scope_.join();
}

void Front::stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  for (auto& acceptor : acceptors_) acceptor.close(ignored);
  for (auto* session : sessions_) session->finish();
}

Async<> Front::accept_loop(Acceptor& acceptor) {
  while (!stopping_) {
    auto [ec, socket] = co_await acceptor.async_accept(use_tuple);
    if (stopping_) break;
    if (ec) {
      // Out of descriptors: those who wait in the kernel's queue get their turn when some are free
      // again.
      if (is_shortage(ec)) co_await sleep_for(std::chrono::milliseconds(50));
      continue;
    }
    if (parts_.connections.open.load() >= parts_.limits.connections) {
      boost::system::error_code ignored;
      socket.non_blocking(true, ignored);
      auto const text = asio::buffer(refused_text.data(), refused_text.size());
      socket.write_some(text, ignored);
      continue;
    }
    auto session = serve(std::move(socket));
    scope_.spawn(std::move(session));
  }
}

Async<> Front::serve(Socket socket) {
  struct Entry {
    Front& front;
    std::list<HttpSession*>::iterator place;
    Entry(Front& owner, HttpSession& session)
        : front(owner), place(owner.sessions_.insert(owner.sessions_.end(), &session)) {
      ++front.parts_.connections.open;
    }
    Entry(Entry const&) = delete;
    ~Entry() {
      front.sessions_.erase(place);
      --front.parts_.connections.open;
    }
  };
  boost::system::error_code ignored;
  asio::ip::tcp::no_delay const no_delay(true);
  socket.set_option(no_delay, ignored);  // means nothing to a Unix socket
  HttpSession session(*this, std::move(socket));
  Entry const entry(*this, session);
  try {
    co_await session.run();
  } catch (boost::system::system_error const& fault) {
    // One connection's trouble is its own: only a cancellation of everything goes on from here.
    if (fault.code() == asio::error::operation_aborted) throw;
  } catch (std::exception const& fault) {
    log::Fields fields;
    fields["error"] = fault.what();
    log::error("a connection failed", fields);
  }
}

}  // namespace ropewalk::server
