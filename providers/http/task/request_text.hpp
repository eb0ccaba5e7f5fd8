#pragma once
// How the parts of a request are written: parameters of a URL, forms, multipart bodies.
//
// Any thread: pure functions.

#include "providers/http/task/http_task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::http {

/// %XX for everything but letters, digits and "-._~".
std::string percent_encode(std::string_view text);

/// The URL with these parameters behind its own; what stands behind '#' is left away.
std::string add_query(std::string_view url, NamedTexts const& query);
/// The same where a parameter of this name takes the place of those that are there.
std::string set_query(std::string_view url, std::string const& name, std::string const& value);

/// application/x-www-form-urlencoded.
std::string encode_form(NamedTexts const& form);

struct FormPart {
  std::string name{};
  std::string bytes{};
  std::string file_name{};  // empty: a plain field
  std::string content_type{};
};
/// multipart/form-data (RFC 7578). REQUIRES: `boundary` is in none of the parts.
std::string encode_multipart(std::vector<FormPart> const& parts, std::string_view boundary);

/// By the end of the name; "application/octet-stream" where it is not known.
std::string_view media_type_of(std::string_view file_name);

/// Scheme, host, port and path: what a URL may be shown as. Never its parameters or user.
std::string shown_url(std::string_view url);

}  // namespace ropewalk::http
