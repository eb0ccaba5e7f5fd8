#pragma once
// What a task of type `http` asks for, read out of its fields.
//
// Any thread: plain values, pure functions. What is sent where and what is done with the answer is
// fixed by the workflow file: data that is put in by `${{ }}` fills values and never adds fields,
// so that an input cannot name a secret.

#include "engine/model/task_fields.hpp"
#include "providers/http/http_client.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ropewalk::http {

namespace json = boost::json;

/// A text, or the name of a secret whose value takes its place when it is sent.
struct Credential {
  std::string text{};
  std::string secret{};  // not empty: this one
};

struct HeaderWish {
  std::string name{};
  Credential value{};
};

struct BasicAuth {
  std::string user{};
  Credential password{};
};
struct BearerAuth {
  Credential token{};
};
struct ApiKeyAuth {
  std::string name{};
  bool is_in_query = false;  // else a header
  Credential value{};
};
/// Client credentials (RFC 6749, 4.4).
struct OAuthAuth {
  std::string token_url{};
  std::string client_id{};
  Credential client_secret{};
  std::string scope{};
  std::string audience{};
  bool is_in_body = false;  // the client's name and secret; else as Basic
};
using AuthWish = std::variant<std::monostate, BasicAuth, BearerAuth, ApiKeyAuth, OAuthAuth>;

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct PartWish {
  std::string name{};
  std::string text{};
  std::string file{};  // a path, instead of the text
  std::string file_name{};
  std::string content_type{};
};

struct BodyWish {
  enum class Kind : unsigned char { none, json, form, text, file, multipart };
  Kind kind = Kind::none;
  json::value value{};
  NamedTexts form{};
  std::string text{};
  std::string file{};
  std::vector<PartWish> parts{};
  std::string content_type{};  // instead of the kind's own
};

struct StatusRange {
  unsigned first = 200;
  unsigned last = 299;
};

enum class ResponseForm : unsigned char { automatic, json, text };

struct PollWish {
  std::string until{};  // CEL
  Duration interval = std::chrono::seconds(5);
  Duration deadline = std::chrono::hours(1);
};

struct PageWish {
  enum class By : unsigned char { link, url, cursor, number };
  By by = By::link;
  std::string expression{};  // CEL: the next URL, or the cursor
  std::string query{};       // the parameter that the cursor or the number goes into
  std::int64_t first = 1;
  std::int64_t step = 1;
  std::string items{};  // CEL; empty: the body itself, a list
  std::size_t pages_max = 100;
  std::size_t items_max = 10'000;
};

struct HttpTask {
  std::string method = "GET";
  std::string url{};
  NamedTexts query{};
  std::vector<HeaderWish> headers{};
  BodyWish body{};
  AuthWish auth{};
  bool follows_redirects = true;
  std::size_t redirects_max = 5;
  bool allows_downgrade = false;  // a redirect from https to http
  HttpTimeouts timeouts{};
  TlsOptions tls{};
  std::vector<StatusRange> expected{StatusRange{}};
  ResponseForm response = ResponseForm::automatic;
  std::optional<std::size_t> bytes_max{};
  std::string save_to{};
  bool sends_key = false;  // the Idempotency-Key header
  std::optional<PollWish> poll{};
  std::optional<PageWish> pages{};
};

struct HttpTaskLimits {
  static constexpr std::size_t redirects_max = 20;
  static constexpr std::size_t headers_max = 100;
  static constexpr std::size_t parts_max = 100;
  static constexpr std::size_t pages_max = 10'000;
  static constexpr std::size_t items_max = 100'000;
  static constexpr std::size_t body_bytes_max = 64 * 1024 * 1024;
  static constexpr std::size_t saved_bytes_max = 1024UL * 1024 * 1024;  // unless the task says more
};

/// The problems of a task as it stands in a file.
void check_http_fields(json::object const& task, ReportProblem const& report);
/// Marks what is a secret's name and what is text, before values are put in.
void prepare_http_fields(json::object& config);
/// Out of prepared and rendered fields. Errors: invalid_task.
Result<HttpTask> read_http_task(json::object const& config);

bool is_expected(HttpTask const& task, unsigned status);

}  // namespace ropewalk::http
