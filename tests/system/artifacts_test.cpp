// Goal: files that tasks keep are listed, given out, handed on to dependants, and go with their
// execution. Method: the real binary; names that try to lead elsewhere.
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

json::value two_tasks() {
  return definition(R"({'name': 'files', 'tasks': {
    'make': {'type': 'command', 'artifacts': ['out/**', '*.txt'], 'command': ['sh', '-c',
      'mkdir -p out/deep; head -c 3000000 /dev/zero > out/big; echo hi > out/deep/file; >t.txt']},
    'use': {'type': 'command', 'needs': ['make'], 'command': ['sh', '-c',
      'wc -c < $ROPEWALK_ARTIFACTS/make/out/big; cat $ROPEWALK_ARTIFACTS/make/out/deep/file']}}})");
}

class ArtifactsTest : public ::testing::Test {
 protected:
  Server server_{{"--limits-artifact-files", "5"}};
};

TEST_F(ArtifactsTest, AreListedGivenOutAndHandedOn) {
  auto const id = server_.run(two_tasks());
  auto const ended = server_.wait_for_end(id);
  ASSERT_EQ(text_of(ended, "status"), "COMPLETED") << json::serialize(ended);
  EXPECT_THAT(json::serialize(ended), HasSubstr(R"({"stdout":"3000000\nhi"})"));

  std::string const base = "/v1/executions/" + id + "/tasks/make/artifacts";
  auto const list = server_.get(base).object().at("items").as_array();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list.at(0).at("name").as_string(), "out/big");
  EXPECT_EQ(list.at(0).at("bytes").to_number<int>(), 3'000'000);
  auto const record = server_.get("/v1/executions/" + id + "/tasks/make").object();
  EXPECT_EQ(record.at("detail").at("artifacts"), json::value(list));

  EXPECT_EQ(server_.get(base + "/out/deep/file").body, "hi\n");
  EXPECT_EQ(server_.get(base + "/out/big").body, std::string(3'000'000, '\0'));
  EXPECT_EQ(
      server_.get("/v1/executions/" + id + "/tasks/use/artifacts").object().at("items"),
      json::array()
  );
}

TEST_F(ArtifactsTest, NoNameLeadsElsewhere) {
  auto const id = server_.run(two_tasks());
  server_.wait_for_end(id);
  std::string const base = "/v1/executions/" + id + "/tasks/make/artifacts";
  for (auto const* name :
       {"/out",
        "/nothing",
        "/out/../t.txt",
        "/..%2f..%2fmanifest.json",
        "/%2e%2e/manifest.json",
        "/manifest.json"}) {
    auto const status = server_.get(base + name).status;
    EXPECT_TRUE(status == 404U || status == 400U) << name << ": " << status;
  }
  EXPECT_EQ(server_.get("/v1/executions/" + id + "/tasks/stranger/artifacts").status, 404U);
}

TEST_F(ArtifactsTest, TooManyFailTheTask) {
  auto const id = server_.run(definition(R"({'name': 'many', 'tasks': {'a': {'type': 'command',
    'artifacts': ['*'], 'command': ['touch', '1', '2', '3', '4', '5', '6']}}})"));
  auto const ended = server_.wait_for_end(id);
  EXPECT_EQ(text_of(ended, "status"), "FAILED");
  EXPECT_THAT(json::serialize(ended), HasSubstr("artifacts_too_large"));
}

TEST_F(ArtifactsTest, GoWithTheirExecution) {
  auto const id = server_.run(two_tasks());
  server_.wait_for_end(id);
  auto const folder = server_.data() + "/artifacts/" + id;
  EXPECT_TRUE(std::filesystem::exists(folder));
  json::object body;
  body["olderThan"] = "30d";
  EXPECT_EQ(server_.post("/v1/prune", body).status, 200U);
  EXPECT_TRUE(std::filesystem::exists(folder)) << "it is young";
  body["olderThan"] = "0s";
  EXPECT_EQ(server_.post("/v1/prune", body).object().at("artifacts").to_number<int>(), 1);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace ropewalk::system_test
