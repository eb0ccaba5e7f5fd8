// Files that go along with a prompt.
#include "providers/ai/attachments.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using namespace std::string_literals;

Attachment of_file(std::string name) {
  Attachment out;
  out.file = std::move(name);
  return out;
}

TEST(Attachments, KnowsImagesByTheirBytes) {
  EXPECT_EQ(detect_media_type("\x89PNG\r\n\x1a\nrest"s), "image/png");
  EXPECT_EQ(detect_media_type("\xff\xd8\xff\xe0"s), "image/jpeg");
  EXPECT_EQ(detect_media_type("GIF89a..."), "image/gif");
  EXPECT_EQ(detect_media_type("RIFF\0\0\0\0WEBPVP8 "s), "image/webp");
  EXPECT_EQ(detect_media_type("plain words"), "text/plain");
  EXPECT_EQ(detect_media_type("\xff\xfe\x00z"s), "");
}

TEST(Attachments, AnImageGoesAsBase64) {
  auto const part = attachment_part(of_file("a.png"), "\x89PNG\r\n\x1a\n"s);
  ASSERT_TRUE(part);
  auto const* image = std::get_if<ImagePart>(&*part);
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->media_type, "image/png");
  EXPECT_EQ(image->data, "iVBORw0KGgo=");
}

TEST(Attachments, ATextGoesUnderItsLabel) {
  auto const part = attachment_part(of_file("notes.txt"), "milk");
  ASSERT_TRUE(part);
  EXPECT_EQ(std::get<TextPart>(*part).text, "Attached notes.txt:\n\nmilk");
}

TEST(Attachments, RefusesWhatIsNeither) {
  auto const part = attachment_part(of_file("a.bin"), "\xff\xfe\x00"s);
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code, "unsupported_attachment");
}

}  // namespace
}  // namespace ropewalk::ai
