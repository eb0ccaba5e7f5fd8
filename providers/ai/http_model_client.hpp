#pragma once
// A model behind a provider's HTTP interface.
//
// Owner: whoever constructs it, one a shard and provider. Shard: that of the HttpClient.

#include "providers/ai/dialect.hpp"
#include "providers/ai/model_client.hpp"

#include <cstddef>

namespace ropewalk::ai {

struct HttpModelLimits {
  /// Of one answer's body: a server that never stops is cut off here.
  std::size_t answer_bytes_max = 64 * 1024 * 1024;
  std::size_t failure_bytes_max = 64 * 1024;
  /// For the body of a failure: what came until then says enough.
  Duration failure_time_max = std::chrono::seconds(10);
  /// Between two events of a streamed answer, however many signs of life come: a model may think
  /// for minutes and say nothing. 0: for ever.
  Duration silence_max = std::chrono::minutes(10);
};

class HttpModelClient final : public ModelClient {
 public:
  /// All of them outlive the client.
  HttpModelClient(
      HttpClient& http,
      ProviderSettings const& provider,
      Dialect const& dialect,
      HttpModelLimits limits = {}
  )
      : http_(http), provider_(provider), dialect_(dialect), limits_(limits) {}

  Async<ChatOutcome> call(ChatRequest const& request, ChatListener const& listener) override;

 private:
  class Exchange;

  HttpClient& http_;
  ProviderSettings const& provider_;
  Dialect const& dialect_;
  HttpModelLimits limits_;
};

}  // namespace ropewalk::ai
