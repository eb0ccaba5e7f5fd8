#include "providers/http/task/webhook_task.hpp"

#include "engine/base/text.hpp"
#include "providers/http/task/task_parts.hpp"

namespace ropewalk::http {
namespace {

constexpr std::size_t secrets_max = 5;

std::vector<std::string> read_secrets(Fields const& fields, Reading const& reading) {
  std::vector<std::string> out;
  auto const* value = fields.find("secret");
  auto const* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr) {
    auto name = read_secret_name(fields, reading, "secret");
    if (!name.empty()) out.push_back(std::move(name));
    return out;
  }
  if (list->empty() || list->size() > secrets_max)
    fields.add("secret", "out_of_range", "name one to five secrets", "secret: [NEW, OLD]");
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const* name = (*list)[i].if_string();
    if (name != nullptr && is_identifier(*name))
      out.emplace_back(*name);
    else
      fields.add(
          element_path("secret", i), "invalid_name", "this is no name of a secret", "write the name"
      );
  }
  return out;
}

WebhookTask read_fields(json::object const& config, Reading const& reading) {
  WebhookTask task;
  Fields const fields(config, "", reading);
  auto& call = task.call;
  call.method = "POST";
  call.follows_redirects = false;
  call.url = fields.text("url").value_or("");
  if (reading.is_rendered && call.url.empty())
    fields.add("url", "missing_field", "the URL is empty", "write https://HOST/PATH");
  call.body.kind = BodyWish::Kind::json;
  if (auto const* payload = config.if_contains("payload")) call.body.value = *payload;
  call.headers = read_headers(fields, reading);
  call.timeouts = read_timeouts(fields, reading);
  if (!fields.has("timeouts")) call.timeouts.first_byte = std::chrono::seconds(30);
  call.tls = read_tls(fields, reading);
  call.expected = read_expected(fields, reading);
  call.response = ResponseForm::text;
  task.secrets = read_secrets(fields, reading);
  return task;
}

}  // namespace

void check_webhook_fields(json::object const& task, ReportProblem const& report) {
  read_fields(task, Reading{report, false});
}

void prepare_webhook_fields(json::object& config) {
  prepare_headers(config);
}

Result<WebhookTask> read_webhook_task(json::object const& config) {
  fields::FieldProblems problems;
  auto task = read_fields(config, problems.reading());
  if (auto const read = problems.result(); !read) return read.error();
  return task;
}

}  // namespace ropewalk::http
