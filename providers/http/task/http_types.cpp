#include "providers/http/task/http_types.hpp"

#include "engine/model/make_field.hpp"
#include "providers/http/task/http_task.hpp"
#include "providers/http/task/webhook_task.hpp"

#include <utility>

namespace ropewalk {
namespace {

FieldSpec url_field(std::string description) {
  auto out = make_field("url", FieldKind::string, std::move(description));
  out.required = true;
  out.secrets = true;
  return out;
}

FieldSpec secret_field(std::string name, FieldKind kind, std::string description) {
  auto out = make_field(std::move(name), kind, std::move(description));
  out.secrets = true;
  return out;
}

std::vector<FieldSpec> request_fields() {
  return {
      make_field("method", FieldKind::string, "GET, POST, … Default: GET, with a body POST."),
      url_field("http://HOST/PATH or https://HOST/PATH."),
      secret_field(
          "query", FieldKind::object, "Parameters that are added to the URL; a list repeats one."
      ),
      secret_field(
          "headers", FieldKind::object, "Texts by name; {secret: NAME} for a secret's value."
      ),
      secret_field(
          "body",
          FieldKind::object,
          "One of {json}, {form}, {text}, {file} and {multipart: [{name, text or file, filename, "
          "contentType}]}, with an optional contentType. Files are taken from the folder of the "
          "workflow file."
      ),
      secret_field(
          "auth",
          FieldKind::object,
          "One of {basic: {user, password}}, {bearer}, {apiKey: {header or query, value}} and "
          "{oauth2: {tokenUrl, clientId, clientSecret, scope, audience, authStyle}}."
      ),
      make_field(
          "idempotencyKey",
          FieldKind::boolean,
          "Whether the Idempotency-Key header is sent, the same for every try. Default: for "
          "methods "
          "whose repetition is not harmless by itself, as POST."
      ),
      make_field("tls", FieldKind::object, "{caFile, clientCert, clientKey, verify}."),
      make_field(
          "timeouts", FieldKind::object, "{connect, firstByte, idle}; `timeout` bounds it all."
      )};
}

std::vector<FieldSpec> answer_fields() {
  auto response = make_field("response", FieldKind::string, "How the body is read. Default: auto.");
  response.allowed = {"auto", "json", "text"};
  return {
      make_field("followRedirects", FieldKind::boolean, "Default: true."),
      make_field("maxRedirects", FieldKind::integer, "0 to 20. Default: 5."),
      make_field(
          "allowDowngrade", FieldKind::boolean, "Follows from https to http. Default: false."
      ),
      make_field(
          "expectedStatus", FieldKind::any, "200, 2xx, 200-299, or a list of these. Default: 2xx."
      ),
      std::move(response),
      make_field("maxBytes", FieldKind::size, "The largest body that is read."),
      make_field(
          "saveTo",
          FieldKind::string,
          "A file below the folder of the workflow file that the body is written to."
      ),
      make_field(
          "poll", FieldKind::object, "{until: CEL, interval, deadline}: asks until it holds."
      ),
      make_field(
          "paginate",
          FieldKind::object,
          "{next: link or CEL} or {cursor: CEL, query} or {page: 1, step, query}, with items: CEL, "
          "maxPages and maxItems."
      )};
}

std::vector<FieldSpec> webhook_fields() {
  auto payload = secret_field("payload", FieldKind::any, "What is sent, as JSON.");
  payload.required = true;
  auto secret = make_field(
      "secret",
      FieldKind::any,
      "The name of the secret that it is signed with; a list while it changes."
  );
  secret.required = true;
  return {
      url_field("Where it is sent, by POST."),
      std::move(payload),
      std::move(secret),
      secret_field(
          "headers", FieldKind::object, "Texts by name; {secret: NAME} for a secret's value."
      ),
      make_field("expectedStatus", FieldKind::any, "Default: 2xx."),
      make_field("tls", FieldKind::object, "{caFile, clientCert, clientKey, verify}."),
      make_field(
          "timeouts", FieldKind::object, "{connect, firstByte, idle}; `timeout` bounds it all."
      )};
}

}  // namespace

void register_http_types(TaskTypes& types) {
  TaskType type;
  type.name = "http";
  type.description = "Calls an API.";
  type.max_attempts_default = 3;
  for (auto const& fields : {request_fields(), answer_fields()})
    type.fields.insert(type.fields.end(), fields.begin(), fields.end());
  type.check = http::check_http_fields;
  type.prepare = http::prepare_http_fields;
  types.add(std::move(type));

  TaskType webhook;
  webhook.name = "webhook";
  webhook.description = "Sends a signed message (Standard Webhooks).";
  webhook.max_attempts_default = 3;
  webhook.fields = webhook_fields();
  webhook.check = http::check_webhook_fields;
  webhook.prepare = http::prepare_webhook_fields;
  types.add(std::move(webhook));
}

}  // namespace ropewalk
