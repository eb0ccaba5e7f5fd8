// Goal: wherever a text is cut, no way to write a secret leaves the stream, and what does leave is
// the same. Method: random secrets, in random texts, in every way to write them, cut at random and
// at every byte; what comes out is searched for what went in.
#include "engine/base/mask_stream.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ropewalk {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t end) {
  return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
}

std::string base64(std::string_view bytes, std::string_view last_two) {
  std::string const alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (char const c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += alphabet[(bits >> (count - 6)) & 63U];
  }
  if (count > 0) out += alphabet[(bits << (6 - count)) & 63U];
  while (last_two == "+/" && out.size() % 4 != 0) out += '=';
  return out;
}

std::string wrapped(std::string text, std::size_t columns) {
  for (std::size_t at = columns; at < text.size(); at += columns + 1) text.insert(at, 1, '\n');
  return text;
}

std::string percent(std::string_view text, bool is_upper, bool is_form) {
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte < 128 && std::isalnum(byte) != 0) {
      out += c;
    } else if (c == ' ' && is_form) {
      out += '+';
    } else {
      std::string hex = to_hex(std::span(&byte, 1));
      for (char& digit : hex)
        if (is_upper) digit = static_cast<char>(std::toupper(digit));
      out += "%" + hex;
    }
  }
  return out;
}

std::string in_json(std::string_view text) {
  auto const whole = to_text(json::value(json::string(text)));
  return whole.substr(1, whole.size() - 2);
}

std::string all_escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    out += byte < 128 ? "\\u00" + to_hex(std::span(&byte, 1)) : std::string(1, c);
  }
  return out;
}

std::string hex(std::string_view text) {
  return to_hex(std::vector<unsigned char>(text.begin(), text.end()));
}

/// Printable, sometimes of several lines.
std::string random_secret(Random& random) {
  std::string out;
  auto const size = 8 + below(random, below(random, 4) == 0 ? 300 : 60);
  bool const is_plain = below(random, 2) == 0;
  while (out.size() < size) {
    auto const c = static_cast<char>(' ' + below(random, 95));
    bool const is_edge = out.empty() || out.size() + 1 == size;
    if ((is_plain || is_edge) && std::isalnum(static_cast<unsigned char>(c)) == 0) continue;
    out += c;
  }
  return out;
}

std::string random_text(Random& random) {
  constexpr std::string_view signs = "abcXYZ019+/-_=%\\u\"{}:,. \n\r~";
  std::string out;
  for (auto size = below(random, 40); size > 0; --size) out += signs[below(random, signs.size())];
  return out;
}

/// One of the ways to write it, and what must not be left of it.
std::string written(Random& random, std::string const& secret) {
  std::string const before(below(random, 3), 'x');
  switch (below(random, 10)) {
    case 0:
      return secret;
    case 1:
      return base64(before + secret, "+/");
    case 2:
      return base64(before + secret + "tail", "-_");
    case 3:
      return wrapped(base64(secret, "+/"), 76);
    case 4:
      return percent(secret, true, false);
    case 5:
      return percent(secret, false, true);
    case 6:
      return in_json(secret);
    case 7:
      return all_escaped(secret);
    case 8:
      return wrapped(hex(secret), 60);
    default:
      return percent(base64(before + secret, "+/"), true, false);
  }
}

std::string through(
    std::shared_ptr<SecretMask const> const& mask, std::string_view text, Random& random
) {
  MaskStream stream(mask);
  std::string out;
  while (!text.empty()) {
    auto const size = std::min(text.size(), 1 + below(random, 1 + below(random, 50)));
    out += stream.feed(text.substr(0, size));
    text.remove_prefix(size);
  }
  out += stream.finish();
  return out;
}

/// The longest run of characters of `needle` that is in `text`.
std::size_t longest_common(std::string_view needle, std::string_view text) {
  std::vector<std::size_t> row(text.size() + 1, 0);
  std::size_t best = 0;
  for (char const c : needle) {
    for (std::size_t i = text.size(); i > 0; --i) {
      row[i] = text[i - 1] == c ? row[i - 1] + 1 : 0;
      best = std::max(best, row[i]);
    }
  }
  return best;
}

TEST(MaskStream, NoWayToWriteASecretLeavesIt) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);
    std::vector<std::string> secrets;
    for (auto count = 1 + below(random, 4); count > 0; --count)
      secrets.push_back(random_secret(random));
    auto const mask = std::make_shared<SecretMask>();
    mask->add_all(secrets);
    auto const& secret = secrets[below(random, secrets.size())];
    auto const shown = written(random, secret);
    auto const before = "{" + random_text(random) + "{";
    auto const after = "}" + random_text(random) + "}";
    auto const whole = before + shown + after;
    auto const expected = mask->masked(whole);
    // Of Base64 is left what other bytes decide as well, and "w%3D%3D" of one in a URL.
    EXPECT_LT(longest_common(shown, expected), 9U)
        << "seed " << seed << ": " << whole << " -> " << expected;
    EXPECT_EQ(through(mask, whole, random), expected) << "seed " << seed << ": " << whole;
  }
}

TEST(MaskStream, EveryCutOfEveryWay) {
  std::string const secret = "pa\"ss/wörd+1 \\x";
  auto const mask = std::make_shared<SecretMask>();
  mask->add(secret);
  for (auto const& form :
       {secret,
        base64("u:" + secret, "+/"),
        base64(":" + secret, "-_"),
        percent(secret, true, false),
        percent(secret, false, true),
        in_json(secret),
        all_escaped(secret),
        hex(secret)}) {
    std::string const whole = "say " + form + "!";
    auto const expected = mask->masked(whole);
    EXPECT_NE(expected.find("***"), std::string::npos) << whole;
    for (std::size_t first = 0; first <= whole.size(); ++first)
      for (std::size_t second = first; second <= whole.size(); ++second) {
        MaskStream stream(mask);
        std::string out(stream.feed(std::string_view(whole).substr(0, first)));
        out += stream.feed(std::string_view(whole).substr(first, second - first));
        out += stream.feed(std::string_view(whole).substr(second));
        out += stream.finish();
        ASSERT_EQ(out, expected) << whole << " cut at " << first << " and " << second;
      }
  }
}

TEST(MaskStream, OtherTextPassesAtOnceLineByLine) {
  auto const mask = std::make_shared<SecretMask>();
  mask->add("hunter2hunter2");
  mask->add("another\nsecret-of-lines");
  MaskStream stream(mask);
  for (std::string const line : {"hello\n", "100% h\n", "aHVu\n", "C:\\ho\n", "6875\n", "tea\n"})
    EXPECT_EQ(stream.feed(line), line);
  EXPECT_EQ(stream.feed("say hunt"), "say ");
  EXPECT_EQ(stream.feed("er"), "");
  EXPECT_EQ(stream.feed(" it"), "hunter it");
}

TEST(MaskStream, HoldsBackLittle) {
  Random random(7);
  auto const mask = std::make_shared<SecretMask>();
  std::vector<std::string> secrets;
  for (int i = 0; i < 50; ++i) secrets.push_back(random_secret(random));
  mask->add_all(secrets);
  MaskStream stream(mask);
  std::size_t in = 0;
  std::size_t out = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto const text = random_text(random);
    in += text.size();
    out += stream.feed(text).size();
    ASSERT_LE(in, out + 600) << "64 characters of six bytes, and what is masked";
  }
}

TEST(MaskStream, ATextThatIsBrokenOff) {
  auto const mask = std::make_shared<SecretMask>();
  mask->add("hunter2hunter2");
  MaskStream stream(mask);
  EXPECT_EQ(stream.feed("it is hunter2h"), "it is ");
  EXPECT_EQ(stream.finish(true), "***");
  EXPECT_EQ(stream.feed("it is hun"), "it is ");
  EXPECT_EQ(stream.finish(true), "hun") << "that may be anything";
  EXPECT_EQ(stream.feed("it is hunter2h"), "it is ");
  EXPECT_EQ(stream.finish(), "hunter2h");
  EXPECT_EQ(stream.feed("unter2 it is"), "unter2 it is") << "it has begun anew";
}

TEST(MaskStream, NothingToMask) {
  MaskStream none(nullptr);
  std::string const text = "anything";
  EXPECT_EQ(none.feed(text).data(), text.data()) << "no copy is made";
  MaskStream empty(std::make_shared<SecretMask>());
  EXPECT_EQ(empty.feed(text).data(), text.data());
  EXPECT_EQ(empty.finish(true), "");
}

}  // namespace
}  // namespace ropewalk
