// Goal: what is put into a URL, a form or a multipart body comes out of it again as it was.
#include "providers/http/task/request_text.hpp"

#include <gtest/gtest.h>

namespace ropewalk::http {
namespace {

TEST(RequestText, PercentEncodingLeavesOnlyWhatIsUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b&c=d/e?f#\xC3\xBC%\n"), "a%20b%26c%3Dd%2Fe%3Ff%23%C3%BC%25%0A");
}

TEST(RequestText, ParametersAreAddedBehindThoseThatAreThere) {
  NamedTexts const query{{"q", "a b"}, {"tag", "x"}, {"tag", "y&z"}};
  EXPECT_EQ(add_query("http://h/p", query), "http://h/p?q=a%20b&tag=x&tag=y%26z");
  EXPECT_EQ(add_query("http://h/p?a=1", {{"b", "2"}}), "http://h/p?a=1&b=2");
  EXPECT_EQ(add_query("http://h/p?", {{"b", "2"}}), "http://h/p?b=2");
  EXPECT_EQ(add_query("http://h/p?a=1#part", {{"b", "2"}}), "http://h/p?a=1&b=2");
}

TEST(RequestText, AParameterTakesThePlaceOfItsNamesakes) {
  EXPECT_EQ(set_query("http://h/p", "page", "2"), "http://h/p?page=2");
  EXPECT_EQ(
      set_query("http://h/p?page=1&x=y&page=9&pages=3", "page", "2"),
      "http://h/p?x=y&pages=3&page=2"
  );
  EXPECT_EQ(set_query("http://h/p?a%20b=1", "a b", "2"), "http://h/p?a%20b=2");
}

TEST(RequestText, Forms) {
  EXPECT_EQ(encode_form({{"a", "1 2"}, {"b", "x&y=z"}}), "a=1%202&b=x%26y%3Dz");
  EXPECT_EQ(encode_form({}), "");
}

TEST(RequestText, MultipartBodies) {
  std::vector<FormPart> const parts{
      {"note", "hello", "", ""},
      {"up\"load", "\x01\xFF", "a\r\nb.bin", "application/x\r\nEvil: yes"}};
  EXPECT_EQ(
      encode_multipart(parts, "B"),
      "--B\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"up%22load\"; filename=\"a%0D%0Ab.bin\"\r\n"
      "Content-Type: application/xEvil: yes\r\n\r\n\x01\xFF\r\n--B--\r\n"
  );
}

TEST(RequestText, WhatIsShownOfAUrlIsNoSecret) {
  EXPECT_EQ(
      shown_url("https://user:pass@api.example:8443/things/7?token=secret#x"),
      "https://api.example:8443/things/7"
  );
  EXPECT_EQ(shown_url("https://api.example/?key=1"), "https://api.example/");
  EXPECT_EQ(shown_url("nonsense with key=secret"), "the URL");
}

TEST(RequestText, MediaTypesByTheEndOfTheName) {
  EXPECT_EQ(media_type_of("a/b.json"), "application/json");
  EXPECT_EQ(media_type_of("photo.jpeg"), "image/jpeg");
  EXPECT_EQ(media_type_of("noend"), "application/octet-stream");
}

}  // namespace
}  // namespace ropewalk::http
