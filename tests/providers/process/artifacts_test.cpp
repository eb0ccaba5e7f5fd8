// Goal: what a task names is kept, nothing else is, and no name or link leads out of its folder.
// Method: patterns row by row; then real attempts that leave files of every kind behind.
#include "providers/process/artifacts.hpp"

#include "engine/base/json.hpp"
#include "providers/process/artifact_glob.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace ropewalk {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ArtifactGlob, Patterns) {
  struct Row {
    char const* pattern;
    char const* path;
    bool matches;
  };
  Row const rows[] = {
      {"report.html", "report.html", true},
      {"report.html", "dist/report.html", false},
      {"*.txt", "a.txt", true},
      {"*.txt", "b/a.txt", false},
      {"*.txt", ".hidden.txt", false},
      {".hid*", ".hidden.txt", true},
      {"dist/**", "dist/a", true},
      {"dist/**", "dist/a/b/c", true},
      {"dist/**", "other/a", false},
      {"dist/**", "dist/.git/config", false},
      {"**/*.o", "a.o", true},
      {"**/*.o", "x/y/a.o", true},
      {"**/*.o", "x/y/a.c", false},
      {"**", "a/b/c", true},
      {"a/**/z", "a/z", true},
      {"a/**/z", "a/b/c/z", true},
      {"a?.[ch]", "ab.c", true},
      {"a?.[ch]", "ab.d", false},
      {"./a", "a", true},
  };
  for (auto const& row : rows)
    EXPECT_EQ(matches_glob(row.pattern, row.path), row.matches) << row.pattern << " " << row.path;
}

class ArtifactsTest : public ProcessFixture {
 protected:
  void SetUp() override {
    ProcessFixture::SetUp();
    options_.artifact_root = (folder_ / "artifacts").string();
    use(options_);
  }
  /// What is kept of the last attempt: names from its detail, checked against the disk.
  std::vector<std::string> kept(AttemptOutcome const& outcome) const {
    std::vector<std::string> out;
    auto const* list =
        outcome.detail.is_object() ? outcome.detail.get_object().if_contains("artifacts") : nullptr;
    if (list == nullptr) return out;
    for (auto const& item : list->as_array()) {
      std::string const name(item.at("name").as_string());
      out.push_back(name);
      EXPECT_EQ(fs::file_size(files() / name), item.at("bytes").to_number<std::uint64_t>());
      EXPECT_EQ(item.at("sha256").as_string().size(), 64U);
    }
    return out;
  }
  fs::path files() const {
    auto const request = make_request("command", "{}");
    return fs::path(artifact_folder(options_.artifact_root, request.execution.to_string(), "x")) /
           "files";
  }
  AttemptOutcome keeping(std::string const& line, std::string_view patterns) {
    json::object config;
    json::array command;
    for (auto const* part : {"sh", "-c"}) command.emplace_back(part);
    command.emplace_back(line);
    config["command"] = std::move(command);
    config["artifacts"] = json_of(patterns);
    return run("command", to_text(config));
  }
};

TEST_F(ArtifactsTest, WhatIsNamedIsKept) {
  auto const outcome = keeping(
      "mkdir -p dist/sub; echo one > dist/a; printf abc > dist/sub/b; echo no > other; echo 5",
      R"(["dist/**","nothing-like-this"])"
  );
  EXPECT_EQ(output_of(outcome), json_of("5"));
  EXPECT_THAT(kept(outcome), ElementsAre("dist/a", "dist/sub/b"));
  EXPECT_EQ(
      outcome.detail.at("artifacts").at(1).at("sha256").as_string(),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  );
}

TEST_F(ArtifactsTest, NeitherLinksNorPipesNorWhatTheServerWroteAreKept) {
  auto const outcome = keeping(
      "echo '{}' > \"$ROPEWALK_OUTPUT\"; ln -s /etc/passwd link; ln -s /etc folder; mkfifo pipe; "
      "echo mine > mine",
      R"(["**"])"
  );
  EXPECT_THAT(kept(outcome), ElementsAre("mine"));
}

TEST_F(ArtifactsTest, OfAFailedAttemptTheyAreKeptAsWell) {
  auto const outcome = keeping("echo why > trace; exit 3", R"(["trace"])");
  EXPECT_EQ(error_of(outcome).detail.at("exitCode"), 3);
  EXPECT_THAT(kept(outcome), ElementsAre("trace"));
}

TEST_F(ArtifactsTest, ANewAttemptReplacesWhatWasKept) {
  keeping("echo old > a; echo old > b", R"(["*"])");
  auto const outcome = keeping("echo new > b", R"(["*"])");
  EXPECT_THAT(kept(outcome), ElementsAre("b"));
  EXPECT_FALSE(fs::exists(files() / "a"));
}

TEST_F(ArtifactsTest, TooMuchIsAnError) {
  options_.artifacts_max = {2, 1000};
  use(options_);
  auto const many = error_of(keeping("touch a b c", R"(["*"])"));
  EXPECT_EQ(many.code, "artifacts_too_large");
  EXPECT_EQ(many.error_class, ErrorClass::permanent);
  EXPECT_THAT(many.message, HasSubstr("2 files"));
  auto const large = error_of(keeping("head -c 2000 /dev/zero > a", R"(["*"])"));
  EXPECT_EQ(large.code, "artifacts_too_large");
  EXPECT_THAT(large.message, HasSubstr("at a"));
  EXPECT_FALSE(fs::exists(files().parent_path().string() + ".part"));
}

TEST_F(ArtifactsTest, DependantsFindThemByTheNameOfTheTask) {
  keeping("echo hello > greeting", R"(["greeting"])");
  auto request = make_request(
      "command",
      R"({"command":["sh","-c","cat $ROPEWALK_ARTIFACTS/x/greeting; ls $ROPEWALK_ARTIFACTS"]})"
  );
  request.task = "y";
  request.context = [] { return std::string(R"({"dependencies":{"x":{},"z":{}}})"); };
  last_ = start(std::move(request));
  EXPECT_EQ(output_of(wait(*last_)), json_of(R"({"stdout":"hello\nx"})"));
  auto stranger =
      make_request("command", R"({"command":["sh","-c","echo \"<$ROPEWALK_ARTIFACTS>\""]})");
  last_ = start(std::move(stranger));
  EXPECT_EQ(output_of(wait(*last_)), json_of(R"({"stdout":"<>"})")) << "it depends on nothing";
}

}  // namespace
}  // namespace ropewalk
