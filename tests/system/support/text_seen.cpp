#include "tests/system/support/text_seen.hpp"

#include "sql/sha256.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace ropewalk::system_test {
namespace {

std::uint64_t number_of(json::object const& frame, std::string_view name) {
  return frame.at(name).to_number<std::uint64_t>();
}

std::uint64_t code_points(std::string const& text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
  }));
}

}  // namespace

void TextSeen::take(json::object const& frame) {
  EXPECT_FALSE(has_ended()) << "after its end: " << json::serialize(frame);
  if (frame.contains("channel")) return;
  auto const type = text_of(frame, "type");
  if (type == "token") return take_token(frame);
  if (type == "superseded") return take_superseded(frame);
  EXPECT_EQ(type, "end") << json::serialize(frame);
  take_end(frame);
}

void TextSeen::take_token(json::object const& frame) {
  auto const piece = text_of(frame, "text");
  auto const offset = number_of(frame, "offset");
  if (attempt_ == 0) attempt_ = number_of(frame, "attempt");
  EXPECT_EQ(number_of(frame, "attempt"), attempt_) << "without being told: superseded";
  if (offset == 0 && may_begin_anew_) {
    EXPECT_TRUE(piece.starts_with(text_) || text_.starts_with(piece)) << "of one attempt: another";
    text_.clear();
    length_ = 0;
  }
  EXPECT_EQ(offset, length_) << "a gap or a doubled piece: " << json::serialize(frame);
  may_begin_anew_ = false;
  text_ += piece;
  length_ += code_points(piece);
  ++pieces_count_;
}

void TextSeen::take_superseded(json::object const& frame) {
  if (attempt_ != 0) {
    EXPECT_EQ(number_of(frame, "attempt"), attempt_);
  }
  EXPECT_GE(number_of(frame, "by"), number_of(frame, "attempt"));
  attempt_ = number_of(frame, "by");
  text_.clear();
  length_ = 0;
  ++superseded_count_;
}

void TextSeen::take_end(json::object const& frame) {
  if (attempt_ != 0) {
    EXPECT_EQ(number_of(frame, "attempt"), attempt_);
  }
  EXPECT_EQ(number_of(frame, "length"), length_);
  EXPECT_EQ(text_of(frame, "sha256"), sql::sha256_hex(text_));
  end_ = frame;
}

std::vector<ServerEvent> take_server_events(std::string& bytes) {
  std::vector<ServerEvent> out;
  for (std::size_t end = 0; (end = bytes.find("\n\n")) != bytes.npos; bytes.erase(0, end + 2)) {
    std::istringstream lines(bytes.substr(0, end + 1));
    ServerEvent event;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("id: ")) event.id = line.substr(4);
      if (line.starts_with("event: ")) event.name = line.substr(7);
      if (line.starts_with("data: ")) event.data = json::parse(line.substr(6)).as_object();
    }
    if (!event.name.empty()) out.push_back(std::move(event));
  }
  return out;
}

}  // namespace ropewalk::system_test
