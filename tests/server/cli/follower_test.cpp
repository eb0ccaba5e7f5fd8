// Goal: the client says what servers answer, and a follower sees every event once, in order,
// however often its connection is cut. Method: a server on a Unix socket that cuts connections off
// where the test tells it to.
#include "server/cli/follower.hpp"

#include "engine/base/json.hpp"
#include "server/cli/run_view.hpp"
#include "tests/server/cli/fake_server.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

constexpr std::chrono::seconds soon{10};

std::string event_text(std::uint64_t seq) {
  return R"({"type":"event","execution":"x","seq":)" + std::to_string(seq) +
         R"(,"kind":"task.status"})";
}

Address address_of(FakeServer const& server) {
  return parse_address(server.url()).value();
}

TEST(HttpClient, GetsJson) {
  FakeScript script;
  script.answer = [](std::string const& method, std::string const& target, std::string const& body
                  ) {
    return FakeReply{200, to_text(json::array{method, target, body})};
  };
  FakeServer const server(std::move(script));
  HttpClient const client(address_of(server));
  EXPECT_EQ(to_text(client.get("/v1/x?y=1").value()), R"(["GET","/v1/x?y=1",""])");
  EXPECT_EQ(to_text(client.post("/v1/x", json::object()).value()), R"(["POST","/v1/x","{}"])");
}

TEST(HttpClient, RefusalsAreErrors) {
  FakeScript script;
  script.answer = [](std::string const&, std::string const& target, std::string const&) {
    return target == "/problem" ? FakeReply{409, R"({"code":"already_ended","detail":"it ended"})"}
                                : FakeReply{200, "<html>"};
  };
  FakeServer const server(std::move(script));
  HttpClient const client(address_of(server));
  EXPECT_EQ(client.get("/problem").error().code, "already_ended");
  EXPECT_EQ(client.get("/html").error().code, "bad_reply");
}

TEST(HttpClient, NoServerIsAnErrorWithAMend) {
  HttpClient const client(parse_address("unix:/nonexistent/socket").value());
  auto const error = client.get("/").error();
  EXPECT_EQ(error.code, "server_unreachable");
  EXPECT_FALSE(error.hint.empty());
}

TEST(Follower, SeesEveryEventOnceOverManyBrokenConnections) {
  constexpr std::uint64_t events_count = 40;
  FakeScript script;
  script.frame = [](int connection, std::uint64_t after, int frame) -> std::string {
    if (frame == 0) return R"({"type":"subscribed","id":"s1","seq":0})";
    if (frame > connection % 9 + 1) return {};
    auto const seq = after + static_cast<std::uint64_t>(frame);
    // Every third connection repeats what was seen already.
    return event_text(connection % 3 == 2 && seq > 1 ? seq - 1 : seq);
  };
  FakeServer const server(std::move(script));
  Follower follower(address_of(server), "x", {"status"});
  for (std::uint64_t expected = 1; expected <= events_count; ++expected) {
    auto const event = follower.next(soon);
    ASSERT_TRUE(event) << event.error().message;
    ASSERT_TRUE(*event);
    EXPECT_EQ(number_at(**event, "seq"), expected);
  }
}

TEST(Follower, GivesTheFramesOfTextsBesideTheEvents) {
  FakeScript script;
  script.frame = [](int, std::uint64_t, int frame) -> std::string {
    if (frame == 0) return R"({"type":"subscribed","id":"s1","seq":0})";
    if (frame == 1) return event_text(1);
    if (frame == 2) return R"({"type":"token","task":"a","attempt":1,"offset":0,"text":"hi"})";
    if (frame == 3) return R"({"type":"superseded","task":"a","attempt":1,"by":2})";
    return frame == 4 ? R"({"type":"end","task":"a","attempt":2})" : "";
  };
  FakeServer const server(std::move(script));
  Follower follower(address_of(server), "x", {"status", "token"});
  for (auto const* expected : {"event", "token", "superseded", "end"}) {
    auto const frame = follower.next(soon);
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ(text_at(**frame, "type"), expected);
  }
}

TEST(Follower, ReturnsWhenNothingComes) {
  FakeScript script;
  script.frame = [](int, std::uint64_t, int) { return std::string(); };
  FakeServer const server(std::move(script));
  Follower follower(address_of(server), "x", {"status"});
  auto const event = follower.next(std::chrono::milliseconds(50));
  ASSERT_TRUE(event);
  EXPECT_FALSE(*event);
}

TEST(Follower, PassesOnWhatTheServerRefuses) {
  FakeScript script;
  script.frame = [](int, std::uint64_t, int) {
    return std::string(
        R"({"type":"error","id":"s1","code":"not_found","message":"no such execution"})"
    );
  };
  FakeServer const server(std::move(script));
  Follower follower(address_of(server), "x", {"status"});
  auto const event = follower.next(soon);
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, "not_found");
  EXPECT_EQ(event.error().message, "no such execution");
}

}  // namespace
}  // namespace ropewalk::cli
