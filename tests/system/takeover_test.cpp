// A node that was stopped past its lease changes nothing any more (DESIGN §6, promise 5).
//
// Method: two servers on one PostgreSQL. SIGSTOP the one that has the work, wait until the other
// has done all of it, remember the database, SIGCONT the first.
#include "sql/private_cluster.hpp"
#include "tests/system/support/server.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace ropewalk::system_test {
namespace {

/// PostgreSQL that belongs to neither server.
class OutsideDatabase {
 public:
  OutsideDatabase()
      : lock_(sql::DataLock::take(directory_.path("data")).value()),
        cluster_(sql::PrivateCluster::start(lock_, sql::PrivateCluster::Options()).value()) {}
  std::string const& conninfo() const { return cluster_->conninfo(); }

 private:
  TempDirectory directory_;
  sql::DataLock lock_;
  std::unique_ptr<sql::PrivateCluster> cluster_;
};

class TakeoverTest : public ::testing::Test {
 protected:
  std::vector<std::string> flags() const {
    return {"--database", outside_.conninfo(), "--lease", "1s", "--grace", "1s"};
  }

  /// Whoever comes first talks until it is killed; the next one ends at once.
  static json::value talks() {
    return definition(R"({'name': 'talks', 'tasks': {
      'before': {'type': 'command', 'command': ['echo', 'before']},
      'talk': {'type': 'command', 'needs': ['before'], 'env': {'MARK': '${{ inputs.mark }}'},
        'command': ['sh', '-c',
          'mkdir $MARK 2>/dev/null || exit 0; while :; do echo talking; sleep 0.02; done']},
      'after': {'type': 'pass', 'needs': ['talk'], 'value': 'done'}}})");
  }

  std::vector<std::string> start_all(int count) {
    std::vector<std::string> out;
    auto const workflow = talks();
    for (int i = 0; i < count; ++i) {
      json::object inputs;
      inputs["mark"] = marks_.path(std::to_string(i));
      out.push_back(first_.run(workflow, inputs));
    }
    return out;
  }

  std::string own_epoch(Server const& server) const {
    auto const nodes = server.get("/v1/nodes").object();
    for (auto const& node : nodes.at("items").as_array())
      if (node.at("isSelf").as_bool()) return std::to_string(node.at("epoch").to_number<int>());
    return {};
  }

  OutsideDatabase outside_;
  TempDirectory marks_;
  Server first_{flags()};
  Server second_{flags()};
  Database database_{outside_.conninfo()};
};

TEST_F(TakeoverTest, StoppedPastItsLease) {
  auto const ids = start_all(10);
  auto const all_talk = [&] {
    return database_.value("SELECT count(*) FROM tasks WHERE task = 'talk' AND status = 1") == "10";
  };
  ASSERT_TRUE(eventually(all_talk));
  auto const epoch_before = own_epoch(first_);

  first_.signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return statuses(database_) == "3=10"; }, seconds(30)))
      << "not taken over: " << statuses(database_);
  auto const content = content_hash(database_);
  EXPECT_FALSE(first_.task_processes().empty()) << "there was nothing left to stop";

  first_.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return first_.task_processes().empty(); }))
      << "children of the old owner go on";
  EXPECT_TRUE(eventually([&] { return first_.metric("ropewalk_fenced_writes_total") > 0; }));
  EXPECT_TRUE(eventually([&] {
    auto const epoch = own_epoch(first_);
    return !epoch.empty() && epoch != epoch_before;
  }));
  EXPECT_EQ(content_hash(database_), content) << "the old owner has written";
  EXPECT_EQ(gaps_in_events(database_), "");

  auto const hello = definition("{'name': 'hello', 'tasks': {'a': {'type': 'pass'}}}");
  auto const next = first_.run(hello);
  EXPECT_EQ(text_of(first_.wait_for_end(next), "status"), "COMPLETED");
  EXPECT_EQ(text_of(second_.execution(ids[0]), "status"), "COMPLETED");
}

TEST_F(TakeoverTest, KilledForGood) {
  auto const ids = start_all(5);
  auto const all_talk = [&] {
    return database_.value("SELECT count(*) FROM tasks WHERE task = 'talk' AND status = 1") == "5";
  };
  ASSERT_TRUE(eventually(all_talk));
  first_.kill();
  EXPECT_TRUE(eventually([&] { return statuses(database_) == "3=5"; }, seconds(30)));
  EXPECT_EQ(gaps_in_events(database_), "");
  EXPECT_TRUE(eventually([&] { return first_.task_processes().empty(); }));
}

}  // namespace
}  // namespace ropewalk::system_test
