// Every limit of the server, over a plain socket. Method: each is set small, then met exactly and
// passed by one.
#include "tests/system/support/requests.hpp"
#include "tests/system/support/stream.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::system_test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

/// Every limit small.
class BoundsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared = std::make_unique<Server>(std::vector<std::string>{
        "--limits-request-bytes",  "8KiB", "--limits-header-bytes", "2KiB",
        "--limits-workflow-bytes", "4KiB", "--limits-tasks",        "10",
        "--limits-depth",          "8",    "--limits-input-bytes",  "1KiB",
        "--limits-output-bytes",   "1KiB", "--limits-log-bytes",    "2KiB",
        "--limits-subscriptions",  "2",    "--limits-frame-bytes",  "512"});
  }
  static void TearDownTestSuite() { shared.reset(); }

  /// A body of exactly `size` bytes that validates a workflow.
  HttpReply validate(std::size_t size) const {
    std::string body = "name: sized\ntasks:\n  a: {type: pass}\n#";
    body.resize(size, 'x');
    return send(
        server_, {"POST", "/v1/workflows/validate", body, {{"Content-Type", "application/yaml"}}}
    );
  }

  /// Inputs whose JSON has exactly `size` bytes.
  HttpReply start_with_inputs(std::size_t size) const {
    auto const frame = std::string_view(R"({"x":""})").size();
    json::object request;
    request["workflow"] = definition("{'name': 'sized', 'tasks': {'a': {'type': 'pass'}}}");
    request["inputs"] = json::object{{"x", std::string(size - frame, 'x')}};
    return server_.post("/v1/executions", request);
  }

  json::object run_command(std::string const& shell) const {
    json::object workflow =
        definition("{'name': 'says', 'tasks': {'a': {'type': 'command', 'command': ['sh', '-c']}}}")
            .as_object();
    workflow["tasks"].as_object()["a"].as_object()["command"].as_array().emplace_back(shell);
    return server_.wait_for_end(server_.run(workflow));
  }

  static std::unique_ptr<Server> shared;
  Server const& server_ = *shared;
};
std::unique_ptr<Server> BoundsTest::shared;

TEST_F(BoundsTest, RequestBody) {
  HttpRequest request{
      "POST", "/v1/executions", std::string(8192, ' '), {{"Content-Type", "application/json"}}};
  expect_problem(send(server_, request), 400, "invalid_json");  // it was read
  request.body += ' ';
  expect_problem(send(server_, request), 413, "request_too_large");
}

TEST_F(BoundsTest, RequestHeader) {
  HttpRequest request{"GET", "/healthz", "", {{"X-Long", std::string(1900, 'x')}}};
  EXPECT_EQ(send(server_, request).status, 200U);
  request.headers[0].second.resize(2100, 'x');
  expect_problem(send(server_, request), 431, "header_too_large");
}

TEST_F(BoundsTest, WorkflowText) {
  auto const fits = validate(4096);
  EXPECT_EQ(fits.status, 200U);
  EXPECT_TRUE(fits.object().at("valid").as_bool()) << fits.body;
  EXPECT_THAT(validate(4097).body, HasSubstr("too_large"));
}

TEST_F(BoundsTest, TasksOfAWorkflow) {
  json::object tasks;
  for (int i = 0; i < 10; ++i) tasks["t" + std::to_string(i)] = json::object{{"type", "pass"}};
  json::object workflow{{"name", "many"}, {"tasks", tasks}};
  EXPECT_TRUE(server_.post("/v1/workflows/validate", workflow).object().at("valid").as_bool());
  workflow["tasks"].as_object()["more"] = json::object{{"type", "pass"}};
  EXPECT_THAT(server_.post("/v1/workflows/validate", workflow).body, HasSubstr("too_large"));
}

TEST_F(BoundsTest, Nesting) {
  // The document, its tasks, the task: three levels around the value.
  auto const nested = [&](std::size_t depth) {
    auto const text = std::string(depth, '[') + std::string(depth, ']');
    auto const workflow =
        definition("{'name': 'deep', 'tasks': {'a': {'type': 'pass', 'value': " + text + "}}}");
    return server_.post("/v1/workflows/validate", workflow);
  };
  EXPECT_TRUE(nested(5).object().at("valid").as_bool()) << nested(5).body;
  EXPECT_THAT(nested(6).body, HasSubstr("too_large"));
  HttpRequest const bomb{
      "POST", "/v1/executions", std::string(8000, '['), {{"Content-Type", "application/json"}}};
  EXPECT_THAT(send(server_, bomb).status, AnyOf(400U, 413U));
}

TEST_F(BoundsTest, Inputs) {
  EXPECT_EQ(start_with_inputs(1024).status, 201U);
  expect_problem(start_with_inputs(1025), 413, "too_large");
}

TEST_F(BoundsTest, Output) {
  // A JSON string of so many characters, and its two quotes.
  auto const prints = [](int size) {
    return "printf '\"%0" + std::to_string(size) + "d\"' 0 > $ROPEWALK_OUTPUT";
  };
  EXPECT_EQ(text_of(run_command(prints(1022)), "status"), "COMPLETED");
  auto const failed = run_command(prints(1023));
  EXPECT_EQ(text_of(failed, "status"), "FAILED");
  EXPECT_THAT(json::serialize(failed), HasSubstr("output_too_large"));
}

TEST_F(BoundsTest, LogOfATask) {
  auto const log_of = [&](std::string const& shell) {
    auto const id = text_of(run_command(shell), "id");
    return server_.get("/v1/executions/" + id + "/logs").body;
  };
  // Each line costs its length and 32 bytes.
  EXPECT_THAT(log_of("seq -f %068.0f 1 20"), ::testing::Not(HasSubstr("output cut")));
  EXPECT_THAT(log_of("seq -f %068.0f 1 21"), HasSubstr("output cut"));
}

TEST_F(BoundsTest, SubscriptionsOfAConnection) {
  Stream stream(server_.port());
  for (int i = 0; i < 3; ++i) {
    json::object subscribe{{"type", "subscribe"}, {"id", "s" + std::to_string(i)}};
    subscribe["execution"] = server_.run(pass_workflow());
    stream.send(subscribe);
    if (i < 2) stream.expect("subscribed");
  }
  auto const refused = stream.expect("error");
  EXPECT_EQ(text_of(refused, "id"), "s2");
  EXPECT_EQ(text_of(refused, "code"), "overloaded");
  stream.send(json::object{{"type", "unsubscribe"}, {"id", "u"}, {"subscription", "s0"}});
  stream.expect("ok");
}

TEST_F(BoundsTest, FrameOfAClient) {
  auto const ping = [](std::size_t size) {
    std::string out = R"({"type":"ping","id":"p"})";
    out.resize(size, ' ');
    return out;
  };
  Stream stream(server_.port());
  stream.send_frame(1, ping(512));
  stream.expect("pong");
  stream.send_frame(1, ping(513));
  EXPECT_EQ(stream.wait_for_close(), 1009U);
}

TEST_F(BoundsTest, FramesThatBreakTheRules) {
  Stream unmasked(server_.port());
  unmasked.send_frame(1, "{}", false);
  EXPECT_EQ(unmasked.wait_for_close(), 1002U);
  Stream binary(server_.port());
  binary.send_frame(2, "{}");
  EXPECT_EQ(binary.wait_for_close(), 1003U);
  Stream broken(server_.port());
  broken.send_frame(1, "\xff\xfe");
  EXPECT_EQ(broken.wait_for_close(), 1007U);
}

/// What comes back until the server hangs up; throws when it does not.
std::string until_closed(Socket const& socket) {
  std::string out;
  auto const deadline = Steady::now() + seconds(20);
  while (socket.read_some(out, time_left(deadline))) {
  }
  if (Steady::now() >= deadline) throw std::runtime_error("it is still open: " + out);
  return out;
}

TEST(TimeLimitsTest, WhoIsTooSlowIsToldAndCutOff) {
  Server const server(
      {"--limits-header-timeout",
       "300ms",
       "--limits-request-timeout",
       "300ms",
       "--limits-idle-timeout",
       "2s"}
  );
  Socket const half_header(server.port());
  half_header.write("GET /healthz HTTP/1.1\r\nHost: local");
  EXPECT_THAT(until_closed(half_header), HasSubstr(" 408 "));
  Socket const half_body(server.port());
  half_body.write(
      "POST /v1/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 100\r\n\r\n{"
  );
  EXPECT_THAT(until_closed(half_body), HasSubstr(" 408 "));
  Socket const idle(server.port());
  EXPECT_EQ(exchange(idle, to_bytes({"GET", "/healthz", "", {}}), seconds(10)).status, 200U);
  EXPECT_EQ(until_closed(idle), "");
  // A WebSocket that answers pings stays.
  Stream stream(server.port());
  EXPECT_FALSE(stream.receive(milliseconds(4500)));
  EXPECT_EQ(stream.closed_with(), 0U);
}

TEST(ConnectionsTest, OneMoreThanTheLimitIsRefusedUntilOneGoes) {
  Server const server({"--limits-connections", "3", "--shards", "1"});
  auto const health = to_bytes({"GET", "/healthz", "", {}});
  std::vector<std::unique_ptr<Socket>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<Socket>(server.port()));
    EXPECT_EQ(exchange(*held.back(), health, seconds(10)).status, 200U);
  }
  auto const fourth = [&]() -> unsigned {
    try {
      return exchange(Socket(server.port()), health, seconds(10)).status;
    } catch (std::exception const&) {
      return 0;  // closed without a word
    }
  };
  EXPECT_THAT(fourth(), AnyOf(0U, 503U));
  held.pop_back();
  EXPECT_TRUE(eventually([&] { return fourth() == 200; }));
}

}  // namespace
}  // namespace ropewalk::system_test
