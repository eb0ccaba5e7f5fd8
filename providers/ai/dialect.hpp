#pragma once
// How one family of providers is spoken to: what is sent, and how what comes back is read.
//
// Pure: no I/O, so that every wire form is tested at every split of its bytes. One file a dialect;
// a provider's quirks live there and nowhere else. Formats: the providers' API references.
// Any thread; a decoder belongs to one answer.

#include "engine/base/error.hpp"
#include "providers/ai/chat.hpp"
#include "providers/http/http_client.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

/// A provider as it was configured (`providers:` in ropewalk.yaml), with its key read.
struct ProviderSettings {
  std::string name{};      // as models are written: name/model
  std::string type{};      // openai, openai-responses, anthropic, gemini, ollama, azure, sim
  std::string base_url{};  // without a '/' at its end; empty: the type's own
  std::string api_key{};   // never shown
  std::string
      api_version{};  // anthropic: 2023-06-01 or 2026-10-21; azure: api-version; gemini: v1beta
  std::string organization{};  // openai
  std::string project{};       // openai
  HttpHeaders headers{};       // sent with every request
  HttpTimeouts timeouts{};
  TlsOptions tls{};
  json::object options{};  // what only one dialect reads
};

/// One HTTP exchange.
struct WireRequest {
  std::string url{};
  HttpHeaders headers{};  // with the key in one of them
  std::string body{};
};

/// Reads the body of a successful (2xx) answer.
class AnswerDecoder {
 public:
  virtual ~AnswerDecoder() = default;
  /// Bytes as they come, split anywhere. Appends to `out`. After ChatFinish or ChatFailed it
  /// ignores the rest.
  virtual void feed(std::string_view bytes, std::vector<ChatEvent>& out) = 0;
  /// The body has ended, well or not. Appends ChatFinish when the provider's terminal marker came,
  /// else ChatFailed (stream_truncated).
  virtual void end(std::vector<ChatEvent>& out) = 0;
};

/// An answer that is not a 2xx.
struct FailedAnswer {
  unsigned status = 0;
  HttpHeaders headers{};
  std::string body{};  // at most its first 64 KiB
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string_view type() const = 0;
  /// "https://api.openai.com/v1"; empty when it must be configured.
  virtual std::string_view default_base_url() const = 0;
  /// Errors: unsupported (permanent) when the dialect cannot say what is asked for.
  virtual Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const = 0;
  /// Reads the answer to `chat`. `head`: the headers of the answer; its framing is taken from its
  /// bytes, as some gateways answer a streaming request with one JSON document.
  virtual std::unique_ptr<AnswerDecoder> decoder(
      ProviderSettings const& provider, ChatRequest const& chat, HttpHeaders const& head
  ) const = 0;
  /// Whether `request` makes the provider keep to the schema of `chat`; otherwise the caller asks
  /// for it in words. What comes is checked either way.
  virtual bool has_native_schema(ProviderSettings const& provider, ChatRequest const& chat)
      const = 0;
  /// Class, code and words for a failed answer (the table in docs/errors.md). detail: status,
  /// providerCode, requestId, retryAfterMs, body (first 2 KiB), retryable: false where trying again
  /// cannot help. The key is nowhere in it.
  virtual Error classify(
      ProviderSettings const& provider, std::string_view model, FailedAnswer const& answer
  ) const = 0;
  virtual RateLimitState rate_limits(HttpHeaders const& headers) const = 0;
};

/// nullptr when there is no such type. Lives for ever.
Dialect const* find_dialect(std::string_view type);
/// All of them, sorted.
std::vector<std::string_view> dialect_types();

}  // namespace ropewalk::ai
