#pragma once
// What a client makes of token frames: it keeps the text that they say, and finds fault with gaps.

#include "engine/base/json.hpp"
#include "server/stream/text_log.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

namespace ropewalk::server {

class TextKeeper {
 public:
  std::map<std::string, std::string> texts;  // by channel, of the latest attempt
  std::vector<std::string> kinds;            // "token", "superseded", "end" in order
  std::int64_t attempt = 0;
  json::object end{};
  json::object superseded{};
  bool was_cut = false;

  /// False when the frame is none of a text.
  bool take(std::string_view text) {
    auto const value = parse_json(text, JsonLimits{4 * 1024 * 1024, 32, 1000});
    if (!value || !value->is_object()) return false;
    auto const& frame = value->get_object();
    std::string const type(frame.at("type").as_string());
    if (type == "superseded") {
      superseded = frame;
      texts.clear();
    } else if (type == "token") {
      take_token(frame);
    } else if (type == "end") {
      end = frame;
    } else {
      return false;
    }
    kinds.push_back(type);
    return true;
  }

 private:
  void take_token(json::object const& frame) {
    auto const* named = frame.if_contains("channel");
    std::string const channel(named == nullptr ? "text" : named->as_string());
    auto const offset = static_cast<std::uint64_t>(frame.at("offset").as_int64());
    if (offset == 0) texts[channel].clear();
    EXPECT_EQ(offset, code_points(texts[channel])) << "a gap, or a piece twice";
    texts[channel] += frame.at("text").as_string();
    attempt = frame.at("attempt").as_int64();
    was_cut = was_cut || frame.contains("cut");
  }
};

}  // namespace ropewalk::server
