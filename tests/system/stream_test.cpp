// Every event once, in order, whatever happens to the connection (DESIGN §6, promise 4; §7).
//
// Method: clients that are cut off at random, that come late, that choose kinds, that do not read;
// the events that they got are compared with 1, 2, 3, … and with what the server has stored.
#include "tests/system/support/stream.hpp"

#include "tests/system/support/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

std::uint64_t seq_of(json::object const& event) {
  return event.at("seq").to_number<std::uint64_t>();
}

json::object subscribe_to(std::string const& execution, std::uint64_t after = 0) {
  json::object out;
  out["type"] = "subscribe";
  out["id"] = "s";
  out["execution"] = execution;
  out["after"] = after;
  return out;
}

/// Lines from several tasks at once, some at full speed, some with pauses.
json::value chatter(int lines) {
  std::string const n = std::to_string(lines);
  std::string const fast = "'command': ['seq', '1', '" + n + "']";
  std::string const slow = "'command': ['sh', '-c', 'for i in $(seq 1 " + n +
                           "); do echo $i; [ $((i % 20)) = 0 ] && sleep 0.02; done; true']";
  return definition(
      "{'name': 'chatter', 'tasks': {'fast': {'type': 'command', " + fast +
      "}, 'slow': {'type': 'command', " + slow + "}, 'both': {'type': 'command', " + slow +
      "}, 'end': {'type': 'pass', 'needs': ['fast', 'slow', 'both']}}}"
  );
}

bool is_end_of_execution(json::object const& event) {
  if (text_of(event, "kind") != "execution.status") return false;
  auto const status = text_of(event, "status");
  return status == "COMPLETED" || status == "FAILED" || status == "CANCELLED";
}

/// One execution, as a client that may be cut off sees it.
struct Seen {
  std::uint64_t last_seq = 0;
  bool has_ended = false;

  /// An event out of turn is a failure.
  void take(json::object const& event) {
    EXPECT_EQ(seq_of(event), last_seq + 1) << Stream::json_text(event);
    last_seq = seq_of(event);
    has_ended = has_ended || is_end_of_execution(event);
  }
};

/// Reads events until `count` have come or the execution has ended.
void read_events(Stream& stream, Seen& seen, std::size_t count) {
  for (std::size_t got = 0; got < count && !seen.has_ended;) {
    auto const message = stream.receive();
    ASSERT_TRUE(message) << "no event after " << seen.last_seq << ", closed with "
                         << stream.closed_with();
    if (text_of(*message, "type") != "event") continue;
    seen.take(*message);
    ++got;
  }
}

class StreamTest : public ::testing::Test {
 protected:
  std::string start(json::value const& workflow) const { return server_.run(workflow); }

  Server server_;
};

TEST_F(StreamTest, CutOffAThousandTimes) {
  constexpr int cuts = 1000;
  std::mt19937 random(11);
  std::map<std::string, Seen> executions;
  for (int i = 0; i < 5; ++i) executions[start(chatter(1500))];
  for (int cut = 0; cut < cuts; ++cut) {
    auto const which = std::next(executions.begin(), static_cast<long>(random() % 5));
    auto& [id, seen] = *which;
    Stream stream(server_.port());
    stream.send(subscribe_to(id, seen.last_seq));
    if (!seen.has_ended) read_events(stream, seen, random() % 40);
    if (HasFatalFailure()) return;
    stream.cut();
  }
  for (auto& [id, seen] : executions) {
    Stream stream(server_.port());
    stream.send(subscribe_to(id, seen.last_seq));
    read_events(stream, seen, 1'000'000);
    EXPECT_TRUE(seen.has_ended);
    EXPECT_GT(seen.last_seq, 4500U) << "log lines are missing";
    EXPECT_EQ(server_.execution(id).at("lastSeq").to_number<std::uint64_t>(), seen.last_seq);
  }
  EXPECT_EQ(gaps_in_events(server_.database()), "");
}

TEST_F(StreamTest, WhoComesLateGetsEverything) {
  auto const id = start(chatter(200));
  server_.wait_for_end(id);
  Stream stream(server_.port());
  stream.send(subscribe_to(id));
  auto const told = stream.expect("subscribed");
  Seen seen;
  read_events(stream, seen, 1'000'000);
  EXPECT_EQ(seen.last_seq, told.at("seq").to_number<std::uint64_t>());
}

TEST_F(StreamTest, OnlyTheKindsThatWereAskedFor) {
  auto const id = start(chatter(50));
  Stream stream(server_.port());
  auto message = subscribe_to(id);
  message["kinds"] = json::array{"status"};
  stream.send(message);
  std::uint64_t last_seq = 0;
  for (bool has_ended = false; !has_ended;) {
    auto const event = stream.expect("event");
    EXPECT_THAT(text_of(event, "kind"), HasSubstr(".status"));
    EXPECT_GT(seq_of(event), last_seq);
    last_seq = seq_of(event);
    has_ended = is_end_of_execution(event);
  }
}

TEST_F(StreamTest, AllExecutionsByTheirStatus) {
  Stream stream(server_.port());
  stream.send(json::object{{"type", "subscribe"}, {"id", "all"}, {"executions", "all"}});
  EXPECT_EQ(text_of(stream.expect("subscribed"), "executions"), "all");
  std::set<std::string> started;
  for (int i = 0; i < 5; ++i) started.insert(start(chatter(5)));
  while (!started.empty()) {
    auto const event = stream.expect("event");
    EXPECT_EQ(text_of(event, "kind"), "execution.status");
    if (is_end_of_execution(event)) started.erase(text_of(event, "execution"));
  }
}

TEST_F(StreamTest, RunAndCancelOverTheSocket) {
  Stream stream(server_.port());
  json::object run{{"type", "run"}, {"id", "r1"}};
  run["workflow"] = definition(
      "{'name': 'sleeps', 'tasks': {'a': {'type': 'command', 'command': ['sleep', '1000']}}}"
  );
  stream.send(run);
  auto const accepted = stream.expect("accepted");
  EXPECT_EQ(text_of(accepted, "id"), "r1");
  auto const id = text_of(accepted, "execution");
  Seen seen;
  while (server_.status_of(id, "a") != "RUNNING") seen.take(stream.expect("event"));
  stream.send(json::object{{"type", "cancel"}, {"id", "c1"}, {"execution", id}});
  bool is_told = false;
  while (!seen.has_ended || !is_told) {
    auto const message = stream.receive();
    ASSERT_TRUE(message);
    if (text_of(*message, "type") == "event") seen.take(*message);
    is_told = is_told || (text_of(*message, "type") == "ok" && text_of(*message, "id") == "c1");
  }
  EXPECT_EQ(text_of(server_.execution(id), "status"), "CANCELLED");
}

TEST_F(StreamTest, WhoReadsSlowlyCatchesUpOrIsToldToComeAgain) {
  std::string const many = "{'type': 'command', 'command': ['seq', '1', '30000']}";
  auto const id =
      start(definition("{'name': 'many', 'tasks': {'a': " + many + ", 'b': " + many + "}}"));
  Seen seen;
  {
    Stream slow(server_.port(), 4096);
    slow.send(subscribe_to(id));
    server_.wait_for_end(id);  // and nothing was read meanwhile
    for (bool goes_on = true; goes_on && !seen.has_ended;) {
      auto const message = slow.receive();
      goes_on = message.has_value();
      if (message && text_of(*message, "type") == "event") seen.take(*message);
    }
    EXPECT_TRUE(seen.has_ended || slow.closed_with() == 1013U) << slow.closed_with();
  }
  Stream again(server_.port());
  again.send(subscribe_to(id, seen.last_seq));
  if (!seen.has_ended) read_events(again, seen, 1'000'000);
  EXPECT_TRUE(seen.has_ended);
  EXPECT_GT(seen.last_seq, 60'000U);
}

TEST_F(StreamTest, ARestartOfTheServerIsACutLikeAnyOther) {
  auto const id = start(chatter(2000));
  Seen seen;
  for (int restart = 0; restart < 3; ++restart) {
    Stream stream(server_.port());
    stream.send(subscribe_to(id, seen.last_seq));
    read_events(stream, seen, 50);
    if (HasFatalFailure()) return;
    server_.kill();
    server_.start();
  }
  Stream stream(server_.port());
  stream.send(subscribe_to(id, seen.last_seq));
  read_events(stream, seen, 1'000'000);
  EXPECT_TRUE(seen.has_ended);
}

}  // namespace
}  // namespace ropewalk::system_test
