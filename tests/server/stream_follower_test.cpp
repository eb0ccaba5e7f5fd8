// Texts from the attempt to a subscriber's frames, without I/O. Method: a book, one shard's streams
// and followers that are given little or much room.
#include "server/stream/stream_follower.hpp"

#include "server/stream/stored_text.hpp"
#include "server/stream/stream_book.hpp"
#include "sql/sha256.hpp"
#include "tests/server/stream_frames.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

class Taker : public FrameTaker {
 public:
  void take(std::string_view, std::string_view json, StreamPlace const& place) override {
    EXPECT_TRUE(keeper.take(json)) << json;
    after = place;
    ++count;
  }
  TextKeeper keeper;
  StreamPlace after{};
  std::size_t count = 0;
};

EventChunk status_event(std::uint64_t seq, std::uint32_t attempt, std::string const& status) {
  EventChunk out;
  out.first_seq = out.last_seq = seq;
  out.frames = "{\"seq\":" + std::to_string(seq) +
               R"(,"at":"t","kind":"task.status","task":"a","attempt":)" + std::to_string(attempt) +
               R"(,"status":")" + status + "\"}\n";
  return out;
}

class FollowerTest : public testing::Test {
 protected:
  void say(std::string_view text, std::string_view channel = "text", std::uint32_t attempt = 1) {
    book_.token(TextSource{id_, "a", attempt}, channel, text);
    pass_on();
  }
  void restart(std::string_view reason) {
    book_.restart(TextSource{id_, "a", 1}, reason);
    pass_on();
  }
  void publish(std::uint64_t seq, std::uint32_t attempt, std::string const& status) {
    book_.published(id_, {status_event(seq, attempt, status)});
    pass_on();
  }
  void pass_on() {
    for (auto const& update : book_.take_updates()) {
      streams_->apply(update);
      for (auto* follower : followers_) follower->offer(update, known_);
    }
  }
  StreamFollower& follow(StreamFollower& follower) {
    follower.offer_all(known_);
    follower.events_sent(known_);
    followers_.push_back(&follower);
    return follower;
  }

  ExecutionId id_{};
  std::uint64_t known_ = 0;
  StreamBook book_{1000};
  std::shared_ptr<ExecutionStreams> streams_ = std::make_shared<ExecutionStreams>(id_);
  std::vector<StreamFollower*> followers_;
};

TEST_F(FollowerTest, WhatWaitsIsOneFrame) {
  StreamFollower follower(streams_);
  follow(follower);
  for (int i = 0; i < 100; ++i) say("жx");
  say("why", "reasoning");
  Taker taker;
  EXPECT_EQ(follower.take(taker, 1 << 20), 2U);
  EXPECT_EQ(taker.keeper.texts["text"].size(), 300U);
  EXPECT_EQ(taker.keeper.texts["reasoning"], "why");
  EXPECT_FALSE(follower.has_more());
  say("!");
  EXPECT_EQ(follower.take(taker, 1 << 20), 1U);
  EXPECT_EQ(taker.after.channels.at(0).position.points, 201U);
}

TEST_F(FollowerTest, TokensWaitForTheEventThatTheTaskRunsAndTheEndForThatOfItsEnd) {
  StreamFollower follower(streams_);
  followers_.push_back(&follower);
  known_ = 5;
  say("hello");
  Taker taker;
  follower.events_sent(4);
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U);
  EXPECT_FALSE(follower.has_more());
  follower.events_sent(5);
  EXPECT_TRUE(follower.has_more());
  EXPECT_EQ(follower.take(taker, 1 << 20), 1U);
  publish(9, 1, "COMPLETED");
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U);
  follower.events_sent(9);
  EXPECT_EQ(follower.take(taker, 1 << 20), 1U);
  EXPECT_EQ(taker.keeper.end.at("length").as_int64(), 5);
  EXPECT_EQ(taker.keeper.end.at("sha256").as_string(), sql::sha256_hex("hello"));
  EXPECT_EQ(taker.keeper.end.at("status").as_string(), "COMPLETED");
}

TEST_F(FollowerTest, AnAttemptThatIsQuickerThanItsCommitWaitsForIt) {
  StreamFollower follower(streams_);
  followers_.push_back(&follower);
  known_ = 2;
  follower.events_sent(2);
  Taker taker;
  auto const say_early = [&](std::uint32_t attempt, std::uint64_t running_seq) {
    book_.token(TextSource{id_, "a", attempt, running_seq}, "text", "early");
    pass_on();
  };
  say_early(1, 3);
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U) << "that it runs was not told";
  publish(3, 1, "RUNNING");
  follower.events_sent(3);
  EXPECT_EQ(follower.take(taker, 1 << 20), 1U);
  publish(4, 1, "RETRYING");
  follower.events_sent(4);
  say_early(2, 5);
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U) << "of no attempt";
  publish(5, 2, "RUNNING");
  follower.events_sent(5);
  EXPECT_EQ(follower.take(taker, 1 << 20), 2U) << "superseded, and what came since";
}

TEST_F(FollowerTest, ARestartAndARetrySupersede) {
  StreamFollower follower(streams_);
  follow(follower);
  Taker taker;
  say("bad");
  follower.take(taker, 1 << 20);
  restart("repair");
  say("better");
  follower.take(taker, 1 << 20);
  EXPECT_EQ(taker.keeper.superseded.at("by").as_int64(), 1);
  EXPECT_EQ(taker.keeper.superseded.at("reason").as_string(), "repair");
  EXPECT_EQ(taker.keeper.texts["text"], "better");
  publish(3, 1, "RETRYING");
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U);
  publish(4, 2, "RUNNING");
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U) << "that it runs was not sent yet";
  follower.events_sent(4);
  follower.take(taker, 1 << 20);
  EXPECT_EQ(taker.keeper.superseded.at("attempt").as_int64(), 1);
  EXPECT_EQ(taker.keeper.superseded.at("by").as_int64(), 2);
  EXPECT_TRUE(taker.keeper.texts.empty());
  say("late words of attempt 1");
  EXPECT_EQ(follower.take(taker, 1 << 20), 0U);
  say("good", "text", 2);
  follower.take(taker, 1 << 20);
  EXPECT_EQ(taker.keeper.texts["text"], "good");
  EXPECT_EQ(taker.keeper.attempt, 2);
  std::vector<std::string> const kinds{"token", "superseded", "token", "superseded", "token"};
  EXPECT_EQ(taker.keeper.kinds, kinds);
}

TEST_F(FollowerTest, WhoComesLateIsToldOfAttemptsThatItMayHaveSeen) {
  say("x", "text", 3);
  StreamFollower follower(streams_);
  Taker taker;
  follow(follower).take(taker, 1 << 20);
  std::vector<std::string> const kinds{"superseded", "token"};
  EXPECT_EQ(taker.keeper.kinds, kinds);
  EXPECT_EQ(taker.keeper.superseded.at("attempt").as_int64(), 2);
  EXPECT_EQ(taker.keeper.superseded.at("by").as_int64(), 3);
}

TEST_F(FollowerTest, TextPastTheLimitIsMarkedCountedAndHashed) {
  StreamFollower follower(streams_);
  follow(follower);
  std::string all;
  for (int i = 0; i < 700; ++i) say("ж"), all += "ж";  // 1400 bytes
  Taker taker;
  follower.take(taker, 1 << 20);
  EXPECT_TRUE(taker.keeper.was_cut);
  EXPECT_EQ(taker.keeper.texts["text"].size(), 1000U);
  publish(1, 1, "FAILED");
  follower.events_sent(1);
  follower.take(taker, 1 << 20);
  EXPECT_EQ(taker.keeper.end.at("length").as_int64(), 700);
  EXPECT_EQ(taker.keeper.end.at("sha256").as_string(), sql::sha256_hex(all));
  EXPECT_LE(book_.bytes_held(), 2048U + 1024U);
}

TEST_F(FollowerTest, ResumesAtEveryOffset) {
  std::string const text = "aé€🚀 and so on";
  say(text);
  say("because", "reasoning");
  auto const count = code_points(text);
  for (std::uint64_t points = 0; points <= count; ++points) {
    StreamFollower follower(streams_, "a");
    StreamPlace place{1, 0, {{"reasoning", {0, 3}}, {"text", {0, points}}}, false};
    follower.resume(place);
    Taker taker;
    std::string had;
    streams_->at(0).channels[0].log->read(
        {}, streams_->at(0).channels[0].log->find(points, {text.size(), count}), had
    );
    taker.keeper.texts["text"] = had;
    taker.keeper.texts["reasoning"] = "bec";
    follow(follower).take(taker, 1 << 20);
    EXPECT_EQ(taker.keeper.texts["text"], text);
    EXPECT_EQ(taker.keeper.texts["reasoning"], "because");
    EXPECT_TRUE(taker.keeper.superseded.empty());
    followers_.clear();
  }
  StreamFollower elsewhere(streams_, "a");
  elsewhere.resume(StreamPlace{1, 7, {{"text", {0, 2}}}, false});
  Taker taker;
  taker.keeper.texts["text"] = "zz";
  follow(elsewhere).take(taker, 1 << 20);
  EXPECT_EQ(taker.keeper.texts["text"], text);
  EXPECT_FALSE(taker.keeper.superseded.empty());
}

/// A thousand subscribers at one place: one copy of the text, and one formatting of each piece.
TEST_F(FollowerTest, AThousandSubscribersShareTextAndFrames) {
  StreamBook book(4 << 20);
  auto const streams = std::make_shared<ExecutionStreams>(id_);
  std::vector<std::unique_ptr<StreamFollower>> followers;
  std::vector<Taker> takers(1000);
  for (int i = 0; i < 1000; ++i) followers.push_back(std::make_unique<StreamFollower>(streams));
  std::string text;
  for (int round = 0; round < 50; ++round) {
    auto const piece = "piece " + std::to_string(round) + " ";
    text += piece;
    book.token(TextSource{id_, "a", 1}, "text", piece);
    for (auto const& update : book.take_updates()) {
      streams->apply(update);
      for (auto& follower : followers) follower->offer(update, 0);
    }
    for (std::size_t i = 0; i < 1000; ++i) followers[i]->take(takers[i], 1 << 20);
  }
  EXPECT_EQ(streams->formatted_count(), 50U);
  EXPECT_EQ(book.bytes_held(), 1024U);  // 540 bytes of text in its first block, whoever watches
  EXPECT_EQ(streams->at(0).channels[0].log.use_count(), 2);  // the book's and the shard's
  for (auto& taker : takers) EXPECT_EQ(taker.keeper.texts["text"], text);
}

TEST_F(FollowerTest, ALongTextComesInPieces) {
  std::string const text(300 * 1024, 'x');
  StoredText stored{"a", 1, "COMPLETED", 0, {{"text", text}}, {}, {}, 0};
  StreamFollower follower(to_streams(id_, {stored}));
  follower.offer_all(0);
  Taker taker;
  while (follower.has_more()) follower.take(taker, 1000);
  EXPECT_EQ(taker.keeper.texts["text"], text);
  EXPECT_EQ(taker.count, 6U);
  EXPECT_TRUE(follower.is_done());
}

TEST(StoredText, ReadsWhatIsKept) {
  auto const text = read_stored_text(
      "a",
      2,
      "COMPLETED",
      R"({"text":"hi","channels":{"reasoning":"hm"},"finishReason":"stop")"
      R"(,"usage":{"inputTokens":3},"costUsd":0.5,"model":"p/m","sha256":"ab")"
      R"(,"length":2,"generation":1})"
  );
  auto const streams = to_streams(ExecutionId{}, {text});
  auto const& view = streams->at(0);
  EXPECT_EQ(view.head->generation, 1U);
  ASSERT_EQ(view.channels.size(), 2U);
  TextKeeper keeper;
  EXPECT_TRUE(keeper.take(view.end->json));
  EXPECT_EQ(keeper.end.at("model").as_string(), "p/m");
  EXPECT_EQ(keeper.end.at("costUsd").to_number<double>(), 0.5);
  EXPECT_EQ(keeper.end.at("usage").at("inputTokens").as_int64(), 3);
  EXPECT_EQ(keeper.end.at("sha256").as_string(), "ab");
  EXPECT_TRUE(read_stored_text("a", 1, "FAILED", "[1").channels.empty());
}

}  // namespace
}  // namespace ropewalk::server
