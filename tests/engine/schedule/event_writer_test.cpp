// Events as they are stored and sent.
#include "engine/schedule/event_writer.hpp"

#include "engine/base/json.hpp"
#include "tests/engine/schedule/support.hpp"

#include <boost/json/serialize.hpp>

namespace ropewalk {
namespace {

using namespace test;

TEST(EventWriter, JoinsEventsOfOneKindIntoOneChunk) {
  EventWriter events(41);
  events.task_status(t0, {"a", 1, Status::running, nullptr, std::nullopt});
  events.task_log(t0, "a", 1, {LogLevel::info, "one", false});
  events.task_log(t0, "a", 1, {LogLevel::info, "two", true});
  events.task_log(t0, "b", 1, {LogLevel::info, "three", false});
  events.task_status(t0, {"a", 1, Status::completed, nullptr, std::nullopt});
  auto const chunks = events.take();
  ASSERT_EQ(chunks.size(), 4U);
  EXPECT_EQ(chunks[0].first_seq, 42U);
  EXPECT_EQ(chunks[1].log_task, "a");
  EXPECT_EQ(chunks[1].first_seq, 43U);
  EXPECT_EQ(chunks[1].last_seq, 44U);
  EXPECT_EQ(chunks[3].last_seq, 46U);
  EXPECT_TRUE(events.empty());
}

TEST(EventWriter, WritesTheWireForm) {
  EventWriter events;
  Error const error{ErrorClass::transient, "timeout", "took too long"};
  events.task_status(t0, {"a", 2, Status::retrying, &error, t0 + 5s});
  EXPECT_EQ(
      events.take().at(0).frames,
      R"({"seq":1,"at":"2026-01-31T00:00:00.000000Z","kind":"task.status","task":"a","attempt":2,)"
      R"("status":"RETRYING",)"
      R"("retryAt":"2026-01-31T00:00:05.000000Z","error":{"class":"transient",)"
      R"("code":"timeout","message":"took too long"}})"
      "\n"
  );
}

TEST(EventWriter, WhateverALogLineHoldsTheFrameIsOneLineOfJson) {
  std::string text;
  for (int c = 1; c < 256; ++c)
    text += c < 128 ? std::string(1, static_cast<char>(c)) : std::string("é");
  EventWriter events;
  events.task_log(t0, "a", 1, {LogLevel::error, text, false});
  std::string const frames = events.take().at(0).frames;
  EXPECT_EQ(std::count(frames.begin(), frames.end(), '\n'), 1);
  EXPECT_EQ(parse_json(frames.substr(0, frames.size() - 1)).value().at("text"), json::value(text));
}

TEST(EventWriter, ALargeOutputIsToldBySize) {
  EventWriter events;
  events.task_output(t0, "a", 1, json::serialize(json::string(10'000, 'x')));
  std::string const frame = events.take().at(0).frames;
  EXPECT_LT(frame.size(), 200U);
  EXPECT_NE(frame.find("\"size\":10002"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk
