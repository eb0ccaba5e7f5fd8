// Messages of /v1/stream. Method: text in, values or errors out.
#include "server/stream/protocol.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

std::string const execution = "0190a5b0-0000-7000-8000-000000000001";

TEST(Protocol, Subscribe) {
  auto const read = read_message(
      R"({"type":"subscribe","id":"s1","execution":")" + execution +
      R"(","after":7,"kinds":["status","log"]})"
  );
  ASSERT_EQ(read.error.code, "");
  EXPECT_EQ(read.message.id, "s1");
  auto const& wanted = std::get<SubscribeMessage>(read.message.body);
  EXPECT_EQ(wanted.execution.to_string(), execution);
  EXPECT_EQ(wanted.after, 7U);
  EXPECT_EQ(wanted.kinds, kind_status | kind_log);
}

TEST(Protocol, TheOtherMessages) {
  auto const body = [](std::string const& text) { return read_message(text).message.body; };
  EXPECT_TRUE(std::holds_alternative<PingMessage>(body(R"({"type":"ping"})")));
  EXPECT_TRUE(std::holds_alternative<SubscribeAllMessage>(
      body(R"({"type":"subscribe","id":"a","executions":"all"})")
  ));
  auto const ended = body(R"({"type":"unsubscribe","id":"u","subscription":"s1"})");
  EXPECT_EQ(std::get<UnsubscribeMessage>(ended).subscription, "s1");
  auto const itself = body(R"({"type":"unsubscribe","id":"s1"})");
  EXPECT_EQ(std::get<UnsubscribeMessage>(itself).subscription, "s1");
  auto const run = body(R"({"type":"run","id":"r","workflow":"w","inputs":{}})");
  EXPECT_EQ(std::get<RunMessage>(run).request.size(), 2U);
  auto const cancel = body(R"({"type":"cancel","id":"c","execution":")" + execution + "\"}");
  EXPECT_EQ(std::get<CancelMessage>(cancel).execution.to_string(), execution);
}

TEST(Protocol, ErrorsKeepTheId) {
  auto const read = read_message(R"({"type":"subscribe","id":"s1","execution":"x"})");
  EXPECT_EQ(read.message.id, "s1");
  EXPECT_EQ(read.error.code, "invalid_argument");
}

TEST(Protocol, WhatIsRefused) {
  for (std::string const text :
       {R"(nonsense)",
        R"([])",
        R"({})",
        R"({"type":3})",
        R"({"type":"shout"})",
        R"({"type":"ping","id":3})",
        R"({"type":"subscribe","executions":"all"})",
        R"({"type":"subscribe","id":"a","executions":"some"})",
        R"({"type":"run"})",
        R"({"type":"ping","type":"run"})"})
    EXPECT_NE(read_message(text).error.code, "") << text;
  auto const with = [](std::string const& rest) {
    return read_message(
               R"({"type":"subscribe","id":"a","execution":")" + execution + "\"," + rest + "}"
    )
        .error;
  };
  EXPECT_EQ(with(R"("after":-1)").code, "invalid_argument");
  EXPECT_EQ(with(R"("kinds":["noise"])").code, "invalid_argument");
  EXPECT_EQ(with(R"("kind":["log"])").hint, "did you mean \"kinds\"?");
}

TEST(Protocol, FaultsOfTheServerAreNotTold) {
  Error error;
  error.code = "database_error";
  error.message = "hunter2";
  EXPECT_EQ(error_answer("x", error).find("hunter2"), std::string::npos);
  EXPECT_NE(error_answer("x", error).find("\"id\":\"x\""), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::server
