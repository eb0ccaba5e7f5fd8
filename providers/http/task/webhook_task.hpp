#pragma once
// What a task of type `webhook` asks for, read out of its fields.
//
// Any thread: pure functions.

#include "providers/http/task/http_task.hpp"

#include <string>
#include <vector>

namespace ropewalk::http {

struct WebhookTask {
  HttpTask call{};                     // a POST of the payload that follows no redirects
  std::vector<std::string> secrets{};  // names; more than one while they change
};

void check_webhook_fields(json::object const& task, ReportProblem const& report);
void prepare_webhook_fields(json::object& config);
/// Errors: invalid_task.
Result<WebhookTask> read_webhook_task(json::object const& config);

}  // namespace ropewalk::http
