#pragma once
// Files and images that go along with a prompt.
//
// Any thread: pure functions.

#include "providers/ai/ai_task.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace ropewalk::ai {

/// The largest file that is attached; in base64 it is a third larger.
inline constexpr std::size_t attachment_bytes_max = 20 * 1024 * 1024;

/// By the bytes themselves for PNG, JPEG, GIF and WebP, else "text/plain" for valid UTF-8; empty
/// for anything else.
std::string_view detect_media_type(std::string_view bytes);

/// What goes into the message: an image, or a text as framed data under its label. `bytes`: what
/// the file held, where there is one. Errors: unsupported_attachment (permanent).
Result<Part> attachment_part(Attachment const& attachment, std::string bytes);

}  // namespace ropewalk::ai
