#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/dialects/failure.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/rate_limits.hpp"

#include <boost/algorithm/string/find.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::array<std::string_view, 5> request_id_headers{
    "x-request-id", "request-id", "apim-request-id", "x-generation-id", "x-goog-request-id"};

bool says_something(json::value const& value) {
  if (value.is_null()) return false;
  if (auto const* flag = value.if_bool()) return *flag;
  if (auto const* text = value.if_string()) return !text->empty();
  if (auto const* object = value.if_object()) return !object->empty();
  if (auto const* array = value.if_array()) return !array->empty();
  return true;
}

/// FastAPI's list of what is wrong: [{"loc":…,"msg":…,"input":…}]. `input` is what was sent.
std::string detail_words(json::value const& detail) {
  auto const* list = detail.if_array();
  if (list == nullptr) return to_text(detail);
  std::string out;
  for (auto const& entry : *list) {
    auto const* object = entry.if_object();
    auto const* text = entry.if_string();
    std::string_view const words = object != nullptr ? text_at(*object, "msg")
                                   : text != nullptr ? std::string_view(*text)
                                                     : std::string_view();
    if (!words.empty()) out.append(out.empty() ? "" : "; ").append(words);
  }
  return out;
}

void read_error_object(json::object const& error, ProviderFailure& out) {
  out.error = error;
  out.code = code_at(error, "code");
  out.type = text_at(error, "type");
  if (auto const status = text_at(error, "status"); !status.empty() && out.type.empty())
    out.type = status;
  out.message = text_at(error, "message");
  if (out.message.empty()) out.message = text_at(error, "error");
  if (out.message.empty() && error.contains("detail")) {
    auto const text = text_at(error, "detail");
    out.message = text.empty() ? detail_words(error.at("detail")) : std::string(text);
  }
}

void read_error(json::value const& error, ProviderFailure& out) {
  if (auto const* text = error.if_string()) {
    out.message = *text;
  } else if (auto const* object = error.if_object()) {
    read_error_object(*object, out);
  } else if (auto const* array = error.if_array(); array != nullptr && !array->empty()) {
    // Only one level: an array of arrays says nothing that is worth looking for.
    if (auto const* first = array->front().if_object())
      read_error_object(*first, out);
    else if (auto const* words = array->front().if_string())
      out.message = *words;
  }
}

void read_document(json::object const& document, ProviderFailure& out) {
  if (auto const* error = member(document, "error"); error != nullptr && says_something(*error))
    read_error(*error, out);
  else
    read_error_object(document, out);
  if (out.request_id.empty()) out.request_id = text_at(document, "request_id");
}

}  // namespace

std::string request_id_of(HttpHeaders const& headers) {
  for (auto const name : request_id_headers)
    if (auto const id = find_header(headers, name); !id.empty()) return std::string(id);
  return {};
}

std::string html_title(std::string_view body) {
  auto const start = body.substr(0, 4096);
  bool const is_html = boost::algorithm::ifind_first(start, "<html") ||
                       boost::algorithm::ifind_first(start, "<!doctype");
  if (!is_html) return {};
  auto const open = boost::algorithm::ifind_first(start, "<title>");
  auto const close = boost::algorithm::ifind_first(start, "</title>");
  if (!open || !close || close.begin() < open.end()) return "HTML";
  std::string title(open.end(), close.begin());
  boost::algorithm::trim(title);
  return shorten(title, 200);
}

ProviderFailure read_failure(FailedAnswer const& answer) {
  ProviderFailure out;
  out.status = answer.status;
  out.body = answer.body;
  out.request_id = request_id_of(answer.headers);
  out.retry_after = retry_after(answer.headers);
  auto const should_retry = find_header(answer.headers, "x-should-retry");
  if (should_retry == "true") out.should_retry = true;
  if (should_retry == "false") out.should_retry = false;
  auto const body = parse_json(answer.body);
  if (!body) return out;
  if (auto const* document = body->if_object()) {
    read_document(*document, out);
  } else if (auto const* array = body->if_array(); array != nullptr && !array->empty()) {
    if (auto const* document_in = array->front().if_object()) read_document(*document_in, out);
  } else if (auto const* text = body->if_string()) {
    out.message = *text;
  }
  return out;
}

bool is_failure(json::object const& chunk) {
  if (auto const* error = member(chunk, "error"); error != nullptr && says_something(*error))
    return true;
  return text_at(chunk, "object") == "error" || text_at(chunk, "type") == "error";
}

ProviderFailure read_failure(json::object const& chunk) {
  ProviderFailure out;
  read_document(chunk, out);
  if (out.type == "error") out.type.clear();  // the event's type, not the error's
  out.body = to_text(chunk);
  return out;
}

}  // namespace ropewalk::ai
