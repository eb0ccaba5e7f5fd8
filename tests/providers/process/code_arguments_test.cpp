// Goal: what an interpreter reads as code is found, and nothing else. Method: command lines in
// which the code is marked by its text.
#include "providers/process/code_arguments.hpp"

#include <boost/json/array.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace ropewalk {
namespace {

/// Words at blanks; those that hold CODE are expected.
void expect_code(std::string const& line) {
  boost::json::array argv;
  std::vector<std::size_t> expected;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.find("CODE") != word.npos) expected.push_back(argv.size());
    argv.emplace_back(word);
  }
  EXPECT_EQ(code_arguments(argv), expected) << line;
}

TEST(CodeArguments, ShellsTakeTheFirstOperandAfterTheFlag) {
  for (auto const* line :
       {"sh -c CODE",
        "/bin/bash -c CODE x y",
        "bash -lc CODE",
        "bash -c -e CODE x",
        "bash -eo pipefail -c CODE x",
        "bash -o pipefail -ec CODE",
        "bash --rcfile x -c CODE",
        "bash --norc +x -c -- CODE x",
        "zsh -ic CODE",
        "dash -c CODE",
        "ksh93 -c CODE",
        "fish --command=CODE",
        "fish --command CODE",
        "bash script.sh -c x",
        "sh -x script.sh x",
        "sh"})
    expect_code(line);
}

TEST(CodeArguments, InterpretersTakeWhatFollowsTheOption) {
  for (auto const* line :
       {"python -c CODE x",
        "/usr/bin/python3.11 -c CODE",
        "python3 -Ic CODE",
        "python3 -cCODE",
        "python3 -W ignore -c CODE",
        "python3 script.py -c x",
        "python3 -m module -c x",
        "node -e CODE x",
        "node --eval CODE",
        "node --eval=CODE",
        "node -p CODE",
        "node -pe CODE",
        "node -r module -e CODE",
        "node app.js -e x",
        "perl -e CODE -e CODE2 x",
        "perl -E CODE",
        "perl -lane CODE x",
        "perl -eCODE",
        "ruby -e CODE",
        "php -r CODE",
        "lua5.4 -e CODE",
        "Rscript -e CODE",
        "awk CODE x",
        "awk -F : -v a=b CODE x",
        "awk -f file x",
        "su -c CODE user"})
    expect_code(line);
}

TEST(CodeArguments, SomeTakeAllThatFollows) {
  for (auto const* line :
       {"pwsh -Command CODE CODE",
        "pwsh -NoProfile -c CODE",
        "powershell.exe -Com CODE",
        "cmd /c CODE CODE",
        "cmd.exe /C CODE",
        "pwsh -File x"})
    expect_code(line);
}

TEST(CodeArguments, StartersAreLookedThrough) {
  for (auto const* line :
       {"env sh -c CODE",
        "env -i A=1 B=2 python3 -c CODE x",
        "env -S CODE",
        "busybox sh -c CODE",
        "nice -n 5 bash -c CODE",
        "timeout 5 sudo -u x sh -c CODE",
        "find . -exec sh -c CODE ;",
        "docker run --rm image sh -c CODE",
        "xargs -n 1 sh -c CODE",
        "env A=1 ls x"})
    expect_code(line);
}

TEST(CodeArguments, OtherProgramsHaveNone) {
  for (auto const* line :
       {"echo -c x", "./sh.py -c x", "curl -e x", "git commit -c x", "grep -e sh -c x"})
    expect_code(line);
}

}  // namespace
}  // namespace ropewalk
