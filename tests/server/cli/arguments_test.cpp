// Goal: what people type becomes what was meant, and mistakes are told in one line.
// Method: whole command lines.
#include "server/cli/arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ropewalk::cli {
namespace {

ParsedArguments parse(std::vector<char const*> words) {
  words.insert(words.begin(), "ropewalk");
  return parse_arguments(static_cast<int>(words.size()), words.data());
}

Arguments good(std::vector<char const*> words) {
  auto parsed = parse(std::move(words));
  EXPECT_TRUE(parsed.arguments) << parsed.text;
  return parsed.arguments.value_or(Arguments{});
}

TEST(Arguments, RunTakesInputsLabelsAndAFile) {
  auto const run = good(
      {"run",
       "flow.yaml",
       "--input",
       "a=1",
       "-i",
       "b=x=y",
       "--label",
       "team=ops",
       "--priority",
       "90",
       "--inputs",
       "in.json",
       "-o",
       "report.text"}
  );
  EXPECT_EQ(run.verb, Verb::run);
  EXPECT_EQ(run.files, std::vector<std::string>{"flow.yaml"});
  EXPECT_EQ(run.inputs, (std::vector<std::string>{"a=1", "b=x=y"}));
  EXPECT_EQ(run.labels, std::vector<std::string>{"team=ops"});
  EXPECT_EQ(run.priority, 90);
  EXPECT_EQ(run.inputs_file, "in.json");
  EXPECT_EQ(run.output, "report.text");
}

TEST(Arguments, ScheduleSetTakesTheFieldsOfADefinition) {
  auto const set = good(
      {"schedule",
       "set",
       "nightly",
       "--workflow",
       "report",
       "--cron",
       "30 6 * * mon-fri",
       "--timezone",
       "Europe/Berlin",
       "--catch-up-within",
       "2h",
       "--paused",
       "--server",
       "http://h:1"}
  );
  EXPECT_EQ(set.verb, Verb::schedule);
  EXPECT_EQ(set.subcommand, "set");
  EXPECT_EQ(set.trigger, "nightly");
  EXPECT_EQ(set.workflow, "report");
  EXPECT_EQ(set.fields.at("cron"), "30 6 * * mon-fri");
  EXPECT_EQ(set.fields.at("catchUpWithin"), "2h");
  EXPECT_FALSE(set.fields.contains("every"));
  EXPECT_TRUE(set.is_paused);
  EXPECT_EQ(set.server, "http://h:1");
  EXPECT_EQ(good({"schedule", "pause", "nightly"}).subcommand, "pause");
  EXPECT_FALSE(parse({"schedule"}).arguments);
  EXPECT_FALSE(parse({"schedule", "set", "x"}).arguments) << "which workflow?";
}

TEST(Arguments, HookSetTakesAFile) {
  auto const set = good({"hook", "set", "deploy", "--file", "hook.yaml"});
  EXPECT_EQ(set.verb, Verb::hook);
  EXPECT_EQ(set.subcommand, "set");
  EXPECT_EQ(set.trigger, "deploy");
  EXPECT_EQ(set.files, std::vector<std::string>{"hook.yaml"});
  EXPECT_EQ(good({"hook", "deliveries", "deploy"}).subcommand, "deliveries");
}

TEST(Arguments, SimTakesAnAddressASpeedAndAFault) {
  auto const sim = good(
      {"sim",
       "--listen",
       "8080",
       "--tokens-per-second",
       "0",
       "--first-token-delay",
       "250ms",
       "--fault",
       "cut",
       "--seed",
       "-3",
       "--allowed-hosts",
       "sim,models.local"}
  );
  EXPECT_EQ(sim.verb, Verb::sim);
  EXPECT_EQ(sim.listen, "8080");
  EXPECT_EQ(sim.tokens_per_second, 0);
  EXPECT_EQ(sim.first_token_delay, "250ms");
  EXPECT_EQ(sim.fault, "cut");
  EXPECT_EQ(sim.seed, -3);
  EXPECT_EQ(sim.allowed_hosts, (std::vector<std::string>{"sim", "models.local"}));
  EXPECT_EQ(good({"sim"}).listen, "127.0.0.1:0");
}

TEST(Arguments, AFileMayFollowAnInput) {
  auto const run = good({"run", "--input", "a=1", "flow.yaml"});
  EXPECT_EQ(run.files, std::vector<std::string>{"flow.yaml"});
  EXPECT_EQ(run.inputs, std::vector<std::string>{"a=1"});
}

TEST(Arguments, GlobalOptionsStandBeforeOrAfterTheCommand) {
  EXPECT_TRUE(good({"--json", "ps"}).json);
  EXPECT_TRUE(good({"ps", "--json"}).json);
  EXPECT_EQ(good({"ps", "--server", "http://a:1"}).server, "http://a:1");
  EXPECT_EQ(good({"--data", "d", "show", "0190"}).data, "d");
  EXPECT_EQ(good({"show", "0190", "ask"}).task, "ask");
}

TEST(Arguments, ConfigurationIsFlagsOfServe) {
  auto const serve = good({"serve", "--listen", "127.0.0.1:0", "--grace", "5s"});
  EXPECT_EQ(serve.verb, Verb::serve);
  EXPECT_EQ(serve.config_flags.at("listen"), "127.0.0.1:0");
  EXPECT_EQ(serve.config_flags.at("grace"), "5s");
}

TEST(Arguments, TheOthers) {
  EXPECT_EQ(good({"validate", "a.yaml", "b.yaml"}).files.size(), 2U);
  EXPECT_EQ(good({"graph", "a.yaml", "--format", "dot"}).format, "dot");
  EXPECT_EQ(good({"eval", "1 + 1", "--with", "x.json"}).expression, "1 + 1");
  EXPECT_TRUE(good({"logs", "0190", "-f", "--task", "a"}).follow);
  EXPECT_EQ(good({"why", "0190", "a"}).task, "a");
  EXPECT_EQ(good({"retry", "0190"}).verb, Verb::retry);
  auto const approve = good({"approve", "0190", "ask[3]", "--answer", "reject", "--by", "ada"});
  EXPECT_EQ(approve.task, "ask[3]");
  EXPECT_EQ(approve.answer, "reject");
  EXPECT_EQ(approve.by, "ada");
  EXPECT_EQ(good({"approve", "0190", "ask"}).answer, "approve");
  EXPECT_EQ(good({"signal", "0190", "paid", "--payload", "{}"}).signal, "paid");
  EXPECT_EQ(good({"approvals"}).verb, Verb::approvals);
  auto const replay = good({"replay", "0190", "--from", "a", "--from", "b", "--variable", "v=1"});
  EXPECT_EQ(replay.from, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(replay.variables, std::vector<std::string>{"v=1"});
  EXPECT_EQ(good({"diff", "0190", "0191"}).other, "0191");
  EXPECT_EQ(good({"prune", "--older-than", "30d"}).older_than, "30d");
  EXPECT_EQ(good({"prune", "--older-than", "30d"}).costs_older_than, "");
  EXPECT_EQ(
      good({"prune", "--older-than", "30d", "--costs-older-than", "365d"}).costs_older_than, "365d"
  );
  EXPECT_TRUE(good({"providers", "--live"}).is_live);
  EXPECT_EQ(good({"--version"}).verb, Verb::version);
}

TEST(Arguments, MistakesAreOneLineAndStatusTwo) {
  std::vector<std::vector<char const*>> const mistakes{
      {},
      {"fly"},
      {"run"},
      {"run", "a.yaml", "--priority", "101"},
      {"run", "a.yaml", "--no-such-flag"},
      {"graph", "a.yaml", "--format", "png"},
      {"cancel"},
      {"prune"}};
  for (auto const& words : mistakes) {
    auto const parsed = parse(words);
    EXPECT_FALSE(parsed.arguments);
    EXPECT_EQ(parsed.exit_status, 2);
    EXPECT_EQ(std::count(parsed.text.begin(), parsed.text.end(), '\n'), 1) << parsed.text;
    EXPECT_TRUE(parsed.text.starts_with("ropewalk: "));
  }
}

TEST(Arguments, HelpIsNoMistake) {
  auto const help = parse({"run", "--help"});
  EXPECT_FALSE(help.arguments);
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_NE(help.text.find("--input"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::cli
