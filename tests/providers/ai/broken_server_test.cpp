// Goal: whatever happens to the connection, a call ends in time, with the right class, code and
// words, keeps what had come until then, and leaves nothing open.
//
// Method: servers that refuse, stall, never stop, or vanish at a chosen byte.
#include "tests/providers/ai/broken_fixture.hpp"
#include "tests/providers/support/test_certificates.hpp"

#include <atomic>
#include <functional>
#include <future>

namespace ropewalk::ai {
namespace {

using test::ScriptedConnection;
using test::ScriptedServer;

constexpr auto transient = ErrorClass::transient;
constexpr auto permanent = ErrorClass::permanent;

TEST_P(BrokenServer, ConnectionRefused) {
  std::string url;
  {
    ScriptedServer const gone([](ScriptedConnection&) {});
    url = gone.url("");
  }
  expect_failure(ask(url), "connection_refused", transient, url.substr(7));
}

TEST_P(BrokenServer, TlsFailure) {
  static test::TestCertificates const certificates;
  test::CertificateWish wish;
  wish.self_signed = true;
  test::ScriptedOptions options;
  options.tls = certificates.issue(wish);
  ScriptedServer server([](ScriptedConnection&) {}, options);
  expect_failure(ask(server.url("")), "tls_failure", permanent, "self-signed");
}

TEST_P(BrokenServer, TlsAskedOfAPlainServer) {
  ScriptedServer server([](ScriptedConnection& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.wait_for_close();
  });
  auto const url = "https://127.0.0.1:" + std::to_string(server.port());
  auto const heard = ask(url);
  ASSERT_FALSE(heard.outcome.ended);
  expect_failure(heard, "tls_failure", heard.outcome.ended.error().error_class, "127.0.0.1");
}

TEST_P(BrokenServer, DnsFailure) {
  CallOptions options;
  options.http.lookup = [](std::string const& host
                        ) -> Result<std::vector<boost::asio::ip::address>> {
    return Error{permanent, "dns_failure", "there is no host of the name " + host, "spell it"};
  };
  expect_failure(ask("http://nowhere.invalid", options), "dns_failure", permanent, "nowhere");
}

/// Answers with `bytes`, then says nothing until the client gives up.
ScriptedServer::Script stall_after(std::string bytes) {
  return [bytes = std::move(bytes)](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(bytes);
    EXPECT_TRUE(connection.wait_for_close()) << "the client kept the connection";
  };
}

TEST_P(BrokenServer, StallBeforeItAnswers) {
  ScriptedServer server(stall_after(""));
  auto settings = provider(server.url(""));
  settings.timeouts.first_byte = brief;
  auto const heard = ask_model(settings, chat_for(Kind::text, true));
  expect_failure(heard, "timeout_first_byte", transient, "120ms");
  EXPECT_TRUE(server.wait_until_idle());
}

TEST_P(BrokenServer, StallAfterTheFirstToken) {
  ScriptedServer server(stall_after(head() + beginning()));
  auto settings = provider(server.url(""));
  settings.timeouts.idle = brief;
  auto const heard = ask_model(settings, chat_for(Kind::text, true));
  expect_failure(heard, "timeout_idle", transient, "120ms");
  EXPECT_EQ(heard.outcome.answer.text, first_words());
  EXPECT_GT(heard.outcome.first_token, Duration{});
  EXPECT_TRUE(server.wait_until_idle());
}

/// A whole answer on a connection that stays open is an answer: nobody waits for the rest.
TEST_P(BrokenServer, StallAfterTheLastEvent) {
  ScriptedServer server(stall_after(head() + form().body));
  auto settings = provider(server.url(""));
  settings.timeouts.idle = brief;
  expect_answer(ask_model(settings, chat_for(Kind::text, true)));
  EXPECT_TRUE(server.wait_until_idle());
}

TEST_P(BrokenServer, NothingButSignsOfLife) {
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(head() + beginning());
    std::string_view const sign = GetParam() == "ollama" ? "\n" : ": still here\n\n";
    while (connection.send_in_pieces(sign, sign.size())) continue;
  });
  auto settings = provider(server.url(""));
  settings.timeouts.total = std::chrono::milliseconds(300);
  auto const heard = ask_model(settings, chat_for(Kind::text, true));
  expect_failure(heard, "timeout_total", transient, "300ms");
  EXPECT_EQ(heard.outcome.answer.text, first_words());
  EXPECT_TRUE(server.wait_until_idle());
}

/// Pings are no progress: an answer of nothing else ends by itself, without a limit on the whole.
TEST_P(BrokenServer, SignsOfLifeAreNoAnswer) {
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(head() + beginning());
    std::string_view const sign = GetParam() == "ollama" ? "\n" : ": still here\n\n";
    while (connection.send_in_pieces(sign, sign.size())) continue;
  });
  CallOptions options;
  options.limits.silence_max = std::chrono::milliseconds(200);
  auto const heard = ask(server.url(""), options);
  expect_failure(heard, "timeout_idle", transient, "said nothing for 200ms");
  EXPECT_EQ(heard.outcome.answer.text, first_words());
  EXPECT_TRUE(server.wait_until_idle());
}

/// A failure is told by its status, whenever its body is done.
TEST_P(BrokenServer, AFailureThatDrips) {
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.begin_chunks(500);
    while (connection.send_chunk("x")) continue;
  });
  CallOptions options;
  options.limits.failure_bytes_max = 1024 * 1024 * 1024;
  options.limits.failure_time_max = std::chrono::milliseconds(200);
  expect_failure(ask(server.url(""), options), "server_error", transient, "500");
  EXPECT_TRUE(server.wait_until_idle());
}

TEST_P(BrokenServer, EndlessText) {
  CallOptions options;
  options.limits.answer_bytes_max = 300'000;
  auto const piece = beginning();
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(head());
    while (connection.send(piece)) continue;
  });
  auto const heard = ask(server.url(""), options);
  expect_failure(heard, "response_too_large", permanent, "300000 bytes");
  EXPECT_LT(heard.outcome.answer.text.size(), 300'000U);
  EXPECT_TRUE(server.wait_until_idle());
}

TEST_P(BrokenServer, EndlessLine) {
  std::string const line = GetParam() == "ollama" ? "{\"model\":\"" : "data: {\"model\":\"";
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(head() + line);
    while (connection.send(std::string(64 * 1024, 'x'))) continue;
  });
  expect_failure(ask(server.url("")), "malformed_response", transient, "16777216 bytes");
  EXPECT_TRUE(server.wait_until_idle());
}

TEST_P(BrokenServer, EndlessErrorPage) {
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\nout of luck ");
    while (connection.send(std::string(16 * 1024, 'x'))) continue;
  });
  auto const heard = ask(server.url(""));
  expect_failure(heard, "server_error", transient, "500: out of luck");
  EXPECT_LT(heard.outcome.ended.error().message.size(), 2000U);
  EXPECT_TRUE(server.wait_until_idle());
}

/// A text with more bytes than any buffer holds, in one event.
TEST_P(BrokenServer, GiantLines) {
  auto const whole = head() + replaced(form().body, "Gr", "Gr" + std::string(3'000'000, 'o'));
  auto const heard = ask_for(whole);
  ASSERT_TRUE(heard.outcome.ended) << heard.outcome.ended.error().message;
  EXPECT_EQ(heard.outcome.answer.text.size(), said_text.size() + 3'000'000);
}

TEST_P(BrokenServer, CutInTheMiddleOfACharacter) {
  auto const body = form().body.substr(0, form().body.find("\xC3\xBC") + 1);
  auto const size = "Content-Length: " + std::to_string(form().body.size()) + "\r\n";
  auto const lost = ask_for(head(size) + body);
  expect_failure(lost, "connection_lost", transient, "in the middle of its answer");
  EXPECT_EQ(lost.outcome.answer.text, "");
  auto const chunk = "4000\r\n" + body;
  expect_failure(
      ask_for(head("Transfer-Encoding: chunked\r\n") + chunk), "connection_lost", transient, "lost"
  );
  auto const ended = ask_for_body(body);
  expect_failure(ended, "stream_truncated", transient, "broke off");
  EXPECT_EQ(ended.outcome.answer.text, "");
}

TEST_P(BrokenServer, ResetInTheMiddle) {
  std::promise<void> was_heard;
  CallOptions options;
  options.also = [&](ChatEvent const& event) {
    if (std::holds_alternative<TextDelta>(event)) was_heard.set_value();
  };
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send(head() + beginning());
    was_heard.get_future().wait_for(std::chrono::seconds(5));
    connection.reset();
  });
  auto const heard = ask(server.url(""), options);
  expect_failure(heard, "connection_lost", transient, "in the middle of its answer");
  EXPECT_TRUE(server.wait_until_idle());
}

/// Wherever a body that has no stated length is cut: either nothing was missing, or the answer
/// broke off; it is never taken for something else, and what was heard is a beginning.
TEST_P(BrokenServer, CutAnywhere) {
  auto const& body = form().body;
  for (std::size_t cut = 0; cut < body.size(); cut += 1 + body.size() / 90) {
    auto const heard = ask_for_body(body.substr(0, cut));
    EXPECT_TRUE(said_text.starts_with(heard.outcome.answer.text)) << heard.outcome.answer.text;
    if (heard.outcome.ended)
      expect_answer(heard);
    else
      expect_failure(heard, "stream_truncated", transient, "the answer");
    if (testing::Test::HasFailure()) FAIL() << "cut behind: " << body.substr(0, cut);
  }
}

using Condition = std::function<bool()>;

Async<> cancel_when(AsyncScope& calls, Condition const& is_time) {
  auto waiting = test::eventually(std::cref(is_time));
  bool const came = co_await std::move(waiting);
  EXPECT_TRUE(came);
  calls.cancel();
}

Async<> call_and_cancel(
    HttpClient& client,
    AsyncScope& scope,
    ProviderSettings const& provider,
    Condition const& is_time,
    CallOptions const& options,
    Heard& into
) {
  auto const chat = chat_for(Kind::text, true);
  AsyncScope calls(co_await asio::this_coro::executor);
  calls.spawn(call_model(client, provider, chat, options, into));
  scope.spawn(cancel_when(calls, is_time));
  co_await calls.join();
  co_await scope.join();
}

TEST_P(BrokenServer, CancelledInTheMiddle) {
  ScriptedServer server(stall_after(head() + beginning()));
  auto const settings = provider(server.url(""));
  bool has_text = false;
  CallOptions options;
  options.also = [&](ChatEvent const& event) {
    has_text = has_text || std::holds_alternative<TextDelta>(event);
  };
  Heard heard;
  Condition const is_time = [&] { return has_text; };
  test::with_client({}, [&](HttpClient& client, AsyncScope& scope) {
    return call_and_cancel(client, scope, settings, is_time, options, heard);
  });
  EXPECT_EQ(heard.code(), "cancelled");
  EXPECT_EQ(heard.outcome.answer.text, first_words());
  EXPECT_TRUE(server.wait_until_idle());
}

Async<> call_in(
    HttpClient& client,
    AsyncScope& scope,
    ProviderSettings const& provider,
    CallOptions const& options,
    Heard& into
) {
  auto const chat = chat_for(Kind::text, true);
  scope.spawn(call_model(client, provider, chat, options, into));
  co_await scope.join();
}

/// The cancellation finds the call between two reads, not in one.
TEST_P(BrokenServer, CancelledByWhoListens) {
  ScriptedServer server(stall_after(head() + beginning()));
  auto const settings = provider(server.url(""));
  AsyncScope* calls = nullptr;
  CallOptions options;
  options.also = [&](ChatEvent const& event) {
    if (std::holds_alternative<TextDelta>(event)) calls->cancel();
  };
  Heard heard;
  test::with_client({}, [&](HttpClient& client, AsyncScope& scope) {
    calls = &scope;
    return call_in(client, scope, settings, options, heard);
  });
  EXPECT_EQ(heard.code(), "cancelled");
  EXPECT_EQ(heard.outcome.answer.text, first_words());
  EXPECT_TRUE(server.wait_until_idle());
}

TEST_P(BrokenServer, CancelledWhileTheFailureIsRead) {
  std::atomic<bool> was_answered = false;
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.send_in_pieces("HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\noops", 1 << 20);
    was_answered = true;
    EXPECT_TRUE(connection.wait_for_close());
  });
  auto const settings = provider(server.url(""));
  CallOptions const options;
  Heard heard;
  Condition const is_time = [&] { return was_answered.load(); };
  test::with_client({}, [&](HttpClient& client, AsyncScope& scope) {
    return call_and_cancel(client, scope, settings, is_time, options, heard);
  });
  EXPECT_EQ(heard.code(), "cancelled");
  EXPECT_TRUE(server.wait_until_idle());
}

INSTANTIATE_TEST_SUITE_P(Types, BrokenServer, every_type(), type_name_of);

}  // namespace
}  // namespace ropewalk::ai
