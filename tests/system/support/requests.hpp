#pragma once
// Requests that several tests make, and what they expect of a refusal.

#include "tests/system/support/server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ropewalk::system_test {

/// One task, which the engine does itself.
inline json::value pass_workflow(std::string const& name = "hello") {
  return definition(
      "{'name': '" + name + "', 'tasks': {'a': {'type': 'pass', 'value': '${{ inputs }}'}}}"
  );
}

inline void expect_problem(HttpReply const& reply, unsigned status, std::string const& code) {
  EXPECT_EQ(reply.status, status) << reply.body;
  EXPECT_EQ(reply.header("content-type"), "application/problem+json");
  auto const problem = reply.object();
  EXPECT_EQ(text_of(problem, "code"), code);
  EXPECT_EQ(problem.at("status").to_number<unsigned>(), status);
  EXPECT_FALSE(text_of(problem, "title").empty());
}

inline HttpReply send(Server const& server, HttpRequest const& request) {
  return http(server.port(), request);
}

}  // namespace ropewalk::system_test
