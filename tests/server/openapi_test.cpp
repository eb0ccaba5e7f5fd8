// The description of the API. Method: every route is in it, and nothing else is.
#include "engine/base/json.hpp"
#include "engine/runtime/system_clock.hpp"
#include "server/api/api.hpp"
#include "server/api/secret_api.hpp"
#include "server/artifacts/artifact_api.hpp"
#include "server/triggers/hook_api.hpp"
#include "server/triggers/schedule_api.hpp"
#include "tests/server/fake_backend.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace ropewalk::server {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return std::tolower(c);
  });
  return out;
}

class NoSchedules final : public ScheduleBackend {
 public:
  Async<Result<Stored>> put(ScheduleSpec) override { co_return Error{}; }
  Async<Result<json::object>> get(std::string) override { co_return Error{}; }
  Async<Result<Page>> list(std::string, std::uint32_t) override { co_return Error{}; }
  Async<Result<>> remove(std::string) override { co_return Error{}; }
  Async<Result<json::object>> set_paused(std::string, bool) override { co_return Error{}; }
  Async<Result<Started>> trigger(std::string) override { co_return Error{}; }
};

class OpenApiTest : public testing::Test {
 protected:
  OpenApiTest() {
    workflow_.add_to(router_);
    execution_.add_to(router_);
    history_.add_to(router_);
    stream_.add_to(router_);
    node_.add_to(router_);
    artifacts_.add_to(router_);
    secret_.add_to(router_);
    schedule_.add_to(router_);
    hook_.add_to(router_);
    auto parsed = parse_json(openapi_text(), JsonLimits{1 << 20, 64, 100'000});
    EXPECT_TRUE(parsed) << parsed.error().message;
    document_ = parsed->as_object();
  }

  FakeBackend backend_;
  Limits limits_;
  WorkflowApi workflow_{backend_};
  ExecutionApi execution_{backend_, limits_};
  HistoryApi history_{backend_};
  Shard shard_{0};
  Hub hub_{shard_};
  StreamApi stream_{shard_.executor(), backend_, hub_, limits_};
  NodeApi node_{backend_};
  Config config_;
  NodeSecrets node_secrets_{config_, "unused"};
  sql::ConnectionPool pool_{shard_.executor(), {}};
  BlockingPool blocking_{1};
  ShardSecrets secrets_{node_secrets_, pool_, blocking_};
  SecretApi secret_{secrets_};
  ArtifactApi artifacts_{backend_, blocking_, "/nowhere"};
  NoSchedules schedules_;
  ScheduleApi schedule_{schedules_};
  sql::HookStore hooks_{pool_};
  SystemClock clock_;
  Metrics metrics_;
  HookApi hook_{{backend_, hooks_, secrets_, clock_, metrics_, limits_}};
  Router router_;
  json::object document_;
};

TEST_F(OpenApiTest, RoutesAndPathsAreTheSame) {
  std::set<std::string> routes;
  for (auto const& route : router_.routes())
    routes.insert(lower(to_string(route.method)) + " " + std::string(route.pattern));
  std::set<std::string> described;
  for (auto const& path : document_.at("paths").as_object())
    for (auto const& operation : path.value().as_object())
      described.insert(std::string(operation.key()) + " " + std::string(path.key()));
  EXPECT_EQ(routes, described);
}

TEST_F(OpenApiTest, EveryOperationIsComplete) {
  EXPECT_EQ(document_.at("openapi").as_string(), "3.1.0");
  std::set<std::string> ids;
  for (auto const& path : document_.at("paths").as_object()) {
    for (auto const& entry : path.value().as_object()) {
      auto const& operation = entry.value().as_object();
      EXPECT_TRUE(ids.insert(std::string(operation.at("operationId").as_string())).second)
          << path.key();
      EXPECT_FALSE(operation.at("summary").as_string().empty());
      EXPECT_FALSE(operation.at("responses").as_object().empty());
    }
  }
}

/// Every {"$ref":"#/…"} leads somewhere.
void check_references(json::object const& document, json::value const& value) {
  if (auto const* array = value.if_array())
    for (auto const& item : *array) check_references(document, item);
  auto const* object = value.if_object();
  if (object == nullptr) return;
  for (auto const& field : *object) {
    if (field.key() != "$ref") {
      check_references(document, field.value());
      continue;
    }
    boost::system::error_code ec;
    auto const pointer = std::string(field.value().as_string()).substr(1);
    EXPECT_NE(json::value(document).find_pointer(pointer, ec), nullptr) << pointer;
  }
}

TEST_F(OpenApiTest, ReferencesLeadSomewhere) {
  check_references(document_, document_);
}

}  // namespace
}  // namespace ropewalk::server
