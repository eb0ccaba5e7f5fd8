// Goal: what interpreters print is understood. Method: their real output, copied.
#include "providers/process/script_errors.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ropewalk {
namespace {

using Lines = std::vector<std::string>;

std::string summary(ErrorStyle style, Lines const& lines) {
  return to_text(find_script_error(style, lines, "/w/script.py"));
}

TEST(ScriptErrors, PythonException) {
  Lines const lines{
      "Traceback (most recent call last):",
      "  File \"/w/script.py\", line 12, in <module>",
      "    main()",
      "  File \"/usr/lib/python3/json/decoder.py\", line 355, in raw_decode",
      "    raise JSONDecodeError(\"Expecting value\", s, err.value) from None",
      "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"};
  auto const error = find_script_error(ErrorStyle::python, lines, "/w/script.py");
  EXPECT_EQ(error.type, "json.decoder.JSONDecodeError");
  EXPECT_EQ(error.line, 12U);
  EXPECT_EQ(error.code, "");
  EXPECT_EQ(
      to_text(error),
      "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0) (line 12)"
  );
}

TEST(ScriptErrors, PythonLastExceptionOfAChainCounts) {
  Lines const lines{
      "Traceback (most recent call last):",
      "  File \"/w/script.py\", line 2, in <module>",
      "KeyError: 'a'",
      "During handling of the above exception, another exception occurred:",
      "Traceback (most recent call last):",
      "  File \"/w/script.py\", line 4, in <module>",
      "ValueError: bad row"};
  EXPECT_EQ(summary(ErrorStyle::python, lines), "ValueError: bad row (line 4)");
}

TEST(ScriptErrors, PythonMissingModule) {
  Lines const lines{
      "Traceback (most recent call last):",
      "  File \"/w/script.py\", line 1, in <module>",
      "    import nosuch",
      "ModuleNotFoundError: No module named 'nosuch'"};
  EXPECT_EQ(find_script_error(ErrorStyle::python, lines, "/w/script.py").code, "module_not_found");
}

TEST(ScriptErrors, NodeException) {
  Lines const lines{
      "/w/script.py:3",
      "  throw new TypeError('bad row');",
      "  ^",
      "TypeError: bad row",
      "    at main (/w/script.py:3:9)",
      "Node.js v20.0.0"};
  EXPECT_EQ(summary(ErrorStyle::javascript, lines), "TypeError: bad row (line 3)");
}

TEST(ScriptErrors, NodeMissingModule) {
  Lines const lines{
      "node:internal/modules/cjs/loader:1080",
      "  throw err;",
      "Error: Cannot find module 'nosuch'",
      "    at Module._load (node:internal/modules/cjs/loader:922:27) {"};
  auto const error = find_script_error(ErrorStyle::javascript, lines, "/w/script.py");
  EXPECT_EQ(error.code, "module_not_found");
  EXPECT_EQ(error.message, "Cannot find module 'nosuch'");
}

TEST(ScriptErrors, OthersInOneLine) {
  auto const code = [](ErrorStyle style, Lines const& lines) {
    return find_script_error(style, lines, "").code;
  };
  EXPECT_EQ(code(ErrorStyle::shell, {"s: 3: Syntax error: \"fi\" unexpected"}), "syntax_error");
  EXPECT_EQ(code(ErrorStyle::shell, {"s: line 3: foo: command not found"}), "");
  EXPECT_EQ(code(ErrorStyle::perl, {"syntax error at s line 1, near \"x x\""}), "syntax_error");
  EXPECT_EQ(
      code(ErrorStyle::perl, {"Can't locate Foo.pm in @INC at s line 1."}), "module_not_found"
  );
  EXPECT_EQ(code(ErrorStyle::plain, {"syntax error"}), "");
}

TEST(ScriptErrors, NothingPrinted) {
  for (auto const style :
       {ErrorStyle::plain, ErrorStyle::python, ErrorStyle::javascript, ErrorStyle::shell})
    EXPECT_EQ(summary(style, {}), "");
}

}  // namespace
}  // namespace ropewalk
