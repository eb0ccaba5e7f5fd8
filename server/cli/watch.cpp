#include "server/cli/watch.hpp"

#include "engine/base/json.hpp"
#include "server/cli/plain_lines.hpp"

namespace ropewalk::cli {
namespace {

constexpr auto draw_every = std::chrono::milliseconds(90);

}  // namespace

Instant wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Watch::Watch(Console& console, WatchStyle style, std::vector<std::string> const& task_ids)
    : console_(console), style_(style), view_(task_ids), screen_(console.style()) {}

void Watch::add(boost::json::object const& event) {
  bool const is_new = view_.apply(event);
  if (style_ == WatchStyle::json) console_.line(to_text(event));
  if (style_ == WatchStyle::plain && is_new)
    console_.lines(plain_lines(event, id_width(view_), console_.style()));
}

void Watch::tick() {
  auto const now = std::chrono::steady_clock::now();
  if (style_ != WatchStyle::live || now - drawn_at_ < draw_every) return;
  drawn_at_ = now;
  console_.write(screen_.draw(view_, wall_now(), console_.size()));
}

void Watch::say(std::string_view text) {
  if (style_ == WatchStyle::json) return;
  if (style_ == WatchStyle::live)
    console_.write(screen_.finish(view_, wall_now(), console_.size()));
  console_.line(text);
}

void Watch::finish() {
  if (style_ == WatchStyle::live)
    console_.write(screen_.finish(view_, wall_now(), console_.size()));
}

}  // namespace ropewalk::cli
