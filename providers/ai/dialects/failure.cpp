#include "providers/ai/dialects/failure.hpp"

#include "engine/base/text.hpp"
#include "providers/ai/dialects/rate_limits.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>

#include <array>
#include <charconv>

namespace ropewalk::ai {
namespace {

constexpr std::size_t body_bytes_max = 2048;
constexpr std::size_t message_bytes_max = 1024;
constexpr std::size_t excerpt_bytes_max = 200;

struct VerdictFacts {
  std::string_view code;
  ErrorClass error_class;
  bool is_retryable;
};

constexpr VerdictFacts facts_of(Verdict verdict) {
  using enum ErrorClass;
  switch (verdict) {
    case Verdict::rate_limited:
      return {"rate_limited", resource, true};
    case Verdict::quota_exhausted:
      return {"quota_exhausted", resource, false};
    case Verdict::context_length:
      return {"context_length", resource, false};
    case Verdict::overloaded:
      return {"overloaded", transient, true};
    case Verdict::server_error:
      return {"server_error", transient, true};
    case Verdict::timeout_first_byte:
      return {"timeout_first_byte", transient, true};
    case Verdict::conflict:
      return {"conflict", transient, true};
    case Verdict::stream_truncated:
      return {"stream_truncated", transient, true};
    case Verdict::malformed_response:
      return {"malformed_response", transient, true};
    case Verdict::empty_output:
      return {"empty_output", transient, true};
    case Verdict::invalid_output:
      return {"invalid_output", transient, true};
    case Verdict::auth:
      return {"auth", permanent, false};
    case Verdict::not_found:
      return {"not_found", permanent, false};
    case Verdict::invalid_request:
      return {"invalid_request", permanent, false};
    case Verdict::content_filtered:
      return {"content_filtered", permanent, false};
  }
  return {"server_error", transient, true};
}

struct TypePages {
  std::string_view type;
  std::string_view key_variable;
  std::string_view limits;
  std::string_view billing;
};
constexpr std::array type_pages{
    TypePages{
        "openai",
        "OPENAI_API_KEY",
        "https://platform.openai.com/settings/organization/limits",
        "https://platform.openai.com/settings/organization/billing"},
    TypePages{
        "openai-responses",
        "OPENAI_API_KEY",
        "https://platform.openai.com/settings/organization/limits",
        "https://platform.openai.com/settings/organization/billing"},
    TypePages{
        "anthropic",
        "ANTHROPIC_API_KEY",
        "https://console.anthropic.com/settings/limits",
        "https://console.anthropic.com/settings/billing"},
    TypePages{
        "gemini",
        "GEMINI_API_KEY",
        "https://ai.google.dev/gemini-api/docs/rate-limits",
        "https://aistudio.google.com/usage"},
    TypePages{"azure", "AZURE_OPENAI_API_KEY", "", ""},
    TypePages{"ollama", "OLLAMA_API_KEY", "", ""},
};

TypePages pages_of(CallContext const& context) {
  for (auto pages : type_pages) {
    if (pages.type != context.type) continue;
    if (context.is_own_host) pages.limits = pages.billing = {};
    return pages;
  }
  return {};
}

std::string with_page(std::string hint, std::string_view page) {
  if (!page.empty()) hint.append(" (").append(page).append(")");
  return hint;
}

std::string auth_hint(CallContext const& context) {
  std::string const own = "apiKeyEnv of the provider \"" + context.provider + "\"";
  // A server of one's own is sent no key that was set for the service which its API is named after.
  std::string const variable(context.is_own_host ? "" : pages_of(context).key_variable);
  if (!context.has_key)
    return "no key is configured: set " + (variable.empty() ? own : variable + ", or " + own);
  return "check the key of the provider \"" + context.provider + "\" (apiKeyEnv" +
         (variable.empty() ? "" : ", usually " + variable) + ") and what it may do";
}

std::string hint_of(Verdict verdict, CallContext const& context) {
  auto const pages = pages_of(context);
  auto const quoted = "\"" + context.provider + "\"";
  switch (verdict) {
    case Verdict::rate_limited:
      return with_page(
          "lower maxConcurrent, requestsPerMinute or tokensPerMinute of the provider " + quoted +
              ", or have its limit raised",
          pages.limits
      );
    case Verdict::quota_exhausted:
      return with_page("the account has used up what it may spend: see its billing", pages.billing);
    case Verdict::context_length:
      return "shorten the prompt or its context, or take a model with a larger window";
    case Verdict::overloaded:
      return "the provider has too much to do: it usually passes; a fallback model helps";
    case Verdict::server_error:
    case Verdict::timeout_first_byte:
    case Verdict::conflict:
      return "a failure on the provider's side: it usually passes";
    case Verdict::stream_truncated:
      return "the answer was cut: if it happens often, look at proxies between here and there";
    case Verdict::malformed_response:
      return "check baseUrl and type of the provider " + quoted +
             ": what answers does not speak its API";
    case Verdict::empty_output:
      return "the model said nothing: on local servers the prompt may be longer than its window";
    case Verdict::invalid_output:
      return "the model's output was not what was asked for: another try may be";
    case Verdict::auth:
      return auth_hint(context);
    case Verdict::not_found:
      return context.type == "ollama"
                 ? "fetch the model with `ollama pull`, or check its name and baseUrl"
                 : "check the model's name and baseUrl of the provider " + quoted;
    case Verdict::invalid_request:
      return "the provider does not accept this request: its message says what to change";
    case Verdict::content_filtered:
      return "the provider's content filter refused: change the prompt";
  }
  return {};
}

std::optional<Verdict> by_status(ProviderFailure const& failure, unsigned status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return Verdict::auth;
    case 402:  // OpenRouter says when credits come back
      return failure.retry_after ? Verdict::rate_limited : Verdict::quota_exhausted;
    case 404:
    case 410:
      return Verdict::not_found;
    case 405:
    case 413:
    case 415:
      return Verdict::invalid_request;
    case 408:
      return Verdict::timeout_first_byte;
    case 409:
      return Verdict::conflict;
    case 429:
      return Verdict::rate_limited;
    case 498:
    case 503:
    case 529:
      return Verdict::overloaded;
    case 425:
    case 499:
    case 502:
    case 504:
      return Verdict::server_error;
    default:
      // 400, 422 and 500 are said about too much: the words may know more.
      return status > 500 && status < 600 ? std::optional(Verdict::server_error) : std::nullopt;
  }
}

struct Words {
  std::string_view text;  // in lower case
  Verdict verdict;
};
constexpr std::array words{
    Words{"prompt is too long", Verdict::context_length},
    Words{"prompt: length", Verdict::context_length},
    Words{"maximum context length is", Verdict::context_length},
    Words{"exceed context limit", Verdict::context_length},
    Words{"is longer than the model's context length", Verdict::context_length},
    Words{"exceeds the available context size", Verdict::context_length},
    Words{"exceeds the maximum number of tokens allowed", Verdict::context_length},
    Words{"input tokens exceed the configured limit", Verdict::context_length},
    Words{"input length exceeds the context length", Verdict::context_length},
    Words{"exceed_context_size_error", Verdict::context_length},
    Words{"api key not valid", Verdict::auth},
    Words{"incorrect api key", Verdict::auth},
    Words{"rate limit reached", Verdict::rate_limited},
    Words{"rate limit exceeded", Verdict::rate_limited},
    Words{"too many requests", Verdict::rate_limited},
    Words{"overloaded", Verdict::overloaded},
};

/// A 400 or a 422 is about what was sent, and often repeats it: a prompt may speak of anything.
bool may_echo(unsigned status) {
  return status == 400 || status == 422;
}

std::optional<Verdict> by_words(std::string_view message, unsigned status) {
  auto const text = boost::algorithm::to_lower_copy(std::string(message), std::locale::classic());
  for (auto const& entry : words) {
    bool const is_of_request =
        entry.verdict == Verdict::context_length || entry.verdict == Verdict::auth;
    if (!is_of_request && may_echo(status)) continue;
    if (text.find(entry.text) != std::string::npos) return entry.verdict;
  }
  return std::nullopt;
}

/// The status that an error inside a stream speaks of: servers put it there as its code.
unsigned status_of(ProviderFailure const& failure) {
  if (failure.status != 0) return failure.status;
  unsigned out = 0;
  auto const& code = failure.code;
  auto const read = std::from_chars(code.data(), code.data() + code.size(), out);
  bool const is_status = read.ec == std::errc() && read.ptr == code.data() + code.size();
  return is_status && out >= 300 && out < 600 ? out : 0;
}

/// Whether a refusal is about the key or the whole account. A 403 is about this model, mostly.
bool is_account_wide(ProviderFailure const& failure) {
  unsigned const status = status_of(failure);
  return failure.is_account_wide.value_or(status == 401 || status == 402 || status == 407);
}

Verdict decide(ProviderFailure& failure, BodyRule rule) {
  if (auto const verdict = rule(failure)) return *verdict;
  unsigned const status = status_of(failure);
  if (auto const verdict = by_status(failure, status)) return *verdict;
  if (auto const verdict = by_words(failure.message, status)) {
    // The words are about the key itself.
    if (verdict == Verdict::auth) failure.is_account_wide = true;
    return *verdict;
  }
  if (status >= 300 && status < 400) return Verdict::not_found;  // a redirect: baseUrl is wrong
  return status >= 400 && status < 500 ? Verdict::invalid_request : Verdict::server_error;
}

std::string words_of(CallContext const& context, ProviderFailure const& failure) {
  auto message = shorten(context.redact(failure.message), message_bytes_max);
  if (!message.empty()) return message;
  if (auto const title = html_title(failure.body); !title.empty())
    return "an HTML page instead of an answer: " + context.redact(title);
  if (failure.body.empty()) return "no explanation";
  return shorten(context.redact(failure.body), excerpt_bytes_max);
}

json::object detail_of(CallContext const& context, ProviderFailure const& failure) {
  json::object out;
  if (failure.status != 0) out["status"] = failure.status;
  auto const& code = failure.code.empty() ? failure.type : failure.code;
  if (!code.empty()) out["providerCode"] = shorten(context.redact(code), excerpt_bytes_max);
  if (!failure.request_id.empty())
    out["requestId"] = shorten(context.redact(failure.request_id), excerpt_bytes_max);
  if (failure.retry_after)
    out["retryAfterMs"] =
        std::chrono::ceil<std::chrono::milliseconds>(*failure.retry_after).count();
  if (!failure.body.empty()) out["body"] = shorten(context.redact(failure.body), body_bytes_max);
  return out;
}

}  // namespace

Error classify_failure(CallContext const& context, ProviderFailure failure, BodyRule rule) {
  auto const verdict = decide(failure, rule);
  if (!failure.retry_after && verdict == Verdict::rate_limited)
    failure.retry_after = retry_after_in_words(failure.message);
  auto const facts = facts_of(verdict);
  auto const where = failure.status == 0 ? "in the stream" : std::to_string(failure.status);
  Error out;
  out.error_class = facts.error_class;
  out.code = facts.code;
  out.message = context.name() + ": " + where + ": " + words_of(context, failure);
  out.hint = hint_of(verdict, context);
  auto detail = detail_of(context, failure);
  bool const is_retryable = failure.should_retry.value_or(facts.is_retryable);
  if (!is_retryable) detail["retryable"] = false;
  if ((verdict == Verdict::auth || verdict == Verdict::quota_exhausted) && is_account_wide(failure))
    detail["accountWide"] = true;
  // The provider knows better than the table.
  if (failure.should_retry == true && out.error_class == ErrorClass::permanent)
    out.error_class = ErrorClass::transient;
  if (failure.should_retry == false && out.error_class == ErrorClass::transient)
    out.error_class = ErrorClass::permanent;
  out.detail = std::move(detail);
  return out;
}

Error failure_of(CallContext const& context, Verdict verdict, std::string_view what) {
  auto const facts = facts_of(verdict);
  Error out;
  out.error_class = facts.error_class;
  out.code = facts.code;
  out.message = context.name() + ": " + shorten(context.redact(what), message_bytes_max);
  out.hint = hint_of(verdict, context);
  if (!facts.is_retryable) out.detail = json::object{{"retryable", false}};
  return out;
}

Error malformed(CallContext const& context, std::string_view what, std::string_view bytes) {
  auto const title = html_title(bytes);
  auto const excerpt = shorten(context.redact(bytes), excerpt_bytes_max);
  auto out = failure_of(
      context,
      Verdict::malformed_response,
      title.empty() ? std::string(what) + ": " + excerpt
                    : "an HTML page instead of an answer (" + title + "): " + excerpt
  );
  if (!bytes.empty())
    out.detail = json::object{{"body", shorten(context.redact(bytes), body_bytes_max)}};
  return out;
}

Error unsupported(CallContext const& context, std::string_view what, std::string hint) {
  return Error{
      ErrorClass::permanent,
      "unsupported",
      context.name() + ": " + std::string(what),
      std::move(hint),
      json::object{{"retryable", false}}};
}

}  // namespace ropewalk::ai
