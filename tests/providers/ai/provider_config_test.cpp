// The providers of a configuration: what is built in, what is read, what is refused.
#include "providers/ai/provider_config.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  ProviderConfigs providers{};
  std::vector<std::string> problems{};  // "path: code"
};

Read read(std::string_view text) {
  Read out;
  auto const document = parse_json(text);
  out.providers = read_providers(
      document->get_object(),
      [&](std::string path, std::string code, std::string, std::string) {
        out.problems.push_back(path + ": " + code);
      }
  );
  return out;
}

KeySources keys(std::string name, std::string value) {
  return {
      [=](std::string const& asked) { return asked == name ? value : std::string(); },
      [](std::string const& path) -> Result<std::string> {
        return Error{ErrorClass::permanent, "invalid_key", "no file " + path};
      }};
}

TEST(ProviderConfig, AKeyInTheEnvironmentIsAllThatTheKnownOnesTake) {
  auto providers = builtin_providers();
  auto& openai = providers.at("openai");
  EXPECT_EQ(missing_key(openai)->code, "auth");
  EXPECT_THAT(missing_key(openai)->message, HasSubstr("OPENAI_API_KEY"));
  ASSERT_TRUE(resolve_key(openai, keys("OPENAI_API_KEY", "sk-1\n")));
  EXPECT_EQ(openai.settings.api_key, "sk-1");
  EXPECT_FALSE(missing_key(openai));
  EXPECT_FALSE(missing_key(providers.at("sim")));
  EXPECT_FALSE(missing_key(providers.at("ollama")));
}

TEST(ProviderConfig, ReadsEveryField) {
  auto const out = read(R"({"local": {"type": "openai", "baseUrl": "http://127.0.0.1:8000/v1/",
      "apiKeyEnv": "LOCAL_KEY", "headers": {"X-Team": "ropes"}, "maxConcurrent": 4,
      "requestsPerMinute": 60, "tokensPerMinute": 1000, "options": {"maxTokensField": "max_tokens"},
      "models": {"big": {"maxConcurrent": 1}}, "timeouts": {"connect": "1s", "idle": "5s"},
      "tls": {"verify": false}, "breaker": {"failures": 3}}})");
  EXPECT_THAT(out.problems, ElementsAre());
  auto const& local = out.providers.at("local");
  EXPECT_EQ(local.settings.base_url, "http://127.0.0.1:8000/v1");
  EXPECT_EQ(local.key_env, "LOCAL_KEY");
  EXPECT_EQ(local.limits.limits.max_concurrent, 4);
  EXPECT_EQ(local.limits.models.at("big").max_concurrent, 1);
  EXPECT_EQ(local.settings.timeouts.idle, std::chrono::seconds(5));
  EXPECT_EQ(local.settings.timeouts.total, std::chrono::hours(1));
  EXPECT_FALSE(local.settings.tls.verify);
  EXPECT_EQ(local.limits.breaker.failures_max, 3U);
  EXPECT_EQ(find_header(local.settings.headers, "x-team"), "ropes");
}

TEST(ProviderConfig, ReportsAllProblemsAtOnce) {
  auto const out = read(R"({"a": {"type": "opanai"}, "b": {"type": "openai", "apiKey": "sk-1"},
      "c": {"type": "openai", "baseUrl": "ftp://x"}, "d": {"type": "openai", "baseURL": "http://x"},
      "e f": {}, "g": {"type": "azure"}, "h": {}})");
  EXPECT_THAT(
      out.problems,
      ElementsAre(
          "a.type: invalid_value",
          "b.apiKey: secret_in_file",
          "c.baseUrl: invalid_value",
          "d.baseURL: unknown_field",
          "e f: invalid_name",
          "g.baseUrl: missing_field",
          "h.type: missing_field"
      )
  );
}

TEST(ProviderConfig, AServerOfOnesOwnNeedsNoKeyUnlessOneIsNamed) {
  auto const out = read(R"({"openai": {"baseUrl": "http://127.0.0.1:8000/v1"},
      "paid": {"type": "openai", "baseUrl": "https://x.example", "apiKeyEnv": "PAID_KEY"}})");
  EXPECT_FALSE(missing_key(out.providers.at("openai")));
  EXPECT_TRUE(missing_key(out.providers.at("paid")));
}

/// OPENAI_API_KEY is for OpenAI: a server that only speaks the same API gets the key that it names.
TEST(ProviderConfig, AKeyOfTheEnvironmentGoesToItsOwnServiceOnly) {
  auto out = read(R"({"openai": {"baseUrl": "http://127.0.0.1:8000/v1"},
      "plain": {"type": "openai", "baseUrl": "http://api.openai.com/v1"},
      "claude": {"type": "anthropic", "baseUrl": "https://gateway.example"},
      "google": {"type": "gemini", "baseUrl": "https://gateway.example"},
      "same": {"type": "openai", "baseUrl": "https://API.openai.com/v1/"},
      "named": {"type": "openai", "baseUrl": "https://x.example", "apiKeyEnv": "OPENAI_API_KEY"}})"
  );
  EXPECT_THAT(out.problems, ElementsAre());
  KeySources const every{
      [](std::string const&) { return std::string("sk-real"); },
      [](std::string const&) -> Result<std::string> { return std::string("sk-real"); }};
  for (char const* name : {"openai", "plain", "claude", "google", "same", "named"}) {
    auto& provider = out.providers.at(name);
    ASSERT_TRUE(resolve_key(provider, every));
    bool const is_sent = name == std::string("same") || name == std::string("named");
    EXPECT_EQ(provider.settings.api_key, is_sent ? "sk-real" : "") << name;
  }
}

TEST(ProviderConfig, WarnsOfAKeyThatTheNetworkCanRead) {
  auto const warning = [](std::string const& url) {
    auto provider =
        read(R"({"own": {"type": "openai", "apiKeyEnv": "K", "baseUrl": ")" + url + "\"}}")
            .providers.at("own");
    EXPECT_FALSE(exposed_key_warning(provider)) << "there is no key yet";
    EXPECT_TRUE(resolve_key(provider, keys("K", "secret")));
    EXPECT_EQ(public_view(provider).contains("warning"), exposed_key_warning(provider).has_value());
    return exposed_key_warning(provider).value_or("none");
  };
  EXPECT_THAT(warning("http://10.0.0.7:8000/v1"), HasSubstr("own goes to 10.0.0.7:8000 without"));
  EXPECT_EQ(warning("http://127.0.0.1:8000/v1"), "none");
  EXPECT_EQ(warning("http://localhost:8000/v1"), "none");
  EXPECT_EQ(warning("https://example.com/v1"), "none");
}

TEST(ProviderConfig, NeverShowsAKey) {
  auto providers = builtin_providers();
  auto& openai = providers.at("openai");
  ASSERT_TRUE(resolve_key(openai, keys("OPENAI_API_KEY", "sk-secret")));
  EXPECT_EQ(to_text(json::value(to_json(openai))).find("sk-secret"), std::string::npos);
}

TEST(ProviderConfig, ShowsAnAddressWithoutWhatMayBeAKey) {
  auto const out = read(R"({
      "a": {"type": "openai", "baseUrl": "http://user:se@cret@10.0.0.1:80/v1?key=secret"},
      "b": {"type": "openai", "baseUrl": "https://x.example/@team"}})");
  EXPECT_EQ(to_json(out.providers.at("a")).at("baseUrl"), "http://10.0.0.1:80/v1");
  EXPECT_EQ(to_json(out.providers.at("b")).at("baseUrl"), "https://x.example/@team");
}

TEST(ProviderConfig, RefusesAKeyThatNoHeaderCanHold) {
  auto providers = builtin_providers();
  auto const resolved = resolve_key(providers.at("openai"), keys("OPENAI_API_KEY", "a\nb"));
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().code, "invalid_key");
}

TEST(ProviderConfig, ThePublicViewTellsNoSecrets) {
  auto const read_one = read(R"({"mine": {"type": "openai", "apiKeyEnv": "MY_KEY",
      "baseUrl": "https://host.example/v1"}})");
  auto mine = read_one.providers.at("mine");
  EXPECT_EQ(
      to_text(public_view(mine)),
      R"({"name":"mine","type":"openai","baseUrl":"https://host.example/v1","hasKey":false,"ready":false})"
  );
  mine.settings.api_key = "sk-secret";
  mine.settings.base_url = "https://ann:pass@word@host.example:8443/v1?key=k#f";
  auto const view = public_view(mine);
  EXPECT_EQ(view.at("baseUrl"), "https://host.example:8443/v1");
  EXPECT_EQ(view.at("hasKey"), true);
  EXPECT_THAT(
      to_text(view), testing::Not(testing::AnyOf(HasSubstr("secret"), HasSubstr("MY_KEY")))
  );
  mine.settings.base_url = "http://host.example/a@b";
  EXPECT_EQ(public_view(mine).at("baseUrl"), "http://host.example/a@b");
  EXPECT_EQ(public_view(read_one.providers.at("sim")).at("simulated"), true);
}

}  // namespace
}  // namespace ropewalk::ai
