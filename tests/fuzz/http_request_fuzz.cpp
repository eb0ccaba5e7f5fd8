// HTTP requests: the same ones however the bytes come, so that no two readers of one stream can
// disagree. The first byte says how small the chunks are.
#include "server/http/http_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <vector>

namespace {

using namespace ropewalk;
using namespace ropewalk::server;
using State = HttpReader::State;

struct Outcome {
  std::vector<Request> requests{};
  unsigned failure = 0;     // its status
  bool is_waiting = false;  // for the rest of a request
};

Outcome read(std::string_view bytes, std::size_t chunk) {
  HttpReader reader(1024, 4096);
  Outcome out;
  while (!bytes.empty() && reader.state() != State::failed) {
    reader.feed(bytes.substr(0, chunk));
    bytes.remove_prefix(std::min(chunk, bytes.size()));
    (void)reader.take_expects_continue();
    while (reader.state() == State::complete) out.requests.push_back(reader.take());
  }
  if (reader.state() == State::failed) out.failure = reader.failure().status;
  out.is_waiting = reader.state() == State::header || reader.state() == State::body;
  return out;
}

void check_same(Request const& a, Request const& b) {
  fuzz::require(a.method == b.method && a.target == b.target, "the same request line");
  fuzz::require(a.body == b.body, "the same body");
  fuzz::require(a.keep_alive == b.keep_alive, "the same end");
  fuzz::require(a.headers.size() == b.headers.size(), "as many headers");
  for (std::size_t i = 0; i < a.headers.size(); ++i) {
    fuzz::require(a.headers[i].name == b.headers[i].name, "the same names");
    fuzz::require(a.headers[i].value == b.headers[i].value, "the same values");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 1) return 0;
  auto const bytes = fuzz::as_text(data + 1, size - 1);
  auto const whole = read(bytes, bytes.size() + 1);
  auto const parts = read(bytes, 1 + data[0] % 32);
  fuzz::require(whole.requests.size() == parts.requests.size(), "as many requests");
  for (std::size_t i = 0; i < whole.requests.size(); ++i)
    check_same(whole.requests[i], parts.requests[i]);
  // Of a request that is not all there, smaller pieces may tell earlier that it is a bad one.
  if (!whole.is_waiting && !parts.is_waiting)
    fuzz::require((whole.failure == 0) == (parts.failure == 0), "refused or not");
  return 0;
}
