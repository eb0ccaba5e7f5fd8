#include "providers/http/task/http_task.hpp"

#include "providers/http/task/task_parts.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace ropewalk::http {
namespace {

/// RFC 9110, 9.2.2.
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> methods{
      "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::ranges::find(methods, method) != methods.end();
}

void read_method(Fields const& fields, HttpTask& task) {
  if (task.body.kind != BodyWish::Kind::none) task.method = "POST";
  auto const method = fields.text("method");
  if (!method) return;
  bool const is_word = !method->empty() && method->size() <= 20 &&
                       std::ranges::all_of(*method, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_word || *method == "CONNECT")
    return fields.add(
        "method",
        "unknown_word",
        "this is no method that can be sent",
        "write GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS"
    );
  task.method = *method;
  bool const takes_none = task.method == "GET" || task.method == "HEAD" || task.method == "TRACE";
  if (takes_none && task.body.kind != BodyWish::Kind::none)
    fields.add(
        "body", "conflicting_fields", task.method + " takes no body", "use POST, or `query`"
    );
}

void read_redirects(Fields const& fields, HttpTask& task) {
  constexpr auto most = static_cast<std::int64_t>(HttpTaskLimits::redirects_max);
  task.follows_redirects = fields.boolean("followRedirects").value_or(true);
  if (auto const count = fields.integer("maxRedirects", 0, most))
    task.redirects_max = static_cast<std::size_t>(*count);
  task.allows_downgrade = fields.boolean("allowDowngrade").value_or(false);
}

void read_response(Fields const& fields, Reading const& reading, HttpTask& task) {
  constexpr std::array<std::string_view, 3> forms{"auto", "json", "text"};
  // In a file the word is checked with the field's kind.
  if (reading.is_rendered) {
    if (auto const form = fields.word("response", forms))
      task.response = static_cast<ResponseForm>(*form);
  }
  task.bytes_max = fields.size("maxBytes");
  task.save_to = fields.text("saveTo").value_or("");
  for (auto const* other : {"response", "poll", "paginate"})
    if (fields.has("saveTo") && fields.has(other))
      fields.add(
          other,
          "conflicting_fields",
          "`saveTo` and `" + std::string(other) + "` exclude each other",
          "leave one of them away"
      );
  if (fields.has("poll") && fields.has("paginate"))
    fields.add(
        "paginate",
        "conflicting_fields",
        "`poll` and `paginate` exclude each other",
        "make two tasks of it"
    );
}

HttpTask read_fields(json::object const& config, Reading const& reading) {
  HttpTask task;
  Fields const fields(config, "", reading);
  task.url = fields.text("url").value_or("");
  if (reading.is_rendered && task.url.empty())
    fields.add("url", "missing_field", "the URL is empty", "write http://HOST/PATH");
  task.query = read_named_texts(fields, reading, "query");
  task.headers = read_headers(fields, reading);
  task.body = read_body(fields, reading);
  read_method(fields, task);
  task.auth = read_auth(fields, reading);
  read_redirects(fields, task);
  task.timeouts = read_timeouts(fields, reading);
  task.tls = read_tls(fields, reading);
  task.expected = read_expected(fields, reading);
  read_response(fields, reading, task);
  task.sends_key = fields.boolean("idempotencyKey").value_or(!is_idempotent(task.method));
  task.poll = read_poll(fields, reading);
  task.pages = read_pages(fields, reading);
  return task;
}

}  // namespace

void check_http_fields(json::object const& task, ReportProblem const& report) {
  read_fields(task, Reading{report, false});
}

void prepare_http_fields(json::object& config) {
  prepare_headers(config);
  prepare_auth(config);
}

Result<HttpTask> read_http_task(json::object const& config) {
  fields::FieldProblems problems;
  HttpTask task = read_fields(config, problems.reading());
  if (auto const read = problems.result(); !read) return read.error();
  return task;
}

bool is_expected(HttpTask const& task, unsigned status) {
  return std::ranges::any_of(task.expected, [status](StatusRange const& range) {
    return status >= range.first && status <= range.last;
  });
}

}  // namespace ropewalk::http
