#include "server/api/start_request.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/http/problem_response.hpp"
#include "server/http/target.hpp"
#include "sql/sha256.hpp"

#include <algorithm>
#include <charconv>

namespace ropewalk::server {
namespace {

constexpr std::size_t body_nodes_max = 20'000'000;  // as many as a definition may have
constexpr std::size_t labels_max = 32;
constexpr std::size_t label_bytes_max = 256;

class FieldReader {
 public:
  explicit FieldReader(json::object& fields) : fields_(fields) {}

  void add(std::string path, std::string code, std::string message, std::string hint = {}) {
    Problem problem;
    problem.code = std::move(code);
    problem.path = std::move(path);
    problem.message = std::move(message);
    problem.hint = std::move(hint);
    problems_.push_back(std::move(problem));
  }

  json::value* take(std::string_view name) {
    known_.push_back(name);
    auto* value = fields_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  void check_unknown() {
    for (auto const& field : fields_) {
      std::string_view const name(field.key());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      auto const match = closest_match(name, known_);
      add(shorten(name, 64),
          "unknown_field",
          "there is no field \"" + shorten(name, 64) + "\"",
          match.empty() ? std::string() : "did you mean \"" + std::string(match) + "\"?");
    }
  }

  std::vector<Problem> const& problems() const { return problems_; }

 private:
  json::object& fields_;
  std::vector<std::string_view> known_;
  std::vector<Problem> problems_;
};

void read_labels(FieldReader& reader, StartRequest& out) {
  auto const* value = reader.take("labels");
  if (value == nullptr) return;
  auto const* labels = value->if_object();
  if (labels == nullptr || labels->size() > labels_max)
    return reader.add("labels", "wrong_type", "labels is an object of at most 32 strings");
  for (auto const& label : *labels) {
    auto const* text = label.value().if_string();
    std::string_view const name(label.key());
    bool const fits = text != nullptr && text->size() <= label_bytes_max && !name.empty() &&
                      name.size() <= label_bytes_max && name.find('\0') == name.npos &&
                      text->find('\0') == text->npos;
    auto const path = "labels." + shorten(name, 64);
    if (!fits)
      reader.add(path, "wrong_type", "a label is a string of at most 256 bytes, none of them zero");
    if (fits) out.labels[std::string(label.key())] = std::string(*text);
  }
}

void read_priority(FieldReader& reader, StartRequest& out) {
  auto const* value = reader.take("priority");
  if (value == nullptr) return;
  auto const* number = value->if_int64();
  if (number == nullptr || *number < 0 || *number > 100)
    return reader.add("priority", "wrong_type", "priority is a whole number from 0 to 100");
  out.priority = static_cast<std::int32_t>(*number);
}

}  // namespace

Error invalid_argument(std::string message, std::string hint) {
  Error out;
  out.code = "invalid_argument";
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

Result<StartRequest> read_start_request(json::object fields) {
  StartRequest out;
  FieldReader reader(fields);
  auto* workflow = reader.take("workflow");
  auto const* name = workflow == nullptr ? nullptr : workflow->if_string();
  if (workflow != nullptr && workflow->is_object()) {
    out.definition.text = to_text(*workflow);  // the hash ignores the order of its author
    out.definition.hash = sql::sha256_hex(to_canonical_text(*workflow));
  } else if (name == nullptr || name->empty()) {
    reader.add("workflow", "missing_field", "workflow is a name, name@version, or a definition");
  } else if (name->find('\0') != json::string::npos) {
    reader.add("workflow", "wrong_type", "a workflow's name has no zero bytes");
  } else {
    out.workflow = std::string(*name);
  }
  if (auto* inputs = reader.take("inputs")) {
    if (inputs->is_object()) {
      out.inputs = std::move(inputs->get_object());
    } else {
      reader.add("inputs", "wrong_type", "inputs is an object");
    }
  }
  read_priority(reader, out);
  read_labels(reader, out);
  if (auto const* directory = reader.take("directory")) {
    auto const* text = directory->if_string();
    bool const fits = text != nullptr && text->starts_with('/') && text->size() < 4096 &&
                      text->find('\0') == text->npos;
    if (fits) out.directory = std::string(*text);
    if (!fits) reader.add("directory", "wrong_type", "directory is an absolute path");
  }
  reader.check_unknown();
  if (reader.problems().empty()) return out;
  auto error = invalid_argument("the request has problems", "each entry of errors names one");
  error.detail = to_json(reader.problems());
  return error;
}

Result<json::value> read_json_body(Request const& request) {
  auto type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (!equal_ignoring_case(type, "application/json")) {
    Error error;
    error.code = "unsupported_media_type";
    error.message = "the body must be JSON";
    error.hint = "send Content-Type: application/json";
    return error;
  }
  return parse_json(request.body, JsonLimits{request.body.size() + 1, 64, body_nodes_max});
}

Result<StartRequest> read_start_request(Request& request, std::string idempotency_key) {
  TRY(auto body, read_json_body(request));
  request.body = {};
  auto* fields = body.if_object();
  if (fields == nullptr) return invalid_argument("the body is not a JSON object");
  std::string hash;
  if (!idempotency_key.empty()) hash = sql::sha256_hex(to_canonical_text(body));
  TRY(auto out, read_start_request(std::move(*fields)));
  out.idempotency_key = std::move(idempotency_key);
  out.body_hash = std::move(hash);
  return out;
}

Result<std::string> read_idempotency_key(Request const& request) {
  auto const key = request.header("Idempotency-Key");
  bool const is_plain =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 127; });
  if (is_plain && key.size() <= 255 && request.header_count("Idempotency-Key") <= 1)
    return std::string(key);
  return invalid_argument("Idempotency-Key is one word of at most 255 visible ASCII characters");
}

Result<json::object> read_json_object(
    Request const& request, std::vector<std::string_view> const& known
) {
  TRY(auto body, read_json_body(request));
  auto* object = body.if_object();
  if (object == nullptr) return invalid_argument("the body is not a JSON object");
  for (auto const& field : *object)
    if (std::find(known.begin(), known.end(), std::string_view(field.key())) == known.end())
      return invalid_argument("there is no field \"" + shorten(field.key(), 64) + "\"");
  return std::move(*object);
}

Result<ExecutionId> read_execution_id(Request const& request, std::string_view name) {
  auto const id = ExecutionId::parse(request.param(name));
  if (id) return *id;
  Error error;
  error.code = "invalid_id";
  error.message = "\"" + shorten(request.param(name), 64) + "\" is not the id of an execution";
  return error;
}

Result<std::uint64_t> read_number(
    Request const& request, std::string_view name, std::uint64_t fallback, std::uint64_t most
) {
  auto const text = request.query_value(name);
  if (!text) return fallback;
  std::uint64_t out = 0;
  auto const [end, ec] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (ec != std::errc{} || end != text->data() + text->size() || text->empty() || out > most)
    return invalid_argument(
        std::string(name) + " is a whole number from 0 to " + std::to_string(most)
    );
  return out;
}

Result<> check_query(Request const& request, std::vector<std::string_view> known) {
  for (std::size_t i = 0; i < request.query.size(); ++i) {
    auto const& name = request.query[i].first;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto const match = closest_match(name, known);
    return invalid_argument(
        "there is no query parameter \"" + shorten(name, 64) + "\"",
        match.empty() ? std::string() : "did you mean \"" + std::string(match) + "\"?"
    );
  }
  return {};
}

std::optional<Duration> read_prefer_wait(Request const& request) {
  auto prefer = request.header("Prefer");
  while (!prefer.empty()) {
    auto const end = prefer.find_first_of(",;");
    auto item = prefer.substr(0, end);
    prefer = end == prefer.npos ? std::string_view{} : prefer.substr(end + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (!equal_ignoring_case(item.substr(0, 5), "wait=")) continue;
    item.remove_prefix(5);
    std::uint32_t seconds = 0;
    auto const [stop, ec] = std::from_chars(item.data(), item.data() + item.size(), seconds);
    if (ec == std::errc{} && stop != item.data()) return std::chrono::seconds(seconds);
  }
  return std::nullopt;
}

Response page_response(Request const& request, Page page) {
  json::object body;
  body["items"] = std::move(page.items);
  if (!page.next.empty()) body["next"] = page.next;
  auto out = json_response(body);
  if (page.next.empty()) return out;
  auto link = request.path + "?";
  for (auto const& [name, value] : request.query)
    if (name != "after") link += percent_encode(name) + "=" + percent_encode(value) + "&";
  link += "after=" + percent_encode(page.next);
  out.headers.push_back(Header{"Link", "<" + link + ">; rel=\"next\""});
  return out;
}

}  // namespace ropewalk::server
