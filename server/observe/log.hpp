#pragma once
// The server's own log: one JSON object a line on stderr, or text for people.
//
// Any thread; never blocks a shard: lines go through a bounded queue to a writer thread, and when
// that is full the oldest are dropped and counted. Known secrets are taken out of every line.

#include "engine/base/secret_mask.hpp"

#include <boost/json/object.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ropewalk::server::log {

/// `level`: debug, info, warn or error. `format`: auto, json or text. Called once, before the first
/// shard starts.
void start(std::string_view level, std::string_view format);
/// What must be in no line from now on; null: nothing.
void set_mask(std::shared_ptr<SecretMask const> mask);
/// Writes what is queued. Called last.
void stop();

using Fields = boost::json::object;  // "execution", "task", "attempt", "error", …

void debug(std::string_view message, Fields const& fields = {});
void info(std::string_view message, Fields const& fields = {});
void warn(std::string_view message, Fields const& fields = {});
void error(std::string_view message, Fields const& fields = {});

/// One line of each format, without its end.
std::string json_line(
    std::string_view at, std::string_view level, std::string_view message, Fields const& fields
);
std::string text_line(
    std::string_view at, std::string_view level, std::string_view message, Fields const& fields
);

}  // namespace ropewalk::server::log
