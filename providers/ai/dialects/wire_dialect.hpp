#pragma once
// What the dialects of all providers have in common: one decoder and one classification around what
// is a provider's own.

#include "providers/ai/dialect.hpp"
#include "providers/ai/dialects/answer_stream.hpp"
#include "providers/ai/dialects/failure.hpp"
#include "providers/ai/dialects/rate_limits.hpp"

#include <memory>
#include <string_view>

namespace ropewalk::ai {

class WireDialect : public Dialect {
 public:
  std::unique_ptr<AnswerDecoder> decoder(
      ProviderSettings const& provider, ChatRequest const& chat, HttpHeaders const& head
  ) const final {
    return make_decoder(CallContext(provider, type(), chat.model), head, body_rule(), new_reader());
  }
  Error classify(
      ProviderSettings const& provider, std::string_view model, FailedAnswer const& answer
  ) const final {
    return classify_failure(
        CallContext(provider, type(), model), read_failure(answer), body_rule()
    );
  }
  bool has_native_schema(ProviderSettings const&, ChatRequest const& chat) const override {
    return chat.schema.has_value();
  }
  /// OpenAI's headers, which others and gateways before them took over.
  RateLimitState rate_limits(HttpHeaders const& headers) const override {
    return openai_rate_limits(headers);
  }

 private:
  virtual std::unique_ptr<AnswerReader> new_reader() const = 0;
  /// What the body of a failure says, beyond its status.
  virtual BodyRule body_rule() const = 0;
};

}  // namespace ropewalk::ai
