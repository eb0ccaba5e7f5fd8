#include "server/cli/follower.hpp"

#include "server/cli/interrupts.hpp"
#include "server/cli/run_view.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

constexpr auto give_up_after = std::chrono::seconds(30);
constexpr auto give_up_after_unix = std::chrono::seconds(3);  // its server is of this machine
constexpr Milliseconds pause_between = std::chrono::milliseconds(300);
constexpr Milliseconds open_limit = std::chrono::seconds(10);

Error error_from_frame(json::object const& frame) {
  Reply reply;
  reply.status = 400;
  reply.body = frame;
  auto out = error_from_reply(reply);
  if (auto const message = text_at(frame, "message"); !message.empty()) out.message = message;
  return out;
}

}  // namespace

Follower::Follower(
    Address address, std::string execution, std::vector<std::string> kinds, std::uint64_t after
)
    : address_(std::move(address)),
      execution_(std::move(execution)),
      kinds_(std::move(kinds)),
      last_seq_(after),
      try_at_(Clock::now()) {}

Result<> Follower::failed(Error error) {
  stream_.reset();
  auto const now = Clock::now();
  if (!lost_since_) lost_since_ = now;
  auto const patience = address_.is_unix() ? give_up_after_unix : give_up_after;
  if (now - *lost_since_ > patience) return error;
  try_at_ = now + pause_between;
  return {};
}

Result<> Follower::connect() {
  auto opened = EventStream::open(address_, open_limit);
  if (!opened) return failed(opened.error());
  json::object frame;
  frame["type"] = "subscribe";
  frame["id"] = "s1";
  frame["execution"] = execution_;
  frame["after"] = last_seq_;
  frame["kinds"] = json::array(kinds_.begin(), kinds_.end());
  auto const sent = (*opened)->send(std::move(frame));
  if (!sent) return failed(sent.error());
  stream_ = std::move(*opened);
  return {};
}

Result<std::optional<json::object>> Follower::next(Milliseconds limit) {
  auto const end = Clock::now() + limit;
  for (;;) {
    auto const left = std::chrono::duration_cast<Milliseconds>(end - Clock::now());
    if (left < Milliseconds::zero()) return std::optional<json::object>();
    if (!stream_) {
      auto const rest = std::chrono::duration_cast<Milliseconds>(try_at_ - Clock::now());
      if (rest > Milliseconds::zero()) wait_for(std::min(rest, left) + Milliseconds(1));
      if (Clock::now() < try_at_) return std::optional<json::object>();
      if (auto const connected = connect(); !connected) return connected.error();
      continue;
    }
    auto received = stream_->receive(left);
    if (!received) {
      if (auto const lost = failed(received.error()); !lost) return lost.error();
      continue;
    }
    if (!*received) return std::optional<json::object>();
    auto* frame = (*received)->if_object();
    if (frame == nullptr) continue;
    lost_since_.reset();
    auto const type = text_at(*frame, "type");
    if (type == "error") return error_from_frame(*frame);
    // Texts have no place among the events; they come only where they were asked for.
    if (type == "token" || type == "superseded" || type == "end")
      return std::optional(std::move(*frame));
    auto const seq = number_at(*frame, "seq");
    if (type != "event" || seq <= last_seq_) continue;
    last_seq_ = seq;
    return std::optional(std::move(*frame));
  }
}

}  // namespace ropewalk::cli
