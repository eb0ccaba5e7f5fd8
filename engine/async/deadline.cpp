#include "engine/async/deadline.hpp"

namespace ropewalk {

Async<> sleep_for(Steady::duration time) {
  Timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_async);
}

}  // namespace ropewalk
