#include "server/cli/token_lines.hpp"

#include "server/cli/run_view.hpp"
#include "server/cli/terminal_text.hpp"
#include "server/cli/text_tail.hpp"

#include <boost/json/value.hpp>

namespace ropewalk::cli {
namespace {

bool begins_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// Takes `count` code points off the beginning of `text`; how many there were.
std::uint64_t skip_points(std::string_view& text, std::uint64_t count) {
  std::uint64_t skipped = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!begins_point(text[at])) continue;
    if (skipped == count) break;
    ++skipped;
  }
  text.remove_prefix(at);
  return skipped;
}

std::uint64_t points_of(std::string_view text) {
  return skip_points(text, text.size());
}

}  // namespace

TokenLines::Progress& TokenLines::at(std::string_view task) {
  auto const found = texts_.find(task);
  return found == texts_.end() ? texts_[std::string(task)] : found->second;
}

void TokenLines::open(Progress& progress) {
  if (progress.is_open || progress.has_ended) return;
  progress.is_open = true;
  ++open_count_;
}

void TokenLines::end(Progress& progress) {
  progress.has_ended = true;
  if (progress.is_open) --open_count_;
  progress.is_open = false;
}

void TokenLines::expect(std::string_view task) {
  open(at(task));
}

std::string TokenLines::add(boost::json::object const& frame) {
  auto const type = text_at(frame, "type");
  auto const task = text_at(frame, "task");
  if (type == "token") return add_token(task, frame);
  if (type == "superseded") return add_superseded(task, frame);
  if (type != "end") return {};
  auto& progress = at(task);
  if (number_at(frame, "attempt") < progress.attempt) return {};
  end(progress);
  return open_line_ == task ? close() : std::string();
}

std::string TokenLines::add_token(std::string_view task, boost::json::object const& frame) {
  if (frame.contains("channel")) return {};  // not the answer: reasoning, arguments of tools
  auto& progress = at(task);
  auto const attempt = number_at(frame, "attempt");
  if (attempt < progress.attempt || (progress.has_ended && attempt == progress.attempt)) return {};
  if (attempt > progress.attempt) {
    progress.attempt = attempt;
    progress.points = 0;
    progress.has_ended = false;
  }
  open(progress);
  if (frame.contains("cut")) return write(task, "[the rest is not shown live]\n");
  auto text = text_at(frame, "text");
  auto const offset = number_at(frame, "offset");
  if (offset < progress.points) skip_points(text, progress.points - offset);
  progress.points += points_of(text);
  return write(task, text);
}

std::string TokenLines::add_superseded(std::string_view task, boost::json::object const& frame) {
  auto& progress = at(task);
  if (number_at(frame, "attempt") < progress.attempt) return {};
  bool const was_shown = progress.points > 0;
  progress.points = 0;
  progress.has_ended = false;
  progress.attempt = number_at(frame, "by");
  open(progress);
  if (!was_shown) return {};
  auto const reason = text_at(frame, "reason");
  auto const why = reason.empty() ? "try " + std::to_string(progress.attempt) + " begins"
                                  : "it asks again (" + std::string(reason) + ")";
  auto out = close();
  out += write(task, "[what came so far does not count: " + why + "]\n");
  return out;
}

std::string TokenLines::write(std::string_view task, std::string_view text) {
  auto const safe = strip_control_of_lines(text);
  std::string out;
  for (std::string_view rest = safe; !rest.empty();) {
    auto const end = rest.find('\n');
    if (open_line_ != task) {
      out += close();
      out += strip_control(task) + " | ";
      open_line_ = task;
    }
    out += rest.substr(0, end);
    if (end == std::string_view::npos) break;
    out += close();
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string TokenLines::close() {
  if (open_line_.empty()) return {};
  open_line_.clear();
  return "\n";
}

}  // namespace ropewalk::cli
