// Request targets: there is one way to write each path, and the router answers any other.
#include "server/http/router.hpp"
#include "server/http/target.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>

namespace {

using namespace ropewalk;
using namespace ropewalk::server;

Async<Response> say(std::string text) {
  Response out;
  out.body = std::move(text);
  co_return out;
}

Router const& router() {
  static Router const one = [] {
    Router out;
    out.add(Route{Method::get, "/v1/things", Access::read, [](Request) { return say("list"); }});
    out.add(Route{Method::get, "/v1/things/{id}", Access::read, [](Request request) {
                    return say(request.param("id"));
                  }});
    out.add(Route{Method::post, "/v1/things/{id}/{part}", Access::write, [](Request request) {
                    return say(request.param("id") + request.param("part"));
                  }});
    return out;
  }();
  return one;
}

Response ask(std::string target, Method method) {
  asio::io_context io(1);
  Response out;
  Request request;
  request.method = method;
  request.target = std::move(target);
  auto work = router().dispatch(std::move(request));
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr fault, Response response) {
    fuzz::require(fault == nullptr, "the router lets no exception out");
    out = std::move(response);
  });
  io.run();
  return out;
}

void check_target(std::string_view text) {
  auto const target = parse_target(text);
  if (!target) return;
  std::string path;
  for (auto const& segment : target->segments) {
    fuzz::require(!segment.empty() && segment != "." && segment != "..", "plain segments");
    fuzz::require(segment.find('/') == std::string::npos, "no slash in a segment");
    fuzz::require(segment.find('\0') == std::string::npos, "no NUL in a segment");
    path += "/" + percent_encode(segment);
  }
  auto const again = parse_target(path.empty() ? "/" : path);
  fuzz::require(again.has_value(), "what was understood can be written");
  fuzz::require(again->segments == target->segments, "and is the same");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  check_target(text);
  (void)percent_decode(text, true);
  auto const got = ask(std::string(text), Method::get);
  fuzz::require(got.status >= 200 && got.status < 500, "an answer without a fault");
  (void)ask("/v1/things/" + percent_encode(text), Method::get);
  (void)ask(std::string(text), Method::post);
  return 0;
}
