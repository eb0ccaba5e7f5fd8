#include "server/http/http_session.hpp"

#include "server/http/problem_response.hpp"

namespace ropewalk::server {
namespace {

bool asks_for_websocket(Request const& request) {
  return request.method == Method::get && list_has(request.header("Connection"), "upgrade") &&
         list_has(request.header("Upgrade"), "websocket");
}

Response timed_out() {
  Error error;
  error.code = "request_timeout";
  error.message = "the request did not arrive in time";
  auto out = problem_response(error);
  out.close = true;
  return out;
}

Response too_many_bodies() {
  Error error;
  error.code = "overloaded";
  error.message = "too many large requests are being read";
  error.hint = "try again in a moment, or raise limits.bodiesBytes";
  auto out = problem_response(error);
  out.close = true;
  return out;
}

}  // namespace

HttpSession::HttpSession(Front& front, Socket socket)
    : front_(front),
      socket_(std::move(socket)),
      reader_(front.parts_.limits.header_bytes, front.parts_.limits.request_bytes) {}

HttpSession::~HttpSession() {
  give_back_body_bytes();
}

bool HttpSession::take_body_bytes() {
  constexpr std::size_t bytes_free = 64 * 1024;  // that much every connection may have
  auto const bytes = reader_.body_bytes();
  if (bytes <= bytes_free || bytes <= body_bytes_) return true;
  auto const more = bytes - body_bytes_;
  auto& sum = front_.parts_.connections.body_bytes;
  if (sum.fetch_add(more) + more > front_.parts_.limits.bodies_bytes) {
    sum -= more;
    return false;
  }
  body_bytes_ = bytes;
  return true;
}

void HttpSession::give_back_body_bytes() {
  front_.parts_.connections.body_bytes -= std::exchange(body_bytes_, 0);
}

void HttpSession::finish() {
  finishing_ = true;
  boost::system::error_code ignored;
  if (is_idle_) socket_.cancel(ignored);
  if (streaming_ != nullptr) streaming_->cancel();
}

Async<> HttpSession::run() {
  while (!finishing_) {
    auto request = co_await next_request();
    if (!request) break;
    is_idle_ = false;
    bool const goes_on = co_await answer(std::move(*request));
    give_back_body_bytes();
    is_idle_ = true;
    if (!goes_on) break;
  }
}

Async<Result<>> HttpSession::read_more() {
  auto const& limits = front_.parts_.limits;
  auto limit = limits.idle_timeout;
  if (reader_.state() == HttpReader::State::header) limit = limits.header_timeout;
  if (reader_.state() == HttpReader::State::body) limit = limits.request_timeout;
  std::string bytes;
  auto const read = co_await read_some(socket_, bytes, limit);
  if (read) reader_.feed(bytes);
  co_return read;
}

Async<std::optional<Request>> HttpSession::next_request() {
  using State = HttpReader::State;
  auto const& limits = front_.parts_.limits;
  // Whoever sends a byte now and then must still be done in time.
  Steady::time_point give_up = Steady::time_point::max();
  auto watched = State::idle;
  for (;;) {
    auto const state = reader_.state();
    if (!take_body_bytes()) {
      give_back_body_bytes();
      auto const failure = too_many_bodies();
      if (co_await write(failure, false, false)) co_await linger(socket_);
      co_return std::nullopt;
    }
    if (state == State::complete) break;
    if (state == State::failed) {
      auto const failure = reader_.failure();
      if (co_await write(failure, false, false)) co_await linger(socket_);
      co_return std::nullopt;
    }
    if (reader_.take_expects_continue()) {
      Response go_on;
      go_on.status = 100;
      if (!co_await write(go_on, false, true)) co_return std::nullopt;
    }
    if (state != watched) {
      watched = state;
      is_idle_ = state == State::idle;
      auto const limit = state == State::body ? limits.request_timeout : limits.header_timeout;
      give_up = Steady::now() + limit;
    }
    bool const late = state != State::idle && Steady::now() > give_up;
    std::string failure = "timeout";
    if (!late) {
      auto const more = co_await read_more();
      if (more) continue;
      failure = more.error().code;
    }
    if (failure == "timeout" && state != State::idle) {
      auto const answer = timed_out();
      if (co_await write(answer, false, false)) co_await linger(socket_);
    }
    co_return std::nullopt;
  }
  co_return reader_.take();
}

Async<bool> HttpSession::write(Response const& response, bool is_head, bool keep_alive) {
  auto* const reshape = front_.parts_.reshape;
  std::string bytes;
  if (reshape == nullptr) {
    bytes = to_bytes(response, is_head, keep_alive);
  } else {
    auto shaped = response;
    reshape(shaped);
    bytes = to_bytes(shaped, is_head, keep_alive);
  }
  auto const written = co_await write_all(socket_, bytes, front_.parts_.limits.request_timeout);
  co_return written.has_value();
}

Async<> HttpSession::write_stream(BodyStream& body) {
  AsyncScope loops(socket_.get_executor());
  loops.spawn(watch_client(loops));
  loops.spawn(stream_loop(body, loops));  // last: it may be done, and cancel both, before it waits
  streaming_ = &loops;
  if (finishing_) loops.cancel();
  co_await loops.join();
  streaming_ = nullptr;
}

Async<> HttpSession::stream_loop(BodyStream& body, AsyncScope& loops) {
  auto const limit = front_.parts_.limits.request_timeout;
  for (;;) {
    auto const bytes = co_await body.next();
    if (bytes.empty()) break;
    auto const written = co_await write_all(socket_, bytes, limit);
    if (!written) break;
  }
  loops.cancel();
}

/// The client has nothing more to say; that it hangs up is what is waited for.
Async<> HttpSession::watch_client(AsyncScope& loops) {
  constexpr std::chrono::hours forever(24 * 365);
  std::string ignored;
  for (;;) {
    auto const read = co_await read_some(socket_, ignored, forever);
    if (!read) break;
  }
  loops.cancel();
}

Async<bool> HttpSession::answer(Request request) {
  auto& parts = front_.parts_;
  bool const is_head = request.method == Method::head;
  bool const keep_alive = request.keep_alive;
  auto const family = socket_.local_endpoint().protocol().family();
  request.is_trusted_peer = family == AF_UNIX;
  Response response;
  if (auto const allowed = parts.origin.check(request); !allowed) {
    response = problem_response(allowed.error());
  } else if (asks_for_websocket(request)) {
    response = parts.upgrade.handshake(request);
    if (response.status == 101) {
      if (!co_await write(response, false, true)) co_return false;
      auto first_bytes = reader_.take_rest();
      co_await parts.upgrade.serve(socket_, std::move(first_bytes));
      co_return false;
    }
  } else {
    response = co_await parts.router.dispatch(std::move(request));
  }
  bool const is_streamed = response.stream != nullptr;
  bool const goes_on = keep_alive && !response.close && !finishing_ && !is_streamed;
  bool const says_nothing = goes_on || (is_streamed && response.stream->will_break());
  bool const written = co_await write(response, is_head, says_nothing);
  if (written && is_streamed && !is_head) {
    co_await write_stream(*response.stream);
    if (response.stream->is_cut()) {
      reset(socket_);
      co_return false;
    }
  }
  if (written && !goes_on) co_await linger(socket_);
  co_return written&& goes_on;
}

}  // namespace ropewalk::server
