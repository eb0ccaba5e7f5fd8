#include "server/sim/sim_api.hpp"

#include "engine/base/json.hpp"
#include "server/http/problem_response.hpp"
#include "server/sim/openai_answer.hpp"
#include "server/sim/openai_request.hpp"
#include "server/sim/sim_bodies.hpp"

#include <chrono>

namespace ropewalk::server {
namespace {

std::int64_t seconds_now() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// Every answer of a call says that no model was asked.
Response labelled(Response response, std::string const& request_id) {
  response.headers.push_back(Header{"X-Ropewalk-Simulation", "true"});
  if (!request_id.empty()) response.headers.push_back(Header{"x-request-id", request_id});
  return response;
}

Response whole_answer(ai::ChatOutcome const& outcome) {
  auto const completion = openai_completion(outcome.answer, seconds_now());
  if (outcome.ended) return labelled(json_response(completion), outcome.answer.request_id);
  if (!is_cut(outcome.ended.error())) return labelled(openai_error(outcome.ended.error()), {});
  auto const text = to_text(completion);
  auto body = std::make_shared<SimCutBody>(std::string_view(text).substr(0, text.size() / 2));
  return labelled(chunked_response("application/json", std::move(body)), outcome.answer.request_id);
}

}  // namespace

void SimApi::add_to(Router& router) {
  router.add(Route{Method::post, "/v1/chat/completions", Access::open, [this](Request request) {
                     return complete(std::move(request));
                   }});
  router.add(Route{Method::get, "/v1/models", Access::open, [this](Request request) {
                     return models(std::move(request));
                   }});
  router.add(Route{Method::get, "/v1/models/{model}", Access::open, [this](Request request) {
                     return model(std::move(request));
                   }});
}

bool SimApi::will_break(ai::ChatRequest const& chat) const {
  auto const options = ai::sim_options(options_, chat);
  return options && (options->fault == ai::SimFault::cut || options->fault == ai::SimFault::stall);
}

/// The status is known once the model has begun, or failed: only then is anything sent.
Async<Response> SimApi::complete(Request request) {
  auto asked = read_openai_request(request.body);
  if (!asked) co_return openai_error(asked.error());
  std::string().swap(request.body);
  asked->chat.idempotency_key = request.header("Idempotency-Key");
  if (!asked->chat.seed) asked->chat.seed = seed_;
  bool const is_streamed = asked->chat.stream;
  bool const breaks = will_break(asked->chat);
  auto call = std::make_unique<SimCall>(executor_, scope_, client_, std::move(asked->chat));
  auto& exchange = call->exchange();
  if (!is_streamed) {
    co_await exchange.wait_for_end();
    co_return whole_answer(*exchange.outcome());
  }
  co_await exchange.wait();
  auto const first = exchange.peek();
  auto const* const started = first != nullptr ? std::get_if<ai::ChatStarted>(first) : nullptr;
  if (started == nullptr) {
    co_await exchange.wait_for_end();
    co_return labelled(openai_error(exchange.outcome()->ended.error()), {});
  }
  auto const request_id = started->request_id;
  OpenAiStream form(seconds_now(), asked->with_usage);
  auto body = std::make_shared<SimStreamBody>(std::move(call), std::move(form), breaks);
  auto response = chunked_response("text/event-stream", std::move(body));
  co_return labelled(std::move(response), request_id);
}

Async<Response> SimApi::models(Request /*request*/) {
  co_return labelled(json_response(openai_models(seconds_now())), {});
}

Async<Response> SimApi::model(Request request) {
  auto const found = openai_model(request.param("model"), seconds_now());
  if (!found) co_return openai_error(found.error());
  co_return labelled(json_response(*found), {});
}

}  // namespace ropewalk::server
