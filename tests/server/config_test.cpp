// Configuration. Method: sources in, fields and problems out; every field goes through text and
// back.
#include "server/config.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

using namespace std::chrono_literals;

LoadedConfig load_file(std::string text) {
  ConfigSources sources;
  sources.file = "ropewalk.yaml";
  sources.file_text = std::move(text);
  return load_config(sources);
}

TEST(Config, DefaultsNeedNothing) {
  auto const loaded = load_config({});
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config.listen, "127.0.0.1:8400");
  EXPECT_EQ(loaded.origins.at("listen"), "default");
}

TEST(Config, FlagsBeatTheEnvironmentThatBeatsTheFile) {
  ConfigSources sources;
  sources.file = "ropewalk.yaml";
  sources.file_text = "listen: a:1\ngrace: 1s\nlease: 3s\n";
  sources.environment = {{"ROPEWALK_LISTEN", "b:2"}, {"ROPEWALK_GRACE", "2s"}, {"HOME", "/"}};
  sources.flags = {{"listen", "c:3"}};
  auto const loaded = load_config(sources);
  ASSERT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config.listen, "c:3");
  EXPECT_EQ(loaded.config.grace, Duration(2s));
  EXPECT_EQ(loaded.config.lease, Duration(3s));
  EXPECT_EQ(loaded.origins.at("listen"), "flag");
  EXPECT_EQ(loaded.origins.at("grace"), "environment");
  EXPECT_EQ(loaded.origins.at("lease"), "file");
}

TEST(Config, SecretsAndWhereCallsMayGo) {
  auto const loaded = load_file(
      "http: {allow: [10.1.2.0/24, '::1']}\nsecrets:\n  A: {env: VARIABLE}\n  B: {file: /x/y}\n"
  );
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems[0].message;
  EXPECT_EQ(loaded.config.http_allow, (std::vector<std::string>{"10.1.2.0/24", "::1"}));
  EXPECT_EQ(loaded.config.secrets.at("A").env, "VARIABLE");
  EXPECT_EQ(loaded.config.secrets.at("B").file, "/x/y");
  EXPECT_EQ(
      to_text(to_json(loaded.config).at("secrets")),
      R"({"A":{"env":"VARIABLE"},"B":{"file":"/x/y"}})"
  );
  auto const codes = [](std::string text) {
    std::string out;
    for (auto const& problem : load_file(std::move(text)).problems)
      out += problem.path + " " + problem.code + "; ";
    return out;
  };
  EXPECT_EQ(codes("http: {allow: [10.1.2.0/33]}\n"), "http.allow invalid_value; ");
  EXPECT_EQ(codes("http: {alow: []}\n"), "http.alow unknown_field; ");
  EXPECT_EQ(codes("http: true\n"), "http wrong_type; ");
  EXPECT_EQ(codes("secrets: [A]\n"), "secrets wrong_type; ");
  EXPECT_EQ(codes("secrets: {A: whsec_secret}\n"), "secrets.A wrong_type; ");
  EXPECT_EQ(codes("secrets: {A: {env: X, file: Y}}\n"), "secrets.A wrong_type; ");
  EXPECT_EQ(codes("secrets: {A: {value: X}}\n"), "secrets.A wrong_type; ");
  EXPECT_EQ(codes("secrets: {'a b': {env: X}}\n"), "secrets.a b invalid_name; ");
}

TEST(Config, SectionsPoolsAndLists) {
  auto const loaded = load_file(
      "pools: {gpu: 2, memory: 8GiB, cpu: 2.5}\n"
      "allowedHosts: [a.example, b.example]\n"
      "limits: {frameBytes: 128KiB, idleTimeout: 5s, connections: 3}\n"
  );
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems[0].message;
  EXPECT_EQ(loaded.config.pools.at("gpu"), 2U);
  EXPECT_EQ(loaded.config.pools.at("memory"), 8ULL << 30U);
  EXPECT_EQ(loaded.config.pools.at("cpu"), 2500U);
  EXPECT_EQ(loaded.config.pools.at("default"), 64U);
  EXPECT_EQ(loaded.config.allowed_hosts.size(), 2U);
  EXPECT_EQ(loaded.config.limits.frame_bytes, 128U * 1024);
  EXPECT_EQ(loaded.config.limits.idle_timeout, Duration(5s));
  EXPECT_EQ(loaded.config.limits.connections, 3U);
}

TEST(Config, AllProblemsAtOnceWithPlaceAndMend) {
  auto const loaded = load_file(
      "lisen: x\n"
      "grace: soon\n"
      "limits:\n"
      "  frameByte: 1KiB\n"
      "  connections: 0\n"
      "grace: 1s\n"
  );
  ASSERT_EQ(loaded.problems.size(), 5U);
  EXPECT_EQ(loaded.problems[0].code, "unknown_field");
  EXPECT_EQ(loaded.problems[0].hint, "did you mean \"listen\"?");
  EXPECT_EQ(loaded.problems[0].line, 1U);
  EXPECT_EQ(loaded.problems[1].code, "invalid_value");
  EXPECT_EQ(loaded.problems[1].line, 2U);
  EXPECT_EQ(loaded.problems[2].hint, "did you mean \"frameBytes\"?");
  EXPECT_EQ(loaded.problems[3].path, "limits.connections");
  EXPECT_EQ(loaded.problems[4].code, "duplicate_key");
}

TEST(Config, BrokenYamlAndWrongTypesAreProblems) {
  EXPECT_EQ(load_file("listen: [").problems.at(0).code, "invalid_yaml");
  EXPECT_EQ(load_file("- a\n").problems.at(0).code, "wrong_type");
  EXPECT_EQ(load_file("listen: {a: 1}\n").problems.at(0).code, "wrong_type");
  EXPECT_EQ(load_file("limits: 3\n").problems.at(0).code, "wrong_type");
  EXPECT_TRUE(load_file("").problems.empty());
  EXPECT_TRUE(load_file("listen:\n").problems.empty());
}

TEST(Config, SlipsInVariableNamesAreReportedStrangersAreNot) {
  ConfigSources sources;
  sources.environment = {{"ROPEWALK_LISTN", "x"}, {"ROPEWALK_DEPLOYMENT_COLOUR", "blue"}};
  auto const loaded = load_config(sources);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].path, "ROPEWALK_LISTN");
}

TEST(Config, TheDatabaseHasASecondName) {
  ConfigSources sources;
  sources.environment = {{"ROPEWALK_DATABASE_URL", "host=other"}};
  auto const loaded = load_config(sources);
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.config.database, "host=other");
  sources.environment.emplace("ROPEWALK_DATABASE", "host=first");
  EXPECT_EQ(load_config(sources).config.database, "host=first");
}

TEST(Config, WordsAreChecked) {
  ConfigSources sources;
  sources.flags = {{"logLevel", "loud"}};
  auto const loaded = load_config(sources);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_NE(loaded.problems[0].hint.find("debug, info, warn, error"), std::string::npos);
}

TEST(Config, EveryFieldSurvivesTextAndBack) {
  Config const config;
  for (auto const& field : config_fields()) {
    Config other;
    auto const shown = show_field(config, field);
    ASSERT_TRUE(set_field(other, field, shown)) << field.name << ": " << shown;
    EXPECT_EQ(show_field(other, field), shown) << field.name;
    EXPECT_TRUE(field.flag.starts_with("--")) << field.name;
    EXPECT_TRUE(field.env.starts_with("ROPEWALK_")) << field.name;
    EXPECT_FALSE(field.help.empty()) << field.name;
  }
}

TEST(Config, PasswordsAreNeverShown) {
  EXPECT_EQ(mask_password("postgresql://u:secret@h/db"), "postgresql://u:***@h/db");
  EXPECT_EQ(mask_password("postgresql://u@h/db"), "postgresql://u@h/db");
  EXPECT_EQ(mask_password("host=h password=secret user=u"), "host=h password=*** user=u");
  EXPECT_EQ(mask_password("password='a b' user=u"), "password=*** user=u");
  EXPECT_EQ(
      mask_password("postgresql://h/db?password=secret&x=1"), "postgresql://h/db?password=***&x=1"
  );
  for (auto const* blanks : {"password =secret", "password= secret", "password  =  'sec ret' "})
    EXPECT_EQ(mask_password(blanks).find("sec"), std::string::npos) << mask_password(blanks);
  EXPECT_EQ(mask_password("password = secret user=u"), "password = *** user=u");
  EXPECT_EQ(mask_password(R"(password='a\'secret' user=u)"), "password=*** user=u");
  EXPECT_EQ(mask_password(R"(password=a\ secret user=u)"), "password=*** user=u");
  EXPECT_EQ(mask_password("passwordfile=x user=password"), "passwordfile=x user=password");
  EXPECT_EQ(mask_password("sslpassword = secret"), "sslpassword = ***");
  EXPECT_EQ(mask_password("password="), "password=***");
  Config config;
  config.database = "postgresql://u:hunter2@h/db";
  EXPECT_EQ(to_text(to_json(config)).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::server
