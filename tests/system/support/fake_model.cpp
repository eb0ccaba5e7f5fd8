#include "tests/system/support/fake_model.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace ropewalk::system_test {
namespace {

std::string event(json::object const& chunk) {
  return "data: " + json::serialize(chunk) + "\n\n";
}

json::object chunk(std::string const& model, json::object delta, json::value finish) {
  json::object choice{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", finish}};
  return {
      {"id", "chatcmpl-1"},
      {"object", "chat.completion.chunk"},
      {"model", model},
      {"choices", json::array{std::move(choice)}}};
}

/// The whole answer as events.
std::string answer_events(std::string const& model, std::string const& text) {
  json::object const usage{
      {"prompt_tokens", FakeModel::input_tokens}, {"completion_tokens", FakeModel::output_tokens}};
  json::object last{{"id", "chatcmpl-1"}, {"model", model}, {"choices", json::array{}}};
  last["usage"] = usage;
  return event(chunk(model, {{"role", "assistant"}, {"content", text}}, nullptr)) +
         event(chunk(model, {}, "stop")) + event(last) + "data: [DONE]\n\n";
}

}  // namespace

std::vector<std::string> ModelRequest::messages() const {
  std::vector<std::string> out;
  for (auto const& entry : body.at("messages").as_array()) {
    auto const& message = entry.as_object();
    auto const& content = message.at("content");
    out.push_back(
        text_of(message, "role") + ": " +
        (content.is_string() ? std::string(content.get_string()) : json::serialize(content))
    );
  }
  return out;
}

std::string FakeModel::config(std::string const& models_file) const {
  return "providers:\n  fake: { type: openai, baseUrl: \"" + server_.url("/v1") +
         "\" }\nmodelsFile: " + models_file + "\n";
}

std::string FakeModel::models_text() {
  return "models:\n  - { match: \"*\", providers: [fake], price: { input: 1, output: 2 } }\n";
}

std::vector<ModelRequest> FakeModel::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}

void FakeModel::begin(Answer answer) {
  std::lock_guard const lock(mutex_);
  answer_ = std::move(answer);
  requests_.clear();
  left_count_ = 0;
  ++round_;
}

int FakeModel::left_count() const {
  std::lock_guard const lock(mutex_);
  return left_count_;
}

void FakeModel::count_left(int round) {
  std::lock_guard const lock(mutex_);
  if (round == round_) ++left_count_;
}

bool FakeModel::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, seconds(20), [&] { return requests_.size() >= count; });
}

void FakeModel::serve(test::ScriptedConnection& connection) {
  while (auto const received = connection.read_request()) {
    ModelRequest request;
    request.body = json::parse(received->body).as_object();
    request.idempotency_key = received->header("idempotency-key");
    Answer answer;
    int round = 0;
    {
      std::lock_guard const lock(mutex_);
      requests_.push_back(request);
      answer = answer_;
      round = round_;
    }
    changed_.notify_all();
    auto const text = answer(request);
    if (text == silence) {
      if (connection.wait_for_close()) count_left(round);
      return;
    }
    auto const body = answer_events(request.model(), text);
    if (!connection.respond(200, body, "Content-Type: text/event-stream\r\n")) count_left(round);
  }
}

}  // namespace ropewalk::system_test
