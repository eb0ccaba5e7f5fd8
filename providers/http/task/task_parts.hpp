#pragma once
// The parts of a task's fields that more than one reader reads, or that fill a file of their own.
//
// Any thread: pure functions.

#include "providers/http/task/http_task.hpp"

namespace ropewalk::http {

using fields::Fields;
using fields::Reading;

/// A text, a number or a boolean as text; nullopt for anything else.
std::optional<std::string> scalar_text(json::value const& value);

/// "name[3]".
std::string element_path(std::string_view name, std::size_t index);

/// Reports a value that is an expression as a whole where the file itself must say what is there.
/// True when that is so.
bool is_hidden(Fields const& fields, Reading const& reading, std::string_view name);

/// CEL over `response` (and inputs, variables, tasks), which is no template. Empty when there is
/// none, or when it is bad, which is reported.
std::string read_expression(Fields const& fields, Reading const& reading, std::string_view name);

/// A text, or {secret: NAME}. REQUIRES, where it is rendered: prepared.
Credential read_credential(Fields const& fields, Reading const& reading, std::string_view name);
/// The other half: before rendering, in place.
void prepare_credential(json::object& object, std::string_view name);

/// A secret's name, which is no expression.
std::string read_secret_name(Fields const& fields, Reading const& reading, std::string_view name);

/// {name: scalar or list of scalars}.
NamedTexts read_named_texts(Fields const& fields, Reading const& reading, std::string_view name);

std::vector<HeaderWish> read_headers(Fields const& fields, Reading const& reading);
void prepare_headers(json::object& config);

AuthWish read_auth(Fields const& fields, Reading const& reading);
void prepare_auth(json::object& config);

BodyWish read_body(Fields const& fields, Reading const& reading);

std::vector<StatusRange> read_expected(Fields const& fields, Reading const& reading);
HttpTimeouts read_timeouts(Fields const& fields, Reading const& reading);
TlsOptions read_tls(Fields const& fields, Reading const& reading);
std::optional<PollWish> read_poll(Fields const& fields, Reading const& reading);
std::optional<PageWish> read_pages(Fields const& fields, Reading const& reading);

}  // namespace ropewalk::http
