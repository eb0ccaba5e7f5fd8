#include "providers/http/response_body.hpp"

#include "providers/http/http_error.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace ropewalk {
namespace {

using Phase = http::TimeLimits::Phase;

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t write_bytes = 64 * 1024;

}  // namespace

HttpResponse::Body::Body(Start start)
    : start_(std::move(start)), reader_(start_.framing, start_.head_bytes_max, start_.peer) {}

Async<Result<>> HttpResponse::Body::exchange(std::string head, std::string const& body) {
  bool const fits_one = head.size() + body.size() <= write_bytes;
  if (fits_one) head += body;
  auto written = co_await write(head);
  if (written && !fits_one) written = co_await write(body);
  is_cut_ = !written;
  if (is_cut_ && written.error().code != "connection_lost") co_return written.error();
  // A server that refuses a request may answer and close while it is still being written.
  auto work = read_head();
  auto const read = co_await start_.limits.run(Phase::first_byte, std::move(work));
  if (is_cut_ && !reader_.has_head()) co_return written.error();
  if (!read) co_return read.error();
  piece_ = reader_.take_body();
  if (reader_.is_done()) finish();
  co_return Result<>{};
}

Async<Result<>> HttpResponse::Body::write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const piece = bytes.substr(0, write_bytes);
    auto work = write_piece(piece);
    auto const written = co_await start_.limits.run(Phase::write, std::move(work));
    if (!written) co_return written.error();
    bytes.remove_prefix(piece.size());
  }
  co_return Result<>{};
}

Async<Result<>> HttpResponse::Body::write_piece(std::string_view piece) {
  auto const sent = co_await start_.connection.stream->write_all(piece);
  if (sent.count > 0) is_written_to_ = true;
  if (sent.ec) co_return http::lost_connection(sent.ec, start_.peer, "while the request was sent");
  co_return Result<>{};
}

Async<Result<>> HttpResponse::Body::read_head() {
  while (!reader_.has_head()) {
    auto const read = co_await read_more();
    if (!read) co_return read.error();
  }
  co_return Result<>{};
}

/// Until there is something to give away, or nothing more comes.
Async<Result<>> HttpResponse::Body::read_piece() {
  while (piece_.empty() && !reader_.is_done()) {
    if (watch_ && watch_->is_late()) co_return start_.limits.late(Phase::body);
    auto const read = co_await read_more();
    if (!read) co_return read.error();
    piece_ = reader_.take_body();
  }
  co_return Result<>{};
}

Async<Result<>> HttpResponse::Body::read_piece_in_time() {
  auto const give_up = start_.limits.give_up(Phase::body);
  if (!give_up) co_return co_await read_piece();
  if (*give_up <= Steady::now()) co_return start_.limits.late(Phase::body);
  auto const executor = co_await asio::this_coro::executor;
  if (!watch_) watch_.emplace(executor);
  watch_->begin(*start_.connection.stream, *give_up);
  auto const read = co_await read_piece();
  watch_->end();
  if (read) co_return read;
  auto const state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return http::cancelled();
  if (watch_->is_late()) co_return start_.limits.late(Phase::body);
  co_return read;
}

Async<Result<>> HttpResponse::Body::read_more() {
  if (!space_) space_ = std::make_unique_for_overwrite<char[]>(read_bytes);
  auto const into = asio::buffer(space_.get(), read_bytes);
  auto const came = co_await start_.connection.stream->read_some(into);
  if (came.ec == asio::error::eof) co_return reader_.end();
  if (came.ec) {
    auto const* const when =
        reader_.has_head() ? "in the middle of its answer" : "before it answered";
    co_return http::lost_connection(came.ec, start_.peer, when);
  }
  co_return reader_.feed(std::string_view(space_.get(), came.count));
}

Async<Result<std::string>> HttpResponse::Body::read_some() {
  if (failure_) co_return *failure_;
  try {
    if (piece_.empty() && !reader_.is_done()) {
      auto const read = co_await read_piece_in_time();
      if (!read) fail(read.error());
    }
  } catch (boost::system::system_error const& thrown) {
    if (thrown.code() != asio::error::operation_aborted) throw;
    fail(http::cancelled());
  }
  if (failure_) co_return *failure_;
  if (reader_.is_done()) finish();
  co_return std::exchange(piece_, {});
}

void HttpResponse::Body::fail(Error error) {
  if (watch_) watch_->end();
  start_.connection.stream.reset();
  failure_.emplace(std::move(error));
}

void HttpResponse::Body::finish() {
  if (!start_.connection.stream) return;
  auto connection = std::exchange(start_.connection, {});
  space_.reset();
  auto const pool = start_.pool.lock();
  if (pool && start_.may_keep && !is_cut_ && reader_.keeps_alive())
    pool->put(start_.pool_key, std::move(connection));
}

HttpResponse::HttpResponse(unsigned code, HttpHeaders fields, std::shared_ptr<Body> body)
    : status(code), headers(std::move(fields)), body_(std::move(body)) {}

HttpResponse::HttpResponse(HttpResponse&&) noexcept = default;
HttpResponse& HttpResponse::operator=(HttpResponse&&) noexcept = default;
HttpResponse::~HttpResponse() = default;

Async<Result<std::string>> HttpResponse::read_some() {
  auto const body = body_;  // this response may be moved or gone before the read is over
  co_return co_await body->read_some();
}

Async<Result<std::string>> HttpResponse::read_all(std::size_t bytes_max) {
  auto const body = body_;
  std::string out;
  for (;;) {
    CO_TRY(auto const piece, co_await body->read_some());
    if (piece.empty()) co_return out;
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
  }
  auto const error = http::http_error(
      ErrorClass::permanent,
      "response_too_large",
      "the answer is longer than " + std::to_string(bytes_max) + " bytes"
  );
  body->fail(error);
  co_return error;
}

}  // namespace ropewalk
