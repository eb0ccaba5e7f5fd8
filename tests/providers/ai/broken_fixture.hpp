#pragma once
// What the tests of broken servers share: every test runs for each type of provider, must be over
// soon, and leaves no connection open.

#include "tests/providers/ai/model_fixture.hpp"
#include "tests/providers/ai/wire_forms.hpp"

#include <string>
#include <string_view>

namespace ropewalk::ai {

class BrokenServer : public testing::TestWithParam<std::string> {
 protected:
  static constexpr Duration brief = std::chrono::milliseconds(120);

  void SetUp() override;
  void TearDown() override;

  /// The documented answer, streamed.
  WireForm const& form() const { return wire_form(GetParam(), Kind::text, true); }
  /// Its head (chunked or to the end of the connection) and how its events end.
  std::string head(std::string_view more = {}) const;
  std::string_view event_end() const;
  /// Its body to the end of the first event with text, and what that says.
  std::string beginning() const;
  static std::string_view first_words();

  ProviderSettings provider(std::string const& url) const;
  Heard ask(std::string const& url, CallOptions const& options = {}) const;
  /// Asks a server that answers with these bytes and closes the connection.
  Heard ask_for(std::string const& bytes, CallOptions const& options = {}) const;
  /// The same with `body` behind the documented head.
  Heard ask_for_body(std::string const& body) const;

  /// The call failed so. `words` are in its message, which begins with provider and model.
  static void expect_failure(
      Heard const& heard, std::string_view code, ErrorClass error_class, std::string_view words
  );
  /// The call went well and said all that the form says.
  static void expect_answer(Heard const& heard);

 private:
  std::size_t descriptors_before_ = 0;
  Steady::time_point begun_{};
};

std::string replaced(std::string text, std::string_view what, std::string_view by);

/// The names of the tests: of the providers' types.
std::string type_name_of(testing::TestParamInfo<std::string> const& type);
inline auto every_type() {
  return testing::Values("openai", "azure", "openai-responses", "anthropic", "gemini", "ollama");
}

}  // namespace ropewalk::ai
