#include "server/triggers/hook_verdict.hpp"

#include "engine/base/json.hpp"
#include "engine/model/cel/value_json.hpp"
#include "providers/http/inbound_signature.hpp"
#include "providers/http/webhook_signature.hpp"
#include "server/triggers/hook_message.hpp"
#include "server/triggers/json_scope.hpp"
#include "sql/sha256.hpp"

namespace ropewalk::server {
namespace {

using Kind = HookVerdict::Kind;

/// A header that came twice could be read one way here and another way elsewhere.
std::string one_header(Request const& request, std::string_view name) {
  return request.header_count(name) == 1 ? std::string(request.header(name)) : std::string();
}

Result<> verify(
    HookSpec const& spec, std::vector<std::string> const& keys, Request const& request, Instant now
) {
  auto const header = [&](std::string_view name) { return one_header(request, name); };
  switch (spec.scheme) {
    case HookScheme::none:
      return {};
    case HookScheme::standard_webhooks: {
      http::WebhookHeaders const headers{
          header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")};
      return http::verify_webhook(keys, headers, request.body, now, spec.tolerance);
    }
    case HookScheme::github:
      return http::verify_github(keys, header("X-Hub-Signature-256"), request.body);
    case HookScheme::stripe:
      return http::verify_stripe(
          keys, header("Stripe-Signature"), request.body, now, spec.tolerance
      );
    case HookScheme::slack:
      return http::verify_slack(
          keys,
          header("X-Slack-Signature"),
          header("X-Slack-Request-Timestamp"),
          request.body,
          now,
          spec.tolerance
      );
    case HookScheme::bearer:
      return http::verify_bearer(keys, header("Authorization"));
  }
  return Error{};
}

/// The value of `deliveryId`: a text or a number.
Result<std::string> evaluate_id(cel::Expression const& expression, JsonScope const& scope) {
  TRY(auto const value, expression.evaluate(scope));
  TRY(auto const json, cel::to_json(value));
  if (json.is_string() && !json.get_string().empty()) return std::string(json.get_string());
  if (json.is_int64() || json.is_uint64()) return to_text(json);
  Error error;
  error.code = "invalid_delivery";
  error.message = "`deliveryId` gives neither a text nor a whole number";
  return error;
}

HookVerdict& malformed(HookVerdict& out, Error error) {
  out.kind = Kind::malformed;
  out.error = std::move(error);
  return out;
}

Error of_the_sender(Error error, std::string_view field) {
  error.code = "invalid_delivery";
  error.message = "`" + std::string(field) + "` of the hook: " + error.message;
  error.hint = "compare what is sent with the hook's definition";
  return error;
}

/// True: goes on.
bool passes_filter(HookSpec const& spec, JsonScope const& scope, HookVerdict& out) {
  if (!spec.filter) return true;
  auto const holds = spec.filter->evaluate_condition(scope);
  if (holds && *holds) return true;
  out.kind = Kind::filtered;
  out.reason = holds ? "the filter does not hold" : "the filter failed: " + holds.error().message;
  return false;
}

}  // namespace

Result<std::vector<std::string>> hook_keys(HookScheme scheme, std::vector<std::string> secrets) {
  if (scheme != HookScheme::standard_webhooks) return secrets;
  for (auto& secret : secrets) {
    TRY(secret, http::webhook_key(secret));
  }
  return secrets;
}

HookVerdict judge_delivery(
    HookSpec const& spec, std::vector<std::string> const& keys, Request const& request, Instant now
) {
  HookVerdict out;
  if (auto const verified = verify(spec, keys, request, now); !verified) {
    out.error = verified.error();
    return out;
  }
  auto message = read_message(request);
  if (!message) return malformed(out, message.error());
  out.event = event_of(spec.scheme, *message);
  out.delivery = delivery_id_of(spec.scheme, *message, request);
  if (auto answer = handshake_answer(spec.scheme, *message)) {
    out.kind = Kind::answered;
    out.answer = std::move(*answer);
    return out;
  }
  json::object variables;
  variables["body"] = std::move(message->body);
  variables["headers"] = std::move(message->headers);
  variables["query"] = std::move(message->query);
  JsonScope const scope(std::move(variables));
  if (!passes_filter(spec, scope, out)) return out;
  if (spec.delivery_id) {
    auto id = evaluate_id(*spec.delivery_id, scope);
    if (!id) return malformed(out, of_the_sender(id.error(), "deliveryId"));
    out.delivery = std::move(*id);
  }
  auto inputs = spec.start.inputs.evaluate(scope);
  if (!inputs) return malformed(out, of_the_sender(inputs.error(), "inputs"));
  if (!inputs->is_object()) {
    Error error;
    error.message = "they are no object";
    return malformed(out, of_the_sender(std::move(error), "inputs"));
  }
  out.kind = Kind::accepted;
  out.request.inputs = std::move(inputs->get_object());
  out.request.workflow = spec.start.workflow;
  out.request.labels = spec.start.labels;
  out.request.labels["hook"] = spec.name;
  out.request.priority = spec.start.priority;
  return out;
}

std::string delivery_key(std::string const& hook, std::int64_t id, std::string const& delivery) {
  constexpr std::size_t delivery_bytes_max = 255;
  bool const fits = delivery.size() <= delivery_bytes_max && delivery.find('\0') == delivery.npos;
  // With a blank: no client's Idempotency-Key has one.
  return "hook " + hook + "#" + std::to_string(id) + " " +
         (fits ? delivery : "sha256 " + sql::sha256_hex(delivery));
}

}  // namespace ropewalk::server
