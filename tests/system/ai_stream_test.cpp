// The text of AI tasks reaches whoever watches, whole and once, whatever happens to the connection
// or to the server.
//
// Method: slow answers of the simulation; watchers that come early, late, after the end and again;
// the server killed in the middle of a hundred answers. What they put together is compared with
// the task's output in the database.
#include "tests/system/support/server.hpp"
#include "tests/system/support/stream.hpp"
#include "tests/system/support/text_seen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// One task `write`, which speaks about 40 words.
json::value writer(int tokens_per_second) {
  return definition(
      "{'name': 'writer', 'tasks': {'write': {'type': 'ai', 'model': 'sim/prose', 'prompt': "
      "'Say something about täsk number ${{ string(inputs.number) }}, please.', "
      "'extra': {'sim': {'tokensPerSecond': " +
      std::to_string(tokens_per_second) + "}}}}}"
  );
}

void watch(Stream const& stream, std::string const& execution) {
  json::object message{{"type", "subscribe"}, {"id", execution}, {"execution", execution}};
  message["kinds"] = json::array{"token"};
  stream.send(message);
}

std::string output_text(json::object const& execution) {
  return text_of(execution.at("tasks").at(0).at("output").as_object(), "text");
}

bool is_of_text(json::object const& message) {
  auto const type = text_of(message, "type");
  return type == "token" || type == "superseded" || type == "end";
}

/// Reads until `is_enough()`.
template <class Enough>
void read_text_until(Stream& stream, TextSeen& seen, Enough is_enough) {
  while (!is_enough()) {
    auto const message = stream.receive();
    ASSERT_TRUE(message) << "closed with " << stream.closed_with();
    if (is_of_text(*message)) seen.take(*message);
  }
}

void read_to_end(Stream& stream, TextSeen& seen) {
  read_text_until(stream, seen, [&] { return seen.has_ended(); });
}

class AiStreamTest : public ::testing::Test {
 protected:
  std::string start(int number, int tokens_per_second) const {
    return server_.run(writer(tokens_per_second), {{"number", number}});
  }

  Server server_{{"--pools", "default=200"}};
};

TEST_F(AiStreamTest, WatchersEarlyLateAndAfterwardsSeeTheSame) {
  auto const id = start(1, 20);
  Stream early_stream(server_.port());
  watch(early_stream, id);
  TextSeen early;
  read_text_until(early_stream, early, [&] { return early.pieces_count() >= 10; });
  Stream late_stream(server_.port());
  watch(late_stream, id);
  TextSeen late;
  read_text_until(late_stream, late, [&] { return late.pieces_count() >= 1; });
  EXPECT_THAT(late.text(), StartsWith(early.text())) << "the text so far comes first";
  EXPECT_FALSE(late.has_ended());
  read_to_end(early_stream, early);
  read_to_end(late_stream, late);
  auto const execution = server_.wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED");
  EXPECT_THAT(output_text(execution), StartsWith("(simulated) "));
  EXPECT_EQ(early.text(), output_text(execution));
  EXPECT_EQ(late.text(), early.text());
  EXPECT_EQ(text_of(early.end(), "status"), "COMPLETED");
  EXPECT_EQ(text_of(early.end(), "finishReason"), "stop");
  EXPECT_EQ(text_of(early.end(), "model"), "sim/prose");
  EXPECT_GT(early.end().at("usage").at("outputTokens").to_number<int>(), 10);

  server_.kill();  // so that the server does not hold the text any more
  server_.start();
  Stream stream(server_.port());
  watch(stream, id);
  TextSeen afterwards;
  read_to_end(stream, afterwards);
  EXPECT_EQ(afterwards.text(), early.text());
  EXPECT_EQ(afterwards.end(), early.end());
}

TEST_F(AiStreamTest, CancelledInTheMiddleEndsWithWhatWasShown) {
  auto const id = start(3, 20);
  Stream stream(server_.port());
  watch(stream, id);
  TextSeen seen;
  read_text_until(stream, seen, [&] { return seen.pieces_count() >= 5; });
  EXPECT_EQ(server_.post("/v1/executions/" + id + "/cancel", json::object{}).status / 100, 2U);
  read_to_end(stream, seen);
  EXPECT_EQ(text_of(seen.end(), "status"), "CANCELLED");
  EXPECT_EQ(text_of(server_.wait_for_end(id), "status"), "CANCELLED");
  std::string const running = "ropewalk_llm_running{provider=\"sim\"}";
  ASSERT_THAT(server_.get("/metrics").body, HasSubstr(running));
  EXPECT_TRUE(eventually([&] { return server_.metric(running) == 0; })) << "the call goes on";
}

/// A GET of the text of a task as Server-Sent Events, which can be cut off.
class EventsReader {
 public:
  EventsReader(Server const& server, std::string const& id, std::string const& last_id = {})
      : socket_(server.port()) {
    HttpRequest request;
    request.target = "/v1/executions/" + id + "/tasks/write/stream";
    if (!last_id.empty()) request.headers.emplace_back("Last-Event-ID", last_id);
    reply_ = exchange(socket_, to_bytes(request), seconds(20));
  }

  HttpReply const& reply() const { return reply_; }
  std::string const& last_id() const { return last_id_; }
  /// False at the end of the stream.
  bool read_into(TextSeen& seen) {
    for (auto const& event : take_server_events(reply_.body)) {
      EXPECT_EQ(event.name, text_of(event.data, "type"));
      last_id_ = event.id;
      seen.take(event.data);
    }
    return socket_.read_some(reply_.body, seconds(20));
  }

 private:
  Socket socket_;
  HttpReply reply_;
  std::string last_id_;
};

TEST_F(AiStreamTest, ServerSentEventsGoOnBehindTheLastOne) {
  auto const id = start(2, 20);
  TextSeen seen;
  std::string last_id;
  for (int connection = 0; connection < 3; ++connection) {
    EventsReader events(server_, id, last_id);
    ASSERT_EQ(events.reply().status, 200U);
    EXPECT_EQ(events.reply().header("content-type"), "text/event-stream");
    auto const wanted = seen.pieces_count() + 5;
    while (seen.pieces_count() < wanted) ASSERT_TRUE(events.read_into(seen));
    ASSERT_FALSE(seen.has_ended()) << "it was too quick to be cut off";
    last_id = events.last_id();
  }
  EventsReader events(server_, id, last_id);
  while (events.read_into(seen)) {
  }
  ASSERT_TRUE(seen.has_ended());
  EXPECT_EQ(seen.text(), output_text(server_.wait_for_end(id)));
  EXPECT_EQ(EventsReader(server_, id, events.last_id()).reply().status, 204U);
  TextSeen again;
  EventsReader from_the_beginning(server_, id);
  while (from_the_beginning.read_into(again)) {
  }
  EXPECT_EQ(again.text(), seen.text());
}

/// Many texts, on one connection after the other.
class Watcher {
 public:
  explicit Watcher(std::vector<std::string> const& ids) {
    for (auto const& id : ids) texts_[id];
  }

  /// On a new connection, until `is_enough(text)` of each.
  template <class Enough>
  void read(Server const& server, Enough is_enough) {
    Stream stream(server.port());
    for (auto& [id, text] : texts_) {
      if (text.has_ended()) continue;
      watch(stream, id);
      text.reconnected();
    }
    while (count(is_enough) < texts_.size()) {
      auto const message = stream.receive();
      ASSERT_TRUE(message) << "closed with " << stream.closed_with();
      ASSERT_NE(text_of(*message, "type"), "error") << Stream::json_text(*message);
      if (is_of_text(*message)) texts_.at(text_of(*message, "execution")).take(*message);
    }
  }
  template <class Condition>
  std::size_t count(Condition holds) const {
    return static_cast<std::size_t>(std::count_if(
        texts_.begin(), texts_.end(), [&](auto const& entry) { return holds(entry.second); }
    ));
  }
  std::map<std::string, TextSeen> const& texts() const { return texts_; }

 private:
  std::map<std::string, TextSeen> texts_;
};

TEST_F(AiStreamTest, ServerKilledInTheMiddleOfAHundredTexts) {
  constexpr int texts_count = 100;
  std::vector<std::string> ids;
  for (int i = 0; i < texts_count; ++i) ids.push_back(start(i, 6));
  Watcher watcher(ids);
  auto const has_ended = [](TextSeen const& text) { return text.has_ended(); };
  for (std::uint64_t attempt = 1; attempt <= 2; ++attempt) {
    watcher.read(server_, [&](TextSeen const& text) {
      return text.has_ended() || (text.attempt() == attempt && text.text().size() > 20);
    });
    if (HasFatalFailure()) return;
    EXPECT_LT(watcher.count(has_ended), 10U) << "the kill came too late to show anything";
    server_.kill();
    server_.start();
  }
  watcher.read(server_, has_ended);
  if (HasFatalFailure()) return;
  for (auto const& [id, text] : watcher.texts()) {
    auto const execution = server_.wait_for_end(id);
    EXPECT_EQ(text_of(execution, "status"), "COMPLETED");
    auto const attempt = execution.at("tasks").at(0).at("attempt").to_number<int>();
    EXPECT_EQ(text.attempt(), static_cast<std::uint64_t>(attempt));
    EXPECT_EQ(text.superseded_count(), attempt - 1) << id;
    EXPECT_EQ(text.text(), output_text(execution));
  }
  EXPECT_EQ(gaps_in_events(server_.database()), "");
}

}  // namespace
}  // namespace ropewalk::system_test
