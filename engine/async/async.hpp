#pragma once
// The only place that names the coroutine type, its executor and its completion tokens.
//
// The executor is concrete: one io_context per shard and no strands is a fact of the type system
// here.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace ropewalk {

namespace asio = boost::asio;

using Steady = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;

template <class T = void>
using Async = asio::awaitable<T, Executor>;

using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_async{};
inline constexpr auto use_tuple =
    asio::as_tuple(use_async);  // auto [ec, n] = co_await op(…, use_tuple);

}  // namespace ropewalk
