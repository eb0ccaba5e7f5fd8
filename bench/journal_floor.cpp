// The limit that PostgreSQL sets a durable engine: executions of one acceptance and three steps,
// each change durable before the next one of its execution, all that is ready in one transaction
// and one round trip. No engine, no HTTP, no JSON: only the rows, on one connection in pipeline
// mode.
//
//   bench_journal_floor CONNINFO IN_FLIGHT SECONDS
//
// Prints one JSON object: steps a second, and the time of one execution (p50, p99, ms).
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int steps = 3;

[[noreturn]] void fail(char const* what) {
  std::fprintf(stderr, "journal_floor: %s\n", what);
  std::exit(1);
}

struct CloseResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, CloseResult>;

void check(PGconn* connection, Answer const& answer) {
  auto const status = PQresultStatus(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC)
    return;
  fail(PQerrorMessage(connection));
}

/// An array parameter in text form: "{1,2,3}".
class Column {
 public:
  void add(long value) {
    text_ += text_.empty() ? '{' : ',';
    text_ += std::to_string(value);
  }
  bool empty() const { return text_.empty(); }
  std::string finish() const { return text_ + '}'; }

 private:
  std::string text_;
};

/// The tables and statements of the floor, in a schema of its own.
class Tables {
 public:
  explicit Tables(char const* conninfo) : connection_(PQconnectdb(conninfo)) {
    if (PQstatus(connection_) != CONNECTION_OK) fail(PQerrorMessage(connection_));
    run("SET client_min_messages = warning");
    run("DROP SCHEMA IF EXISTS bench_floor CASCADE");
    run("CREATE SCHEMA bench_floor");
    run("SET search_path = bench_floor");
    run("CREATE TABLE runs (id bigint PRIMARY KEY, status smallint NOT NULL, inputs json,"
        " created timestamptz DEFAULT now(), finished timestamptz)");
    run("CREATE TABLE steps (run bigint, step int, status smallint, output json,"
        " finished timestamptz DEFAULT now(), PRIMARY KEY (run, step))");
    run("CREATE TABLE events (run bigint, seq int, body text, PRIMARY KEY (run, seq))");
    prepare(
        "accept",
        "INSERT INTO runs (id, status, inputs) SELECT *, 1, '{}' FROM unnest($1::bigint[])"
    );
    prepare(
        "step",
        "INSERT INTO steps (run, step, status, output)"
        " SELECT *, 3, 'null' FROM unnest($1::bigint[], $2::int[])"
    );
    prepare("end", "UPDATE runs SET status = 3, finished = now() WHERE id = ANY ($1::bigint[])");
    prepare(
        "event",
        "INSERT INTO events SELECT *, '{\"kind\":\"task.status\",\"status\":\"DONE\"}'"
        " FROM unnest($1::bigint[], $2::int[])"
    );
    if (PQenterPipelineMode(connection_) != 1) fail("no pipeline mode");
  }
  Tables(Tables const&) = delete;
  ~Tables() {
    PQexitPipelineMode(connection_);
    run("DROP SCHEMA bench_floor CASCADE");
    PQfinish(connection_);
  }

  void send(char const* statement, std::vector<Column const*> const& columns) {
    if (columns.front()->empty()) return;
    std::vector<std::string> texts;
    for (auto const* column : columns) texts.push_back(column->finish());
    std::vector<char const*> values;
    for (auto const& text : texts) values.push_back(text.c_str());
    auto const count = static_cast<int>(values.size());
    if (PQsendQueryPrepared(connection_, statement, count, values.data(), nullptr, nullptr, 0) != 1)
      fail(PQerrorMessage(connection_));
    ++sent_;
  }
  /// Ends the transaction and waits until it is durable.
  void commit() {
    PQpipelineSync(connection_);
    for (; sent_ > 0; --sent_) {
      check(connection_, Answer(PQgetResult(connection_)));
      Answer const end(PQgetResult(connection_));  // a null result ends each statement
    }
    check(connection_, Answer(PQgetResult(connection_)));
  }

 private:
  void run(char const* sql) { check(connection_, Answer(PQexec(connection_, sql))); }
  void prepare(char const* name, char const* sql) {
    check(connection_, Answer(PQprepare(connection_, name, sql, 0, nullptr)));
  }

  PGconn* connection_;
  int sent_ = 0;
};

struct Flight {
  long id = 0;
  int step = 0;  // 0: to be accepted
  Clock::time_point begun{};
};

void write_round(Tables& tables, std::vector<Flight> const& flights) {
  Column accepted, step_run, step_number, ended, event_run, event_number;
  for (auto const& flight : flights) {
    event_run.add(flight.id);
    event_number.add(flight.step);
    if (flight.step == 0) {
      accepted.add(flight.id);
      continue;
    }
    step_run.add(flight.id);
    step_number.add(flight.step);
    if (flight.step == steps) ended.add(flight.id);
  }
  tables.send("accept", {&accepted});
  tables.send("step", {&step_run, &step_number});
  tables.send("end", {&ended});
  tables.send("event", {&event_run, &event_number});
  tables.commit();
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Keeps `flights` going until `until`; the time of each execution that ended.
std::vector<double> fly(
    Tables& tables, std::vector<Flight>& flights, long& next_id, Clock::time_point until
) {
  std::vector<double> times;
  while (Clock::now() < until) {
    write_round(tables, flights);
    auto const now = Clock::now();
    for (auto& flight : flights) {
      if (flight.step++ < steps) continue;
      times.push_back(milliseconds(now - flight.begun));
      flight = Flight{next_id++, 0, now};
    }
  }
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: bench_journal_floor CONNINFO IN_FLIGHT SECONDS");
  auto const in_flight = std::strtol(argv[2], nullptr, 10);
  auto const length = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(std::strtod(argv[3], nullptr))
  );
  if (in_flight < 1 || in_flight > 100'000) fail("IN_FLIGHT is a number from 1 to 100000");
  Tables tables(argv[1]);
  std::vector<Flight> flights;
  long next_id = 0;
  while (next_id < in_flight) flights.push_back({next_id++, 0, Clock::now()});
  fly(tables, flights, next_id, Clock::now() + length / 4);  // warm-up
  auto const begun = Clock::now();
  auto times = fly(tables, flights, next_id, begun + length);
  auto const seconds = milliseconds(Clock::now() - begun) / 1000;
  if (times.empty()) fail("nothing ended in that time");
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"executions\": %zu, \"perSecond\": %.1f, \"p50\": %.3f, \"p99\": %.3f}\n",
      times.size(),
      static_cast<double>(times.size()) / seconds,
      times[times.size() / 2],
      times[times.size() * 99 / 100]
  );
}
