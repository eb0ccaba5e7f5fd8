#include "server/cli/live_screen.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::cli {
namespace {

constexpr std::size_t id_width_max = 28;
constexpr std::size_t bar_width_max = 30;
constexpr std::size_t text_lines_max = 5;  // of what one task writes

std::string note_of(TaskView const& task, Instant now) {
  if (task.status == Status::retrying) {
    auto const wait = task.retry_at ? std::max(Duration::zero(), *task.retry_at - now) : Duration{};
    return "again in " + duration_text(wait) + ": " + task.complaint.message;
  }
  if (!task.complaint.message.empty()) return task.complaint.message;
  return task.last_line;
}

std::vector<TaskView const*> live_tasks(RunView const& view) {
  std::vector<TaskView const*> out;
  for (auto const& task : view.tasks())
    if (task.status == Status::running || task.status == Status::retrying) out.push_back(&task);
  return out;
}

void add_text(
    std::vector<std::string>& out,
    TaskView const& task,
    std::size_t lines_max,
    std::size_t columns,
    Style style
) {
  std::string const indent = style.unicode ? "  │ " : "  | ";
  auto const room = columns > 8 ? columns - 4 : 4;
  for (auto const& line : task.text.lines(room, lines_max))
    out.push_back(paint(fit(indent + line, columns, style), Colour::grey, style));
}

std::string more_line(std::size_t count, Style style) {
  std::string const text = "  and " + std::to_string(count) + " more";
  return paint(text, Colour::grey, style);
}

}  // namespace

std::size_t id_width(RunView const& view) {
  std::size_t width = 0;
  for (auto const& task : view.tasks()) {
    width = std::max(width, display_width(task.id));
    if (width >= id_width_max) return id_width_max;
  }
  return width;
}

std::string task_line(
    TaskView const& task,
    Instant now,
    std::size_t id_columns,
    std::size_t columns,
    unsigned tick,
    Style style
) {
  auto const colour = colour_of(task.status, !task.parent.empty());
  auto const id = pad(fit(task.id, id_columns, style), id_columns);
  auto const elapsed = task.elapsed(now);
  auto const time = pad(elapsed ? duration_text(*elapsed) : std::string(), 7);
  auto const again =
      task.attempt > 1 ? "try " + std::to_string(task.attempt) + "  " : std::string();
  std::size_t const used = 2 + id_columns + 2 + 7 + 2;
  auto const sign = sign_of(task.status, tick, style);
  if (used >= columns) return paint(fit(sign + " " + id, columns, style), colour, style);
  auto const note = fit(again + note_of(task, now), columns - used, style);
  bool const is_failure = task.status == Status::failed && !task.is_failed_call();
  auto const note_colour = is_failure ? Colour::red : Colour::grey;
  return paint(sign, colour, style) + " " + id + "  " + time + "  " +
         paint(note, note_colour, style);
}

std::string bar_line(RunView const& view, Instant now, std::size_t columns, Style style) {
  auto const& counts = view.counts();
  std::string text = std::to_string(counts.done()) + "/" + std::to_string(counts.total);
  std::array<std::pair<std::size_t, char const*>, 3> const parts{
      {{counts.running, " running"}, {counts.retrying, " retrying"}, {counts.failed, " failed"}}};
  for (auto const& [count, name] : parts)
    if (count > 0) text += (style.unicode ? " · " : ", ") + std::to_string(count) + name;
  if (view.waits_for_person())
    text += style.unicode ? " · waits for a person" : ", waits for a person";
  else if (view.paused())
    text += style.unicode ? " · paused" : ", paused";
  if (view.started_at()) {
    auto const end = view.finished_at().value_or(now);
    text += (style.unicode ? " · " : ", ") + duration_text(end - *view.started_at());
  }
  auto const room = columns > display_width(text) + 3 ? columns - display_width(text) - 3 : 0;
  auto const width = std::min(room, bar_width_max);
  if (width < 5) return fit(text, columns, style);
  auto const filled = counts.total == 0 ? 0 : counts.done() * width / counts.total;
  std::string bar;
  for (std::size_t i = 0; i < width; ++i)
    bar += style.unicode ? (i < filled ? "█" : "░") : (i < filled ? "#" : "-");
  auto const colour = counts.failed > 0 ? Colour::red : Colour::green;
  return "[" + paint(bar, colour, style) + "] " + text;
}

std::string LiveScreen::clear_live() {
  if (live_count_ == 0) return "\r\x1b[J";
  return "\r\x1b[" + std::to_string(live_count_) + "A\x1b[J";
}

std::string LiveScreen::ended_lines(RunView const& view, Instant now, ScreenSize size) {
  std::string out;
  auto const width = id_width(view);
  auto const& ended = view.ended();
  scrolled_count_ = std::min(scrolled_count_, ended.size());
  for (; scrolled_count_ < ended.size(); ++scrolled_count_) {
    auto const& task = view.tasks()[ended[scrolled_count_]];
    out += task_line(task, now, width, size.columns, tick_, style_) + "\n";
  }
  return out;
}

std::vector<std::string> LiveScreen::live_lines(RunView const& view, Instant now, ScreenSize size)
    const {
  std::vector<std::string> out;
  std::size_t const lines_max = size.lines > 3 ? size.lines - 3 : 1;
  auto const width = id_width(view);
  auto const live = live_tasks(view);
  bool const is_all = live.size() <= lines_max;
  std::size_t const shown = is_all ? live.size() : lines_max - 1;
  auto const writing =
      static_cast<std::size_t>(std::count_if(live.begin(), live.end(), [](TaskView const* task) {
        return !task->text.is_empty();
      }));
  // What the tasks leave free is shared by those that write.
  std::size_t const free = lines_max - std::min(lines_max, live.size());
  std::size_t const each = writing == 0 ? 0 : std::min(text_lines_max, free / writing);
  for (std::size_t i = 0; i < shown; ++i) {
    out.push_back(task_line(*live[i], now, width, size.columns, tick_, style_));
    add_text(out, *live[i], each, size.columns, style_);
  }
  if (!is_all) out.push_back(more_line(live.size() - shown, style_));
  out.push_back(bar_line(view, now, size.columns, style_));
  return out;
}

std::string LiveScreen::draw(RunView const& view, Instant now, ScreenSize size) {
  if (size.columns > 1) --size.columns;  // some terminals wrap a line that is exactly full
  auto out = clear_live() + ended_lines(view, now, size);
  auto const lines = live_lines(view, now, size);
  for (auto const& line : lines) out += line + "\n";
  live_count_ = lines.size();
  ++tick_;
  return out;
}

std::string LiveScreen::finish(RunView const& view, Instant now, ScreenSize size) {
  if (size.columns > 1) --size.columns;
  auto out = clear_live() + ended_lines(view, now, size);
  live_count_ = 0;
  return out;
}

}  // namespace ropewalk::cli
