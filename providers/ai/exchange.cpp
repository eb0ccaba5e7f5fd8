#include "providers/ai/exchange.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/answer_builder.hpp"
#include "providers/ai/chat_json.hpp"
#include "providers/ai/record_reader.hpp"

#include <algorithm>
#include <utility>

namespace ropewalk::ai {
namespace {

constexpr std::int64_t version = 1;
constexpr JsonLimits file_limits{64 * 1024 * 1024, 64, 5'000'000};

json::object outcome_json(ChatOutcome const& outcome) {
  json::object out;
  if (!outcome.ended) out["error"] = ropewalk::to_json(outcome.ended.error());
  if (auto limits = to_json(outcome.limits); !limits.empty()) out["limits"] = std::move(limits);
  out["firstTokenUs"] = outcome.first_token.count();
  out["totalUs"] = outcome.total.count();
  return out;
}

// By reference: what holds a Result is no good inside of one.
Result<> read_outcome(json::value const& from, ChatOutcome& out) {
  RecordReader reader(from, "an outcome");
  if (auto const* const error = reader.value("error")) out.ended = error_from_json(*error);
  out.first_token = Duration(reader.integer("firstTokenUs"));
  out.total = Duration(reader.integer("totalUs"));
  json::object const limits = reader.object("limits");
  if (reader.has_error()) return reader.error();
  TRY(out.limits, limits_from_json(limits));
  return {};
}

Result<std::vector<TimedEvent>> events_from_json(json::array const& from) {
  std::vector<TimedEvent> out;
  out.reserve(from.size());
  for (auto const& element : from) {
    RecordReader reader(element, "an event");
    Duration const at(std::max<std::int64_t>(reader.integer("us"), 0));
    if (reader.has_error()) return reader.error();
    TRY(auto event, event_from_json(element));
    out.push_back({at, std::move(event)});
  }
  return out;
}

}  // namespace

std::string to_file_text(Exchange const& exchange) {
  std::string out = "{\"version\":" + std::to_string(version);
  out += ",\n\"key\":" + to_text(json::value(exchange.key));
  out += ",\n\"provider\":" + to_text(json::value(exchange.provider));
  out += ",\n\"request\":" + to_text(to_json(exchange.request));
  out += ",\n\"events\":[";
  char const* separator = "\n";
  for (auto const& [at, event] : exchange.events) {
    json::object line{{"us", at.count()}};
    for (auto& field : to_json(event)) line[field.key()] = std::move(field.value());
    out += separator + to_text(line);
    separator = ",\n";
  }
  out += "\n],\n\"outcome\":" + to_text(outcome_json(exchange.outcome)) + "}\n";
  return out;
}

Result<Exchange> exchange_from_text(std::string_view text) {
  TRY(auto const document, parse_json(text, file_limits));
  RecordReader reader(document, "a call");
  Exchange out;
  if (reader.integer("version") != version) reader.wrong("version", "1");
  out.key = reader.text("key");
  out.provider = reader.text("provider");
  json::object const request = reader.object("request");
  json::array const& events = reader.array("events");
  json::object const outcome = reader.object("outcome");
  if (reader.has_error()) return reader.error();
  TRY(out.request, request_from_json(request));
  TRY(out.events, events_from_json(events));
  if (auto const read = read_outcome(outcome, out.outcome); !read) return read.error();
  AnswerBuilder answer;
  for (auto const& timed : out.events) answer.add(timed.event);
  out.outcome.answer = answer.take();
  return out;
}

}  // namespace ropewalk::ai
