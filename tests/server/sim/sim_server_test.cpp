// Goal: the endpoint as a client sees it on the socket: framing, faults, bounds, errors.
// Method: the whole server on a loopback port in one thread, and a raw client.
#include "server/sim/sim_server.hpp"

#include "engine/async/deadline.hpp"
#include "tests/server/test_server.hpp"

#include <gmock/gmock.h>

namespace ropewalk::server {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class SimServerTest : public testing::Test {
 protected:
  /// Runs `talk` against a server, then stops it.
  template <class Talk>
  void run(Talk talk, SimServerOptions options = {}) {
    asio::io_context io(1);
    auto server = SimServer::listen(io.get_executor(), options);
    ASSERT_TRUE(server) << server.error().message;
    auto const url = (*server)->url();
    address = url.substr(7, url.size() - 7 - 3);  // http://…/v1
    run_in(io, serve(**server, talk));
  }

  template <class Talk>
  Async<> serve(SimServer& server, Talk talk) {
    auto const executor = co_await asio::this_coro::executor;
    AsyncScope scope(executor);
    scope.spawn(server.run());
    TestClient client(executor);
    co_await client.connect(address);
    auto talking = talk(client, server);
    co_await std::move(talking);
    server.stop();
    co_await scope.join();
  }

  static std::string post(std::string const& body, std::string const& path) {
    return "POST " + path +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  static std::string chat(std::string const& model, std::string const& more = {}) {
    auto const body = R"({"model":")" + model +
                      R"(","messages":[{"role":"user","content":"hello there"}],)" +
                      R"("sim":{"tokensPerSecond":0})" + more + "}";
    return post(body, "/v1/chat/completions");
  }
  static std::string stream(std::string const& model) { return chat(model, R"(,"stream":true)"); }

  std::string address;
};

/// Sends `request` and keeps all that comes until the connection ends.
Async<> ask_all(TestClient& client, std::string request, std::string& into) {
  auto sending = client.send(std::move(request));
  co_await std::move(sending);
  into = co_await client.read_all();
}

TEST_F(SimServerTest, AStreamIsChunkedAndComplete) {
  std::string said;
  run([&](TestClient& client, SimServer&) { return ask_all(client, stream("echo"), said); });
  EXPECT_THAT(said, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"));
  EXPECT_THAT(said, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(said, HasSubstr("X-Ropewalk-Simulation: true\r\n"));
  EXPECT_THAT(said, HasSubstr("\"delta\":{\"content\":\" hello\"}"));
  EXPECT_THAT(said, EndsWith("data: [DONE]\n\n\r\n0\r\n\r\n"));
}

TEST_F(SimServerTest, ACutStreamHasNoEnd) {
  std::string said;
  run([&](TestClient& client, SimServer&) { return ask_all(client, stream("cut"), said); });
  EXPECT_THAT(said, AllOf(HasSubstr("(simulat"), Not(HasSubstr("[DONE]"))));
  EXPECT_THAT(said, Not(EndsWith("\r\n0\r\n\r\n")));
}

TEST_F(SimServerTest, ACutAnswerThatIsNotStreamedHasNoEndEither) {
  std::string said;
  run([&](TestClient& client, SimServer&) { return ask_all(client, chat("cut"), said); });
  EXPECT_THAT(said, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\"chat.completion\"")));
  EXPECT_THAT(said, Not(EndsWith("0\r\n\r\n")));
}

TEST_F(SimServerTest, AnErrorInTheStreamEndsItInOrder) {
  std::string said;
  run([&](TestClient& client, SimServer&) {
    return ask_all(client, stream("error-in-stream"), said);
  });
  EXPECT_THAT(said, AllOf(HasSubstr("data: {\"error\":{"), Not(HasSubstr("[DONE]"))));
  EXPECT_THAT(said, EndsWith("\r\n0\r\n\r\n"));
}

Async<> ask_several(TestClient& client, std::vector<std::string> requests, std::string& into) {
  for (auto& request : requests) {
    auto asking = client.ask(std::move(request));
    auto const said = co_await std::move(asking);
    into += said + "\n====\n";
  }
}

TEST_F(SimServerTest, ErrorsOfEveryKindHaveOpenAisForm) {
  std::string said;
  run([&](TestClient& client, SimServer&) {
    std::vector<std::string> requests{
        chat("429"),
        stream("429"),
        chat("proze"),
        post("{", "/v1/chat/completions"),
        post("{}", "/v1/embeddings"),
        "GET /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET /v1/models/cut HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n"};
    return ask_several(client, std::move(requests), said);
  });
  std::vector<std::string> answers;
  for (std::size_t at = 0; at < said.size();) {
    auto const end = said.find("\n====\n", at);
    answers.push_back(said.substr(at, end - at));
    at = end + 6;
  }
  ASSERT_EQ(answers.size(), 8U);
  for (int i : {0, 1}) {
    auto const& limited = answers[static_cast<std::size_t>(i)];
    EXPECT_THAT(limited, StartsWith("HTTP/1.1 429 Too Many Requests")) << i;
    EXPECT_THAT(limited, AllOf(HasSubstr("Retry-After: 1\r\n"), HasSubstr("rate_limit_exceeded")));
  }
  EXPECT_THAT(answers[2], AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("did you mean")));
  EXPECT_THAT(answers[3], AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("{\"error\":{")));
  EXPECT_THAT(answers[4], AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("unknown_url")));
  EXPECT_THAT(answers[5], AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("{\"error\":{")));
  EXPECT_THAT(answers[6], AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("(a simulation)")));
  EXPECT_THAT(answers[7], AllOf(StartsWith("HTTP/1.1 421"), HasSubstr("{\"error\":{")));
}

TEST_F(SimServerTest, ABodyThatIsTooLargeIsRefused) {
  std::string said;
  run([&](TestClient& client, SimServer&) {
    auto const size = std::to_string(sim_limits().request_bytes + 1);
    auto request =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + size +
        "\r\n\r\n";
    return ask_all(client, std::move(request), said);
  });
  EXPECT_THAT(said, AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("\"code\":\"request_too_large\"")));
}

/// Begins a slow stream, and stops the server in the middle of it.
Async<> stop_in_the_middle(TestClient& client, SimServer& server, std::string& rest) {
  std::string const body =
      R"({"model":"prose","stream":true,"messages":[{"role":"user","content":"hi"}],)"
      R"("sim":{"tokensPerSecond":1}})";
  auto sending = client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body
  );
  co_await std::move(sending);
  auto reading = client.read_until("data: ");
  co_await std::move(reading);
  server.stop();
  rest = co_await client.read_all();
}

TEST_F(SimServerTest, StoppingCutsStreamsAtOnce) {
  std::string rest = "unset";
  run([&](TestClient& client, SimServer& server) {
    return stop_in_the_middle(client, server, rest);
  });
  EXPECT_NE(rest, "unset");
  EXPECT_THAT(rest, AllOf(Not(HasSubstr("[DONE]")), Not(EndsWith("0\r\n\r\n"))));
}

TEST_F(SimServerTest, TheSeedOfTheServerIsThatOfRequestsWithoutOne) {
  std::string one;
  std::string same;
  SimServerOptions options;
  options.seed = 5;
  run([&](TestClient& client, SimServer&) { return ask_several(client, {chat("prose")}, one); },
      options);
  run([&](TestClient& client, SimServer&) {
    return ask_several(client, {chat("prose", R"(,"seed":5)")}, same);
  });
  auto const text = [](std::string const& said) {
    auto const at = said.find("\"content\":");
    return at == said.npos ? std::string() : said.substr(at, said.find("\",", at) - at);
  };
  EXPECT_FALSE(text(one).empty()) << one;
  EXPECT_EQ(text(one), text(same));
  std::string without;
  run([&](TestClient& client, SimServer&) { return ask_several(client, {chat("prose")}, without); }
  );
  EXPECT_NE(text(one), text(without));
}

TEST(SimServer, OptionsAreCheckedBeforeItListens) {
  asio::io_context io(1);
  SimServerOptions options;
  options.sim["fault"] = "explode";
  auto const server = SimServer::listen(io.get_executor(), options);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("explode"));
}

}  // namespace
}  // namespace ropewalk::server
