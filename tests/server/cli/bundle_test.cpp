// Goal: what a workflow names beside itself goes along to another machine, and means the same
// there. Method: a folder with files; the definition before and after.
#include "server/cli/bundle.hpp"

#include "engine/base/json.hpp"
#include "engine/model/cel/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ropewalk::cli {
namespace {

using testing::HasSubstr;

class BundleTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "ropewalk-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(folder_ / name) << text;
  }
  Result<json::object> bundled(std::string_view workflow) const {
    auto out = parse_json(workflow).value().as_object();
    auto const done = put_files_in(out, folder_.string());
    if (!done) return done.error();
    return out;
  }

  std::filesystem::path folder_{};
};

TEST_F(BundleTest, ScriptsGoAlongAsTheirText) {
  write("a.py", "print(1)\n");
  auto const out = bundled(R"({"name":"x","tasks":{
    "a":{"type":"script","language":"python","file":"a.py"},
    "b":{"type":"command","command":["a.py"],"file":"a.py"}},
    "finally":[{"id":"c","type":"script","language":"python","file":"./a.py"}]})");
  ASSERT_TRUE(out) << out.error().message;
  auto const& a = out->at("tasks").at("a").as_object();
  EXPECT_EQ(a.at("source").as_string(), "print(1)\n");
  EXPECT_FALSE(a.contains("file"));
  EXPECT_TRUE(out->at("tasks").at("b").as_object().contains("file")) << "it is no script";
  EXPECT_EQ(out->at("finally").at(0).at("source").as_string(), "print(1)\n");
}

TEST_F(BundleTest, WhatIsTheServersStaysAsItIs) {
  auto const text = R"({"tasks":{"a":{"type":"script","language":"sh","file":"/srv/a.sh"},
    "b":{"type":"script","language":"sh","file":"${{ inputs.path }}"}}})";
  EXPECT_EQ(*bundled(text), parse_json(text).value().as_object());
}

TEST_F(BundleTest, ATextThatLooksLikeAnExpressionStaysAText) {
  std::string const text = "echo '${{ x }}' '$${{' ${{\n";
  write("a.sh", text);
  auto const out = bundled(R"({"tasks":{"a":{"type":"script","language":"sh","file":"a.sh"}}})");
  std::string const source(out->at("tasks").at("a").at("source").as_string());
  auto const compiled = cel::Template::compile(source);
  ASSERT_TRUE(compiled) << compiled.error().message;
  EXPECT_TRUE(compiled->is_constant());
}

TEST_F(BundleTest, ARequirementsFileBecomesItsList) {
  write("requirements.txt", "# what it needs\nrequests==2.31  # http\n\n  rich>=13\r\n");
  auto const out = bundled(R"({"tasks":{"a":{"type":"script","language":"python","source":"x",
    "requirements":"requirements.txt"}}})");
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(
      out->at("tasks").at("a").at("requirements"),
      parse_json(R"(["requests==2.31","rich>=13"])").value()
  );
  write("requirements.txt", "-r other.txt\n");
  auto const refused = bundled(R"({"tasks":{"a":{"type":"script","language":"python",
    "source":"x","requirements":"requirements.txt"}}})");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("-r other.txt"));
}

TEST_F(BundleTest, WhatIsMissingOrTooLargeIsSaid) {
  auto const workflow = R"({"tasks":{"a":{"type":"script","language":"sh","file":"a.sh"}}})";
  EXPECT_EQ(bundled(workflow).error().code, "not_found");
  write("a.sh", std::string(1100 * 1024, '#'));
  EXPECT_EQ(bundled(workflow).error().code, "too_large");
}

TEST(IsElsewhere, ByTheNameOfTheHost) {
  EXPECT_FALSE(is_elsewhere(parse_address("unix:/run/x.sock").value()));
  EXPECT_FALSE(is_elsewhere(parse_address("http://127.0.0.1:8400").value()));
  EXPECT_FALSE(is_elsewhere(parse_address("http://localhost:8400").value()));
  EXPECT_FALSE(is_elsewhere(parse_address("http://[::1]:8400").value()));
  EXPECT_TRUE(is_elsewhere(parse_address("http://10.0.0.7:8400").value()));
  EXPECT_TRUE(is_elsewhere(parse_address("http://ropewalk.example").value()));
}

}  // namespace
}  // namespace ropewalk::cli
