#pragma once
// Random templates, most of them right, for a comparison of two implementations: every construct,
// nested, with blanks and line ends wherever they may matter.

#include <random>
#include <string>

namespace ropewalk::prompt {

class RandomTemplate {
 public:
  explicit RandomTemplate(std::uint32_t seed) : engine_(seed) {}

  /// A template; some of them have one character too many or too few.
  std::string make();
  /// One that calls no partials.
  std::string make_partial();

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <std::size_t N>
  char const* pick(char const* const (&words)[N]) {
    return words[below(N)];
  }

  std::string body(unsigned depth);
  std::string text();
  std::string open(std::string const& sign);
  std::string close();
  std::string path();
  std::string value(unsigned depth);
  std::string mustache();
  std::string block(unsigned depth);
  std::string condition(unsigned depth);
  std::string loop(unsigned depth);
  std::string section(unsigned depth);
  std::string partial(unsigned depth);
  std::string rarity();
  std::string otherwise(unsigned depth);

  std::mt19937 engine_;
  bool has_partials_ = true;
  unsigned names_ = 0;  // block parameters in scope
};

}  // namespace ropewalk::prompt
