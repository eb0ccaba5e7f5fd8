#include "engine/runtime/secret_runner.hpp"

#include "engine/base/mask_stream.hpp"

#include <map>
#include <utility>

namespace ropewalk {
namespace {

namespace json = boost::json;

/// Takes the secrets out of what an attempt says while it runs.
class MaskingSink final : public AttemptSink {
 public:
  MaskingSink(AttemptSink& inner, std::shared_ptr<SecretMask const> mask)
      : inner_(inner), mask_(std::move(mask)) {}

  Async<> log(LogLine line) override {
    line.text = mask_->masked(line.text);
    return inner_.log(std::move(line));
  }

  Async<Result<json::value>> call(TaskCall call) override {
    mask_->mask(call.arguments);
    return inner_.call(std::move(call));
  }

  void waiting(std::string reason) override { inner_.waiting(mask_->masked(reason)); }

  void token(std::string_view channel, std::string_view text) override {
    auto at = streams_.find(channel);
    if (at == streams_.end()) at = streams_.emplace(channel, MaskStream(mask_)).first;
    if (auto const shown = at->second.feed(text); !shown.empty()) inner_.token(channel, shown);
  }

  void restart_text(std::string_view reason) override {
    streams_.clear();
    inner_.restart_text(mask_->masked(reason));
  }

  void end_text(TextEnd end) override {
    flush();
    inner_.end_text(std::move(end));
  }

  /// What is held back of the texts: nothing more of them will come.
  void flush() {
    for (auto& [channel, stream] : streams_)
      if (auto const rest = stream.finish(); !rest.empty()) inner_.token(channel, rest);
    streams_.clear();
  }

 private:
  AttemptSink& inner_;
  std::shared_ptr<SecretMask const> mask_;
  std::map<std::string, MaskStream, std::less<>> streams_{};  // by channel
};

void mask_outcome(SecretMask const& mask, AttemptOutcome& outcome) {
  if (outcome.output) {
    mask.mask(*outcome.output);
  } else {
    auto error = outcome.output.error();
    mask.mask(error);
    outcome.output = std::move(error);
  }
  mask.mask(outcome.usage);
  mask.mask(outcome.detail);
  if (outcome.hold) mask.mask(*outcome.hold);
}

AttemptOutcome failed(AttemptRequest const& request, Error error) {
  error.message = "task \"" + request.task + "\": " + error.message;
  AttemptOutcome out;
  out.output = std::move(error);
  return out;
}

}  // namespace

Async<Result<std::shared_ptr<SecretMask const>>> SecretRunner::resolve(AttemptRequest& request) {
  std::map<std::string, std::string> values;
  for (auto const& text : request.secrets)
    for (auto const& piece : text.pieces) {
      if (piece.secret.empty() || values.contains(piece.secret)) continue;
      auto asking = secrets_.secret(piece.secret);
      auto value = co_await std::move(asking);
      if (!value) co_return value.error();
      values.emplace(piece.secret, std::move(*value));
    }
  json::value config = std::move(request.config);
  for (auto const& text : request.secrets) {
    std::string whole;
    for (auto const& piece : text.pieces)
      whole += piece.secret.empty() ? piece.text : values.at(piece.secret);
    boost::system::error_code fault;
    json::value* const place = config.find_pointer(text.pointer, fault);
    ROPEWALK_CHECK(place != nullptr);  // it was made together with the fields
    *place = json::string(whole);
  }
  request.config = std::move(config.get_object());
  auto mask = secrets_.mask();
  std::vector<std::string> few;
  for (auto const& [name, value] : values)
    if (value.size() < SecretMask::bytes_min_everywhere) few.push_back(value);
  if (!few.empty()) {
    auto own = mask ? std::make_shared<SecretMask>(*mask) : std::make_shared<SecretMask>();
    own->add_all(few, SecretMask::bytes_min);
    mask = std::move(own);
  }
  co_return mask;
}

Async<AttemptOutcome> SecretRunner::run(AttemptRequest request, AttemptSink& sink) {
  // Its source is there until this first waits.
  if (request.context) request.context = [text = request.context()] { return text; };
  auto resolving = resolve(request);
  auto mask = co_await std::move(resolving);
  if (!mask) co_return failed(request, mask.error());
  request.mask = std::move(*mask);
  if (!request.mask || request.mask->is_empty()) {
    auto running = inner_.run(std::move(request), sink);
    co_return co_await std::move(running);
  }
  MaskingSink masked(sink, request.mask);
  auto const kept = request.mask;
  auto running = inner_.run(std::move(request), masked);
  auto outcome = co_await std::move(running);
  masked.flush();
  mask_outcome(*kept, outcome);
  co_return outcome;
}

}  // namespace ropewalk
