#include "providers/http/name_resolver.hpp"

#include "providers/http/http_error.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <netdb.h>

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace ropewalk::http {
namespace {

constexpr std::size_t threads_max = 4;
constexpr std::size_t addresses_max = 16;

Error no_such_name(std::string const& host) {
  return http_error(
      ErrorClass::permanent,
      "dns_failure",
      "there is no host of the name " + host,
      "check the spelling of the host in the URL"
  );
}

Error unresolved(std::string const& host, std::string const& why) {
  return http_error(
      ErrorClass::transient,
      "dns_failure",
      "the name " + host + " could not be looked up: " + why,
      "check this machine's connection and its DNS settings"
  );
}

}  // namespace

Result<Addresses> system_lookup(std::string const& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  int const failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failure == EAI_NONAME || failure == EAI_NODATA) return no_such_name(host);
  if (failure != 0) return unresolved(host, ::gai_strerror(failure));
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owner(list, &::freeaddrinfo);
  Addresses out;
  for (auto const* each = list; each != nullptr && out.size() < addresses_max;
       each = each->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(
        reinterpret_cast<char const*>(each->ai_addr),
        each->ai_addrlen,
        reinterpret_cast<char*>(endpoint.data())
    );
    out.push_back(endpoint.address());
  }
  if (out.empty()) return no_such_name(host);
  return out;
}

struct NameResolver::Pending {
  explicit Pending(Executor executor) : wake(executor, Timer::time_point::max()) {}
  Timer wake;
  std::optional<Result<Addresses>> answer{};
};

struct NameResolver::Waiting {
  std::map<std::string, std::shared_ptr<Pending>> names{};

  void answer(std::string const& host, Result<Addresses> addresses) {
    auto const found = names.find(host);
    if (found == names.end()) return;
    found->second->answer.emplace(std::move(addresses));
    found->second->wake.cancel();
    names.erase(found);
  }
};

// A thread may still be in its look-up when the resolver and the whole io_context are gone: under
// the lock it sees `stopped`, and touches neither.
struct NameResolver::Jobs : std::enable_shared_from_this<Jobs> {
  Jobs(Executor executor, NameLookup function, std::weak_ptr<Waiting> waiting)
      : home(executor), lookup(std::move(function)), asking(std::move(waiting)) {}

  void add(std::string host) {
    std::lock_guard const lock(mutex);
    queue.push_back(std::move(host));
    if (threads_count >= threads_max) return;
    // Not joined: nobody can wait for getaddrinfo, which takes as long as it takes.
    std::thread([self = shared_from_this()] { self->run(); }).detach();
    ++threads_count;
  }

  void run() {
    std::unique_lock lock(mutex);
    while (!stopped && !queue.empty()) {
      auto host = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      auto addresses = lookup(host);
      lock.lock();
      if (stopped) break;
      asio::post(home, [to = asking, name = std::move(host), found = std::move(addresses)] {
        if (auto const waiting = to.lock()) waiting->answer(name, found);
      });
    }
    --threads_count;
  }

  std::mutex mutex{};
  Executor home;
  NameLookup lookup;
  std::weak_ptr<Waiting> asking;
  std::deque<std::string> queue{};
  std::size_t threads_count = 0;
  bool stopped = false;
};

NameResolver::NameResolver(Executor executor, NameLookup lookup)
    : executor_(executor), waiting_(std::make_shared<Waiting>()) {
  if (!lookup) lookup = system_lookup;
  jobs_ = std::make_shared<Jobs>(executor, std::move(lookup), waiting_);
}

NameResolver::~NameResolver() {
  std::lock_guard const lock(jobs_->mutex);
  jobs_->stopped = true;
}

Async<Result<Addresses>> NameResolver::resolve(std::string host) {
  boost::system::error_code not_literal;
  auto const literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return Addresses(1, literal);

  auto& entry = waiting_->names[host];
  bool const is_new = !entry;
  if (is_new) entry = std::make_shared<Pending>(executor_);
  auto const pending = entry;
  if (is_new) jobs_->add(host);
  while (!pending->answer) {
    co_await pending->wake.async_wait(use_tuple);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return cancelled();
  }
  co_return *pending->answer;
}

}  // namespace ropewalk::http
