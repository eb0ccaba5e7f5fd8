#include "server/stream/task_stream_body.hpp"

#include "engine/base/json.hpp"
#include "server/stream/stored_text.hpp"

#include <charconv>

namespace ropewalk::server {
namespace {

constexpr std::size_t write_bytes_wanted = 256 * 1024;
constexpr std::size_t channels_max = 1024;

void append_event(
    std::string& out, std::string_view type, std::string_view id, std::string_view json
) {
  out.append("id: ").append(id).append("\nevent: ").append(type);
  out.append("\ndata: ").append(json).append("\n\n");
}

class EventTaker : public FrameTaker {
 public:
  void take(std::string_view type, std::string_view json, StreamPlace const& after) override {
    append_event(out, type, event_id(after), json);
    has_ended = has_ended || type == "end";
    last = after;
  }
  std::optional<StreamPlace> last;
  std::string out;
  bool has_ended = false;
};

template <class Number>
bool take_number(std::string_view& text, Number& out) {
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_char(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

bool is_end(std::string_view status) {
  return status == "COMPLETED" || status == "FAILED" || status == "CANCELLED" ||
         status == "SKIPPED";
}

}  // namespace

std::string event_id(StreamPlace const& place) {
  auto out = std::to_string(place.attempt) + "." + std::to_string(place.generation) + ":";
  for (std::size_t i = 0; i < place.channels.size(); ++i) {
    if (i > 0) out += ',';
    auto const& [key, position] = place.channels[i];
    out.append(key).append("=").append(std::to_string(position.points));
  }
  if (place.has_ended) out += '!';
  return out;
}

std::optional<StreamPlace> parse_event_id(std::string_view text) {
  StreamPlace out;
  if (!take_number(text, out.attempt) || !take_char(text, '.')) return std::nullopt;
  if (!take_number(text, out.generation) || !take_char(text, ':')) return std::nullopt;
  while (!text.empty() && text != "!") {
    if (!out.channels.empty() && !take_char(text, ',')) return std::nullopt;
    // Ids were once without names: such a place is in no channel that there is.
    auto const end = text.find_first_of("=,!");
    bool const is_named = end != std::string_view::npos && end > 0 && text[end] == '=';
    ChannelPlace channel;
    if (is_named) {
      channel.key = text.substr(0, end);
      text.remove_prefix(end + 1);
    }
    if (!take_number(text, channel.position.points)) return std::nullopt;
    if (out.channels.size() >= channels_max) return std::nullopt;
    out.channels.push_back(std::move(channel));
  }
  out.has_ended = text == "!";
  return out;
}

TaskStreamBody::TaskStreamBody(
    Executor executor, Hub& hub, ExecutionId execution, std::string task, Duration heartbeat
)
    : hub_(hub),
      execution_(execution),
      task_(std::move(task)),
      heartbeat_(heartbeat),
      wake_(executor) {}

TaskStreamBody::~TaskStreamBody() {
  if (is_watching_) hub_.unwatch(execution_, *this);
}

Async<> TaskStreamBody::watch() {
  is_watching_ = true;
  co_await hub_.watch(execution_, *this);
}

bool TaskStreamBody::is_live() const {
  auto const live = follower_ ? follower_->streams() : hub_.streams_of(execution_);
  return live && live->find(task_) != nullptr;
}

bool TaskStreamBody::has_all(StreamPlace const& place) const {
  auto const live = hub_.streams_of(execution_);
  auto const* view = live ? live->find(task_) : nullptr;
  return view != nullptr && view->end && place.has_ended && view->head->attempt == place.attempt;
}

void TaskStreamBody::follow(std::shared_ptr<ExecutionStreams> streams) {
  follower_.emplace(std::move(streams), task_);
  follower_->events_sent(UINT64_MAX);  // no other events are sent here: nothing is held back
  if (resumed_) follower_->resume(*std::exchange(resumed_, std::nullopt));
  follower_->offer_all(0);
}

void TaskStreamBody::give_stored(std::shared_ptr<ExecutionStreams> streams) {
  follow(std::move(streams));
  wake();
}

void TaskStreamBody::task_ended(std::uint32_t attempt, std::string_view status) {
  plain_end_ = empty_end_frame(execution_, task_, attempt, status);
  wake();
}

void TaskStreamBody::wake() {
  has_news_ = true;
  wake_.cancel();
}

void TaskStreamBody::offer_streams(
    std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update
) {
  // Of other streams gather() takes all there is, once it has done with these.
  if (follower_ && follower_->streams() == streams) follower_->offer(update, 0);
  wake();
}

void TaskStreamBody::offer(SharedBatch const& batch) {
  for (std::string_view lines = batch->frames; !lines.empty();) {
    auto const line = take_line(lines);
    if (line.empty() || kind_of(line) != kind_status) continue;
    auto const value = parse_json(line, JsonLimits{line.size() + 1, 64, 1'000'000});
    if (!value || !value->is_object()) continue;
    auto const& event = value->get_object();
    auto const* task = event.if_contains("task");
    bool const is_mine = task != nullptr && task->is_string() && task->get_string() == task_;
    if (!is_mine && !is_execution_status(line)) continue;
    auto const* status = event.if_contains("status");
    if (status == nullptr || !status->is_string() || !is_end(status->get_string())) continue;
    auto const* attempt = event.if_contains("attempt");
    bool const has_attempt = attempt != nullptr && attempt->is_number();
    if (plain_end_.empty())
      task_ended(has_attempt ? attempt->to_number<std::uint32_t>() : 0, status->get_string());
  }
}

std::string TaskStreamBody::gather() {
  if (follower_ && follower_->is_done()) {
    // Its engine went before the task had ended: another takes it up, with a new attempt.
    if (last_.attempt > 0) resumed_ = last_;
    follower_.reset();
  }
  if (!follower_) {
    auto const live = hub_.streams_of(execution_);
    if (live && live->find(task_) != nullptr) follow(live);
  }
  EventTaker taker;
  if (follower_) follower_->take(taker, write_bytes_wanted);
  has_ended_ = taker.has_ended;
  if (taker.last) last_ = *taker.last;
  if (has_ended_ || plain_end_.empty() || (follower_ && follower_->has_more())) return taker.out;
  // It ended without a text, or its text's end is not told here any more.
  has_ended_ = true;
  StreamPlace all;
  all.has_ended = true;
  append_event(taker.out, "end", event_id(all), plain_end_);
  return taker.out;
}

Async<std::string> TaskStreamBody::next() {
  while (!has_ended_) {
    has_news_ = false;
    auto out = gather();
    if (!out.empty()) co_return out;
    if (has_news_) continue;
    wake_.expires_after(heartbeat_);
    co_await wake_.async_wait(use_tuple);
    if (!has_news_) co_return std::string(":\n\n");
  }
  co_return std::string();
}

}  // namespace ropewalk::server
