// Secrets as people use them: the real binary, set on the command line, used by scripts and API
// calls that repeat them in every way; then everything that can be read is searched for them.
#include "engine/model/cel/base64.hpp"
#include "tests/providers/support/scripted_server.hpp"
#include "tests/system/support/requests.hpp"
#include "tests/system/support/server.hpp"
#include "tests/system/support/stream.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace ropewalk::system_test {
namespace {

using ropewalk::test::RepliesInTurn;
using ropewalk::test::ScriptedServer;
using ::testing::HasSubstr;

constexpr char const* token = "tok/9f\"3 k&WqZ=x7Lm";
constexpr char const* from_environment = "environment-secret-42";  // what Server sets
constexpr char const* key_of_provider = "sk-provider-key-0123456789";

std::string hex_of(std::string_view text) {
  std::string out;
  for (char const c : text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

/// What must be found nowhere: the secret, the ways to write it, and large parts of these.
std::vector<std::string> traces_of(std::string const& secret) {
  auto const base64 = cel::to_base64(secret);
  std::vector<std::string> out{
      secret,
      secret.substr(1, 9),
      secret.substr(secret.size() - 9),
      base64.substr(0, 10),
      base64.substr(base64.size() - 12, 9),
      cel::to_base64("x" + secret).substr(2, 10),
      cel::to_base64("xx" + secret).substr(3, 10),
      hex_of(secret).substr(2, 14)};
  return out;
}

Finished set_secret(Server const& server, std::string const& name, std::string const& value) {
  ProgramOptions options;
  options.environment = {{"VALUE", value}, {"BINARY", ropewalk_binary()}};
  return run_program(
      {"/bin/sh",
       "-c",
       "printf '%s\\n' \"$VALUE\" | \"$BINARY\" secret set " + name + " --server " + server.url()},
      options
  );
}

/// All that the database holds, as a backup of it would.
std::string dump_of(Server const& server) {
  std::string program;
  for (auto const& folder : std::filesystem::directory_iterator("/usr/lib/postgresql"))
    program = folder.path() / "bin/pg_dump";
  auto const file = server.files().path("dump.sql");
  auto const done =
      run_program({program, "--file", file, "--dbname", server.database().conninfo()});
  EXPECT_EQ(done.status, 0) << done.error;
  return read_text(file);
}

/// Tasks that say their secrets wherever they can.
json::value leaky_flow(ScriptedServer const& api) {
  return definition(
      "{'name': 'leaky', 'tasks': {"
      "'say': {'type': 'script', 'language': 'python', 'args': ['${{ secrets.API_TOKEN }}'],"
      " 'env': {'E': '${{ secrets.FROM_ENV }}', 'P': '" +
      std::string(key_of_provider) +
      "'}, 'source': "
      "'import base64, json, os, sys, time, urllib.parse\\nt = sys.argv[1]\\n"
      "def put(text, to=sys.stdout):\\n"
      "  for i in range(0, len(text), 5):\\n"
      "    to.write(text[i:i+5]); to.flush(); time.sleep(0.002)\\n"
      "  to.write(chr(10)); to.flush()\\n"
      "for s in [t, os.environ[\\'E\\'], os.environ[\\'P\\']]:\\n"
      "  b = s.encode()\\n"
      "  for text in [s, json.dumps(s), urllib.parse.quote(s, safe=str()), "
      "urllib.parse.quote_plus(s),"
      " base64.b64encode(b).decode(), base64.b64encode(b\\'u:\\' + b).decode(),"
      " base64.urlsafe_b64encode(b\\'x\\' + b).decode(), b.hex(), b.hex().upper()]:\\n"
      "    put(text); put(text, sys.stderr)\\n"
      "  print(json.dumps({\\'level\\': \\'warn\\', \\'message\\': s}))\\n"
      "json.dump({\\'out\\': t, \\'list\\': [t], t: 1}, open(os.environ[\\'ROPEWALK_OUTPUT\\'], "
      "\\'w\\'))\\n'},"
      "'die': {'type': 'command', 'env': {'T': '${{ secrets.API_TOKEN }}'}, 'command': "
      "['sh', '-c', 'echo $T >&2; exit 3']},"
      "'missing': {'type': 'command', 'command': ['/nowhere/${{ secrets.API_TOKEN }}']},"
      "'ask': {'type': 'http', 'url': '" +
      api.url("/ask") +
      "', 'query': {'k': '${{ secrets.API_TOKEN }}'}, 'headers': {'X-K': 'Bearer ${{ "
      "secrets.API_TOKEN }}'}, 'body': {'json': {'k': ['${{ secrets.API_TOKEN }}']}}},"
      "'refused': {'type': 'http', 'needs': ['ask'], 'retry': {'maxAttempts': 1}, 'url': '" +
      api.url("/x") + "', 'method': 'POST', 'body': {'text': '${{ secrets.FROM_ENV }}'}}}}"
  );
}

/// What people and programs can read of an execution.
std::string shown_of(Server const& server, Stream& stream, std::string const& id) {
  std::string seen;
  while (auto const frame = stream.receive(milliseconds(500))) seen += json::serialize(*frame);
  for (auto const* part :
       {"",
        "/events",
        "/logs",
        "/graph",
        "/why",
        "/tasks/say",
        "/tasks/die",
        "/tasks/missing",
        "/tasks/ask",
        "/tasks/refused"})
    seen += server.get("/v1/executions/" + id + part).body;
  seen += server.get("/v1/secrets").body;
  for (auto const* task : {"say", "ask", "refused", "die", "missing"})
    seen += server.cli({"show", id, task, "--json"}).out;
  seen += server.cli({"logs", id}).out;
  return seen;
}

void expect_no_trace(std::string const& secret, char const* place, std::string const& text) {
  for (auto const& trace : traces_of(secret)) {
    auto const at = text.find(trace);
    EXPECT_EQ(at, std::string::npos)
        << trace << " in " << place << ": " << text.substr(at < 200 ? 0 : at - 200, 400);
  }
}

class SecretsTest : public ::testing::Test {
 protected:
  SecretsTest() {
    auto const key_file = files_.write("provider-key", key_of_provider);
    config_ = files_.write(
        "ropewalk.yaml",
        "http: { allow: [127.0.0.0/8] }\nsecrets: { FROM_ENV: { env: SYSTEM_TEST_LONG_SECRET } }\n"
        "providers: { mine: { type: openai, baseUrl: 'http://127.0.0.1:1', apiKeyFile: " +
            key_file + " } }\n"
    );
    server_.emplace(std::vector<std::string>{"--config", config_});
  }

  TempDirectory files_;
  std::string config_;
  std::optional<Server> server_;
};

TEST_F(SecretsTest, AreSetListedUsedAndRemoved) {
  auto& server = *server_;
  auto const done = set_secret(server, "API_TOKEN", token);
  EXPECT_EQ(done.status, 0) << done.error;
  EXPECT_EQ(done.out, "set: API_TOKEN\n");
  struct stat info {};
  ASSERT_EQ(::stat((server.data() + "/secrets.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  auto const list = server.cli({"secret", "list"});
  EXPECT_THAT(list.out, HasSubstr("API_TOKEN  store  20"));
  EXPECT_THAT(list.out, HasSubstr("FROM_ENV  env\n"));
  auto const file = files_.write(
      "flow.yaml",
      "name: flow\ntasks:\n  a:\n    type: command\n    command: [sh, -c, 'test \"$1\" = \"$T\" && "
      "test ${#T} = 19 && echo same', sh, '${{ secrets.API_TOKEN }}']\n"
      "    env: { T: '${{ secrets.API_TOKEN }}' }\n"
  );
  auto const run = server.cli({"run", file, "--output", "a.stdout"});
  EXPECT_EQ(run.status, 0) << run.error;
  EXPECT_THAT(run.out, HasSubstr("same"));

  EXPECT_EQ(set_secret(server, "FROM_ENV", "something else").status, 2) << "of the configuration";
  EXPECT_EQ(set_secret(server, "SHORT", "abc").status, 2);
  expect_problem(
      send(
          server,
          HttpRequest{
              "PUT", "/v1/secrets/X", R"({"value": 7})", {{"Content-Type", "application/json"}}}
      ),
      400,
      "invalid_argument"
  );
  EXPECT_EQ(server.get("/v1/secrets/API_TOKEN").status, 405) << "no way to read one";
  EXPECT_EQ(server.cli({"secret", "rm", "API_TOKEN"}).status, 0);
  EXPECT_EQ(server.cli({"secret", "rm", "API_TOKEN"}).status, 2);
  auto const failed = server.cli({"run", file, "--json"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.out, HasSubstr("unknown_secret"));
}

TEST_F(SecretsTest, SurviveARestartAndARotation) {
  auto& server = *server_;
  for (auto const* name : {"ONE", "TWO"}) set_secret(server, name, token);
  auto const sealed = "SELECT string_agg(sealed, ' ' ORDER BY name) FROM secrets";
  auto const before = server.database().value(sealed);
  EXPECT_EQ(server.stop(), 0);
  server.start();
  auto const rotated = server.cli({"secret", "rotate"});
  EXPECT_EQ(rotated.status, 0) << rotated.error;
  EXPECT_THAT(rotated.out, HasSubstr("encrypted anew: 2"));
  EXPECT_NE(server.database().value(sealed), before);
  EXPECT_EQ(server.database().value("SELECT count(DISTINCT key_id) FROM secrets"), "1");
  auto const use = definition(
      "{'name': 'x', 'tasks': {'a': {'type': 'command', 'env': {'T': '${{ secrets.TWO }}'}, "
      "'command': ['sh', '-c', 'echo ${#T}']}}}"
  );
  EXPECT_EQ(
      server.status_of(text_of(server.wait_for_end(server.run(use)), "id"), "a"), "COMPLETED"
  );
  // Rows that change places, and one bit of another.
  server.database().query(
      "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'ONE') WHERE name = "
      "'TWO'"
  );
  auto const moved = server.wait_for_end(server.run(use));
  EXPECT_THAT(json::serialize(moved), HasSubstr("secret_tampered"));
  server.database().query("UPDATE secrets SET sealed = 'A' || substr(sealed, 2) WHERE name = 'TWO'"
  );
  EXPECT_THAT(json::serialize(server.wait_for_end(server.run(use))), HasSubstr("secret_tampered"));
  // Another key, or a file that others may read.
  auto const keys = server.data() + "/secrets.key";
  EXPECT_EQ(server.stop(), 0);
  std::filesystem::rename(keys, keys + ".old");
  server.start();
  auto const lost = definition(
      "{'name': 'x', 'tasks': {'a': {'type': 'command', 'env': {'T': '${{ secrets.ONE }}'}, "
      "'command': ['true']}}}"
  );
  EXPECT_THAT(
      json::serialize(server.wait_for_end(server.run(lost))), HasSubstr("secret_key_missing")
  );
  std::filesystem::rename(keys + ".old", keys);
  ::chmod(keys.c_str(), 0644);
  EXPECT_THAT(
      json::serialize(server.wait_for_end(server.run(lost))), HasSubstr("secret_key_exposed")
  );
}

TEST_F(SecretsTest, AreNowhereThoughTasksRepeatThem) {
  auto& server = *server_;
  ASSERT_EQ(set_secret(server, "API_TOKEN", token).status, 0);
  std::string const echo = std::string("{\"got\": \"") + "tok/9f\\\"3 k&WqZ=x7Lm" + "\"}";
  auto const answer = [&](std::string const& status) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nX-Echo: " + cel::to_base64(token) +
           "\r\nContent-Length: " + std::to_string(echo.size()) + "\r\n\r\n" + echo;
  };
  RepliesInTurn replies({answer("200 OK"), answer("500 Bad")});
  ScriptedServer api(replies.script());
  auto const flow = leaky_flow(api);
  Stream stream(server.port());
  stream.send({{"type", "run"}, {"id", "r"}, {"workflow", flow}});
  auto const id = text_of(stream.expect("accepted"), "execution");
  auto const ended = server.wait_for_end(id);
  auto const requests = replies.requests();
  ASSERT_EQ(requests.size(), 2U) << json::serialize(ended);
  EXPECT_THAT(requests[0].target, HasSubstr("k=tok%2F9f%223%20k%26WqZ%3Dx7Lm"));
  EXPECT_EQ(requests[0].header("x-k"), std::string("Bearer ") + token);
  EXPECT_THAT(requests[0].body, HasSubstr("WqZ=x7Lm"));
  EXPECT_EQ(requests[1].body, from_environment);

  auto const seen = shown_of(server, stream, id) + json::serialize(ended);
  EXPECT_THAT(seen, HasSubstr("***"));
  EXPECT_THAT(seen, HasSubstr("\"status\":\"FAILED\""));
  auto const dump = dump_of(server);
  EXPECT_THAT(dump, HasSubstr("leaky"));
  EXPECT_EQ(server.stop(), 0);
  auto const log = server.log();
  for (auto const* secret : {token, from_environment}) {
    expect_no_trace(secret, "answers and frames", seen);
    expect_no_trace(secret, "the database", dump);
    expect_no_trace(secret, "the log", log);
  }
  expect_no_trace(key_of_provider, "answers and frames", seen);
}

TEST_F(SecretsTest, WhereAValueWouldBeStoredItIsRefused) {
  auto const file = files_.write(
      "bad.yaml",
      "name: bad\ntasks:\n"
      "  a: { type: pass, value: '${{ secrets.X }}' }\n"
      "  b: { type: ai, prompt: 'use ${{ secrets.X }}', model: sim/echo }\n"
      "  c: { type: command, command: [sh, -c, 'echo ${{ secrets.X }}'] }\n"
      "  d: { type: command, command: [echo], when: secrets.X != '' }\n"
      "  e: { type: command, command: [echo, '${{ secrets.X + \"y\" }}'] }\n"
  );
  auto const done = server_->cli({"validate", file});
  EXPECT_EQ(done.status, 2);
  auto const said = done.out + done.error;
  EXPECT_THAT(said, HasSubstr("bad.yaml:3:31: secret_not_allowed"));
  EXPECT_THAT(said, HasSubstr("goes to a model"));
  EXPECT_THAT(said, HasSubstr("interpolation_in_code"));
  EXPECT_THAT(said, HasSubstr("secret_in_expression"));
  EXPECT_THAT(said, HasSubstr("mend: write ${{ secrets.NAME }} by itself"));
}

TEST_F(SecretsTest, DataCannotNameOne) {
  auto& server = *server_;
  set_secret(server, "API_TOKEN", token);
  json::object const inputs{
      {"text", "${{ secrets.API_TOKEN }}"}, {"object", {{"secret", "API_TOKEN"}}}};
  auto const id = server.run(
      definition("{'name': 'x', 'tasks': {'a': {'type': 'command', 'env': {'T': '${{ inputs.text "
                 "}}', 'O': '${{ string(inputs.object.secret) }}'}, 'command': ['sh', '-c', 'echo "
                 "${#T} ${#O}']}}}"),
      inputs
  );
  auto const ended = server.wait_for_end(id);
  EXPECT_THAT(json::serialize(ended), HasSubstr("{\"stdout\":\"24 9\"}"));
}

}  // namespace
}  // namespace ropewalk::system_test
