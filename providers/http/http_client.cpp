#include "providers/http/http_client.hpp"

#include "providers/http/connection_pool.hpp"
#include "providers/http/connector.hpp"
#include "providers/http/http_error.hpp"
#include "providers/http/request_head.hpp"
#include "providers/http/response_body.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace ropewalk {

using http::Connection;
using http::Destination;
using http::TimeLimits;

namespace {

/// A request that has been found sound, and what it turned into.
struct Plan {
  HttpRequest request{};
  Destination destination{};
  std::string head{};
  std::string pool_key{};
  TimeLimits limits;
};

bool asks_for_close(HttpRequest const& request) {
  std::string value(find_header(request.headers, "Connection"));
  std::transform(value.begin(), value.end(), value.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return value.find("close") != value.npos;
}

Result<Plan> make_plan(HttpRequest request, HttpClientOptions const& options) {
  Destination destination;
  TRY(destination.url, http::parse_http_url(request.url));
  TRY(destination.proxy, http::choose_proxy(options, destination.url));
  destination.tls = request.tls;
  destination.allow = request.allow;
  if (auto const judged = destination.judge(); !judged) return judged.error();
  TRY(auto head, http::write_head(request, destination.url, destination.proxy, options.user_agent));
  auto key = destination.pool_key();
  TimeLimits const limits(request.timeouts, destination.url.peer());
  return Plan{std::move(request), std::move(destination), std::move(head), std::move(key), limits};
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl(Executor executor, HttpClientOptions options)
      : options_(std::move(options)),
        connector_(executor, options_.lookup, options_.head_bytes_max),
        pool_(std::make_shared<http::ConnectionPool>(
            executor, options_.idle_per_host_max, options_.idle_keep
        )) {}

  Async<Result<HttpResponse>> send(HttpRequest request) {
    CO_TRY(auto const plan, make_plan(std::move(request), options_));
    auto const& url = plan.destination.url;
    auto kept = pool_->take(plan.pool_key, url.port, plan.destination.allow);
    if (kept) {
      auto const body = body_of(plan, std::move(*kept));
      auto const exchanged = co_await body->exchange(plan.head, plan.request.body);
      if (exchanged) co_return response_of(body);
      bool const is_stale = exchanged.error().code == "connection_lost" &&
                            !body->reader().has_bytes() &&
                            (body->is_untouched() || http::is_repeatable(plan.request));
      if (!is_stale) co_return exchanged.error();
    }
    Connection connection;
    auto work = connect(plan.destination, connection);
    auto const connected = co_await plan.limits.run(TimeLimits::Phase::connect, std::move(work));
    if (!connected) co_return connected.error();
    auto const body = body_of(plan, std::move(connection));
    auto const exchanged = co_await body->exchange(plan.head, plan.request.body);
    if (!exchanged) co_return exchanged.error();
    co_return response_of(body);
  }

  std::size_t idle_count() const { return pool_->idle_count(); }

 private:
  using Body = HttpResponse::Body;

  Async<Result<>> connect(Destination const& destination, Connection& into) {
    CO_TRY(into, co_await connector_.connect(destination));
    co_return Result<>{};
  }

  std::shared_ptr<Body> body_of(Plan const& plan, Connection connection) {
    auto const framing = plan.request.method == "HEAD" ? http::ResponseReader::Body::never
                                                       : http::ResponseReader::Body::as_stated;
    return std::make_shared<Body>(Body::Start{
        std::move(connection),
        plan.limits,
        plan.destination.url.peer(),
        plan.pool_key,
        pool_,
        framing,
        options_.head_bytes_max,
        !asks_for_close(plan.request)});
  }

  static HttpResponse response_of(std::shared_ptr<Body> body) {
    auto const status = body->reader().status();
    auto headers = body->reader().take_headers();
    return HttpResponse(status, std::move(headers), std::move(body));
  }

  HttpClientOptions options_;
  http::Connector connector_;
  std::shared_ptr<http::ConnectionPool> pool_;
};

HttpClient::HttpClient(Executor executor, HttpClientOptions options)
    : impl_(std::make_unique<Impl>(executor, std::move(options))) {}

HttpClient::~HttpClient() = default;

Async<Result<HttpResponse>> HttpClient::send(HttpRequest request) {
  try {
    co_return co_await impl_->send(std::move(request));
  } catch (boost::system::system_error const& thrown) {
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  co_return http::cancelled();
}

std::size_t HttpClient::idle_count() const {
  return impl_->idle_count();
}

}  // namespace ropewalk
