#include "server/observe/log.hpp"

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <utility>

namespace ropewalk::server::log {
namespace {

constexpr std::size_t lines_queued_max = 8192;

// The one mutable global of the server: everything may log, and the log outlives everything.
struct Sink {
  std::shared_ptr<spdlog::logger> logger{};
  std::shared_ptr<spdlog::details::thread_pool> thread{};  // ends before what it writes to
  bool is_text = false;
};
std::shared_ptr<Sink>& sink() {
  static std::shared_ptr<Sink> instance;
  return instance;
}

/// Shards read it while another one learns a secret.
std::atomic<std::shared_ptr<SecretMask const>>& secrets() {
  static std::atomic<std::shared_ptr<SecretMask const>> instance;
  return instance;
}

void write(
    spdlog::level::level_enum level,
    std::string_view name,
    std::string_view message,
    Fields const& fields
) {
  auto const target = sink();
  if (!target || !target->logger->should_log(level)) return;
  auto const now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  auto const at = format_instant(Instant(now.time_since_epoch()));
  auto line =
      target->is_text ? text_line(at, name, message, fields) : json_line(at, name, message, fields);
  if (auto const mask = secrets().load()) line = mask->masked(line);
  target->logger->log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void start(std::string_view level, std::string_view format) {
  auto made = std::make_shared<Sink>();
  made->thread = std::make_shared<spdlog::details::thread_pool>(lines_queued_max, 1);
  auto const stderr_sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  made->logger = std::make_shared<spdlog::async_logger>(
      "ropewalk", stderr_sink, made->thread, spdlog::async_overflow_policy::overrun_oldest
  );
  made->logger->set_pattern("%v");
  made->logger->set_level(spdlog::level::from_str(std::string(level)));
  made->logger->flush_on(spdlog::level::info);
  made->is_text = format == "text" || (format != "json" && ::isatty(STDERR_FILENO) == 1);
  sink() = std::move(made);
}

void set_mask(std::shared_ptr<SecretMask const> mask) {
  secrets().store(std::move(mask));
}

void stop() {
  set_mask(nullptr);
  sink().reset();
}

void debug(std::string_view message, Fields const& fields) {
  write(spdlog::level::debug, "debug", message, fields);
}
void info(std::string_view message, Fields const& fields) {
  write(spdlog::level::info, "info", message, fields);
}
void warn(std::string_view message, Fields const& fields) {
  write(spdlog::level::warn, "warn", message, fields);
}
void error(std::string_view message, Fields const& fields) {
  write(spdlog::level::err, "error", message, fields);
}

std::string json_line(
    std::string_view at, std::string_view level, std::string_view message, Fields const& fields
) {
  json::object out;
  out["ts"] = at;
  out["level"] = level;
  out["msg"] = message;
  for (auto const& field : fields) out[field.key()] = field.value();
  return to_text(out);
}

std::string text_line(
    std::string_view at, std::string_view level, std::string_view message, Fields const& fields
) {
  std::string out(at.substr(0, at.find('.')));
  out += level == "info" ? " " : " " + std::string(level) + " ";
  // What came from outside must not move the cursor of the terminal.
  for (char const c : message) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  for (auto const& field : fields)
    out += " " + std::string(field.key()) + "=" + to_text(field.value());
  return out;
}

}  // namespace ropewalk::server::log
