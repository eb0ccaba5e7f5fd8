#include "server/cli/watch.hpp"

#include "engine/base/json.hpp"
#include "server/cli/plain_lines.hpp"

namespace ropewalk::cli {
namespace {

constexpr auto draw_every = std::chrono::milliseconds(90);
constexpr auto texts_limit = std::chrono::seconds(2);  // of silence, when the execution has ended

/// "lookup" of "lookup[1]", a call of it.
std::string_view template_of(std::string_view id) {
  return id.substr(0, id.find('['));
}

}  // namespace

Instant wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Watch::Watch(Console& console, WatchStyle style, bool tokens, WatchedTasks tasks)
    : console_(console),
      style_(style),
      tokens_(tokens && style != WatchStyle::live),
      writers_(std::move(tasks.writers)),
      view_(tasks.ids),
      screen_(console.style()) {}

void Watch::add(boost::json::object const& frame) {
  heard_at_ = std::chrono::steady_clock::now();
  if (text_at(frame, "type") == "event") {
    add_event(frame);
  } else {
    add_text(frame);
  }
}

void Watch::add_event(boost::json::object const& event) {
  bool const is_new = view_.apply(event);
  if (tokens_ && is_new && text_at(event, "status") == "COMPLETED" &&
      writers_.contains(template_of(text_at(event, "task"))))
    token_lines_.expect(text_at(event, "task"));
  if (style_ == WatchStyle::json) console_.line(to_text(event));
  if (style_ != WatchStyle::plain || !is_new) return;
  auto const lines = plain_lines(event, id_width(view_), console_.style());
  if (!lines.empty()) console_.write(token_lines_.close());
  console_.lines(lines);
}

void Watch::add_text(boost::json::object const& frame) {
  if (style_ == WatchStyle::live) view_.apply_text(frame);
  if (!tokens_) return;
  auto const text = token_lines_.add(frame);
  if (style_ == WatchStyle::plain) console_.write(text);
  if (style_ == WatchStyle::json) console_.line(to_text(frame));
}

bool Watch::has_ended() const {
  if (!is_terminal(view_.status())) return false;
  return token_lines_.open_count() == 0 ||
         std::chrono::steady_clock::now() - heard_at_ > texts_limit;
}

void Watch::tick() {
  auto const now = std::chrono::steady_clock::now();
  if (style_ != WatchStyle::live || now - drawn_at_ < draw_every) return;
  drawn_at_ = now;
  console_.write(screen_.draw(view_, wall_now(), console_.size()));
}

void Watch::say(std::string_view text) {
  if (style_ == WatchStyle::json) return;
  console_.write(token_lines_.close());
  if (style_ == WatchStyle::live)
    console_.write(screen_.finish(view_, wall_now(), console_.size()));
  console_.line(text);
}

void Watch::finish() {
  if (style_ == WatchStyle::plain) console_.write(token_lines_.close());
  if (style_ == WatchStyle::live)
    console_.write(screen_.finish(view_, wall_now(), console_.size()));
}

}  // namespace ropewalk::cli
