// kill -9 at any moment loses nothing and does nothing twice (DESIGN §6, promises 1 to 4).
//
// Method: 200 executions of 5 tasks are started while the server, or its PostgreSQL, is killed
// again and again, each time after some more work was done. A command writes its idempotency key
// into a ledger as its last act. After each kill the tasks that the database holds as completed are
// noted with the size of the ledger: none of them may write after that.
#include "tests/system/support/server.hpp"

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <sstream>
#include <thread>

namespace ropewalk::system_test {
namespace {

constexpr int executions_count = 200;

/// Three commands that take a moment each, and two tasks that the engine does itself.
json::value work() {
  std::string const command =
      "{'type': 'command', 'needs': ['NEED'], 'env': {'LEDGER': '${{ inputs.ledger }}'}, "
      "'command': ['sh', '-c', 'sleep 0.03; echo $ROPEWALK_IDEMPOTENCY_KEY >> $LEDGER']}";
  auto const after = [&](std::string const& need) {
    auto out = command;
    return out.replace(out.find("NEED"), 4, need);
  };
  return definition(
      "{'name': 'work', 'tasks': {'begin': {'type': 'pass', 'value': 1}, 'left': " +
      after("begin") + ", 'right': " + after("begin") +
      ", 'join': {'type': 'pass', 'needs': ['left', 'right'], 'value': 2}, 'end': " +
      after("join") + "}}"
  );
}

/// What commands have written, and what was done before each kill.
class Ledger {
 public:
  explicit Ledger(std::string path) : path_(std::move(path)) {}

  std::string const& path() const { return path_; }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::istringstream text(read_text(path_));
    for (std::string line; std::getline(text, line);) out.push_back(line);
    return out;
  }
  /// The database must be up.
  void note(Database const& database) {
    auto done = completed_tasks(database);
    auto const written = lines().size();
    for (auto const& task : done) done_before_.try_emplace(task, written);
  }
  /// Tasks that wrote after they were known to be completed.
  std::string ran_again() const {
    std::string out;
    auto const all = lines();
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto const task = task_of(all[i]);
      auto const done = done_before_.find(task);
      if (done != done_before_.end() && i >= done->second) out += all[i] + "\n";
    }
    return out;
  }
  /// Tasks that were known to be completed at some kill.
  std::size_t noted_count() const { return done_before_.size(); }
  std::size_t tasks_count() const {
    std::set<std::string> tasks;
    for (auto const& line : lines()) tasks.insert(task_of(line));
    return tasks.size();
  }

 private:
  /// The key is <execution>/<task>/<attempt group>.
  static std::string task_of(std::string const& key) { return key.substr(0, key.rfind('/')); }

  std::string path_;
  std::map<std::string, std::size_t> done_before_;
};

/// Starts executions, by idempotency key until each is accepted, never more than it is allowed to.
class Submitter {
 public:
  Submitter(std::atomic<std::uint16_t> const& port, std::string ledger)
      : port_(port), ledger_(std::move(ledger)), thread_([this] { run(); }) {}
  Submitter(Submitter const&) = delete;
  Submitter& operator=(Submitter const&) = delete;
  ~Submitter() {
    has_ended_ = true;
    thread_.join();
  }

  void allow(int count) { allowed_ = std::min(count, executions_count); }
  int accepted() const { return accepted_; }

 private:
  void run() {
    auto const is_accepted = [&] { return accepted_ < allowed_ && send_next(); };
    while (!has_ended_ && accepted_ < executions_count)
      if (eventually([&] { return has_ended_ || is_accepted(); }) && !has_ended_) ++accepted_;
  }

  bool send_next() {
    json::object body;
    body["workflow"] = work();
    body["inputs"] = json::object{{"ledger", ledger_}};
    HttpRequest const request{
        "POST",
        "/v1/executions",
        json::serialize(body),
        {{"Content-Type", "application/json"},
         {"Idempotency-Key", "crash-" + std::to_string(accepted_.load())}}};
    try {
      auto const reply = http(port_, request, seconds(10));
      return reply.status == 201 || reply.status == 200;
    } catch (std::exception const&) {
      return false;  // killed in between: it is sent again with the same key
    }
  }

  std::atomic<std::uint16_t> const& port_;
  std::string ledger_;
  std::atomic<int> allowed_ = 0;
  std::atomic<int> accepted_ = 0;
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;
};

class CrashTest : public ::testing::Test {
 protected:
  CrashTest() { ledger_ = std::make_unique<Ledger>(server_.files().path("ledger")); }

  /// So that each kill meets work, and work goes on between kills. Lines come at any moment of the
  /// other attempts that run beside.
  void wait_for_progress(std::size_t lines_about) {
    auto const before = ledger_->lines().size();
    auto const wanted = before + lines_about / 2 + random_() % lines_about;
    bool const goes_on =
        eventually([&] { return ledger_->lines().size() >= wanted || all_ended(); }, seconds(60));
    ASSERT_TRUE(goes_on) << "nothing is done any more: " << statuses(server_.database());
  }

  bool all_ended() const {
    return ledger_->lines().size() >= 3 * executions_count &&
           statuses(server_.database()) == "3=" + std::to_string(executions_count);
  }

  void expect_all_done_once() {
    bool const ended = eventually([&] { return all_ended(); }, seconds(90));
    EXPECT_TRUE(ended) << "executions by status: " << statuses(server_.database());
    auto const database = server_.database();
    EXPECT_EQ(ledger_->tasks_count(), 3U * executions_count);
    EXPECT_EQ(ledger_->ran_again(), "") << "these were completed, and ran again";
    EXPECT_EQ(gaps_in_events(database), "");
    EXPECT_EQ(database.value("SELECT count(*) FROM tasks WHERE status = 3"), "1000");
    EXPECT_EQ(database.value("SELECT count(*) FROM idempotency"), "200");
    EXPECT_TRUE(eventually([&] { return server_.task_processes().empty(); }, seconds(10)));
    EXPECT_GT(ledger_->noted_count(), 300U) << "the kills came too early to show anything";
    std::cout << "ledger lines: " << ledger_->lines().size() << " for 600 commands\n";
  }

  Server server_{{"--pools", "default=8"}};
  std::unique_ptr<Ledger> ledger_;
  std::mt19937 random_{7};
};

TEST_F(CrashTest, ServerKilledFiftyTimes) {
  constexpr int kills = 50;
  std::atomic<std::uint16_t> port = server_.port();
  Submitter submitter(port, ledger_->path());
  for (int round = 0; round < kills; ++round) {
    submitter.allow((round + 2) * executions_count / kills);
    wait_for_progress(8);
    if (HasFatalFailure()) return;
    server_.kill();
    ledger_->note(server_.database());
    bool const look = round % 5 == 0;  // else it starts while children may still be there
    EXPECT_TRUE(!look || eventually([&] { return server_.task_processes().empty(); }));
    server_.start();
    port = server_.port();
  }
  submitter.allow(executions_count);
  ASSERT_TRUE(eventually([&] { return submitter.accepted() == executions_count; }));
  expect_all_done_once();
}

TEST_F(CrashTest, PostgresKilledTwelveTimes) {
  constexpr int kills = 12;
  std::atomic<std::uint16_t> const port = server_.port();
  Submitter submitter(port, ledger_->path());
  for (int round = 0; round < kills; ++round) {
    submitter.allow((round + 2) * executions_count / kills);
    wait_for_progress(25);
    if (HasFatalFailure()) return;
    server_.kill_database();
    ledger_->note(server_.database());
    ASSERT_TRUE(server_.is_running()) << "the server went with its database";
  }
  submitter.allow(executions_count);
  ASSERT_TRUE(eventually([&] { return submitter.accepted() == executions_count; }, seconds(60)));
  expect_all_done_once();
}

TEST_F(CrashTest, BothKilledAtOnce) {
  constexpr int kills = 8;
  std::atomic<std::uint16_t> port = server_.port();
  Submitter submitter(port, ledger_->path());
  for (int round = 0; round < kills; ++round) {
    submitter.allow((round + 2) * executions_count / kills);
    wait_for_progress(40);
    if (HasFatalFailure()) return;
    server_.kill_database();
    server_.kill();
    server_.start();
    port = server_.port();
    ledger_->note(server_.database());
  }
  submitter.allow(executions_count);
  ASSERT_TRUE(eventually([&] { return submitter.accepted() == executions_count; }, seconds(60)));
  expect_all_done_once();
}

}  // namespace
}  // namespace ropewalk::system_test
