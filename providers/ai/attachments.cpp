#include "providers/ai/attachments.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/base64.hpp"
#include "providers/ai/data_frame.hpp"

namespace ropewalk::ai {
namespace {

using namespace std::string_view_literals;

/// As a piece of context is: whoever wrote the file does not write the prompt.
TextPart framed(Attachment const& attachment, std::string_view text) {
  std::string const label = attachment.label.empty() ? attachment.file : attachment.label;
  return {frame_data(label.empty() ? "attachment" : label, text, frame_word({text})).text};
}

Error unsupported(Attachment const& attachment) {
  return Error{
      ErrorClass::permanent,
      "unsupported_attachment",
      "the attachment " + attachment.file + " is neither an image (PNG, JPEG, GIF, WebP) nor text",
      "convert it, or give its mediaType"};
}

}  // namespace

std::string_view detect_media_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (bytes.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return "image/gif";
  if (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv)) return "image/webp";
  bool const has_nul = bytes.find('\0') != std::string_view::npos;
  return !has_nul && is_valid_utf8(bytes) ? "text/plain" : "";
}

Result<Part> attachment_part(Attachment const& attachment, std::string bytes) {
  if (!attachment.text.empty()) return Part(framed(attachment, attachment.text));
  if (!attachment.url.empty()) return Part(ImagePart{attachment.media_type, {}, attachment.url});
  if (!attachment.data.empty()) {
    auto type = attachment.media_type;
    if (type.empty())
      if (auto const decoded = cel::from_base64(attachment.data))
        type = detect_media_type(*decoded);
    return Part(ImagePart{std::move(type), attachment.data, {}});
  }
  std::string const type =
      attachment.media_type.empty() ? std::string(detect_media_type(bytes)) : attachment.media_type;
  if (type.starts_with("image/")) return Part(ImagePart{type, cel::to_base64(bytes), {}});
  if (type.empty() || !is_valid_utf8(bytes)) return unsupported(attachment);
  return Part(framed(attachment, bytes));
}

}  // namespace ropewalk::ai
