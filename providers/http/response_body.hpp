#pragma once
// One request and its response on one connection: the other half of HttpResponse.
//
// Owner:  the client's send() until the head has come, then the HttpResponse and whoever reads it.
// Shard:  all calls on one shard; one call at a time.
// Cancel: exchange() and read_some() end with `cancelled`; the connection is closed.

#include "providers/http/connection_pool.hpp"
#include "providers/http/http_client.hpp"
#include "providers/http/idle_watch.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/time_limits.hpp"

#include <memory>
#include <optional>

namespace ropewalk {

class HttpResponse::Body {
 public:
  struct Start {
    http::Connection connection{};
    http::TimeLimits limits;
    std::string peer{};
    std::string pool_key{};
    std::weak_ptr<http::ConnectionPool> pool{};
    http::ResponseReader::Body framing{};
    std::size_t head_bytes_max = 0;
    bool may_keep = true;  // the request did not ask for the connection's end
  };

  explicit Body(Start start);

  /// Sends the request and reads the response's head. Errors: those of HttpClient::send but for the
  /// connecting ones.
  Async<Result<>> exchange(std::string head, std::string const& body);
  /// See HttpResponse::read_some.
  Async<Result<std::string>> read_some();
  /// Closes the connection; every later read gives `error`.
  void fail(Error error);

  http::ResponseReader& reader() { return reader_; }
  /// No byte of the request was handed over.
  bool is_untouched() const { return !is_written_to_; }

 private:
  Async<Result<>> write(std::string_view bytes);
  Async<Result<>> write_piece(std::string_view piece);
  Async<Result<>> read_head();
  Async<Result<>> read_piece();
  Async<Result<>> read_piece_in_time();
  Async<Result<>> read_more();
  void finish();

  Start start_;
  http::ResponseReader reader_;
  std::unique_ptr<char[]> space_;  // what a read goes into
  std::string piece_;              // read, not yet given away
  std::optional<http::IdleWatch> watch_;
  std::optional<Error> failure_;
  bool is_written_to_ = false;
  bool is_cut_ = false;  // the request could not be written to its end
};

}  // namespace ropewalk
