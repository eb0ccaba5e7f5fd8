// The fields `auth` and `body`.
#include "engine/base/text.hpp"
#include "providers/http/task/task_parts.hpp"

#include <array>

namespace ropewalk::http {
namespace {

constexpr std::array<std::string_view, 4> auth_kinds{"basic", "bearer", "apiKey", "oauth2"};
constexpr std::array<std::string_view, 5> body_kinds{"json", "form", "text", "file", "multipart"};

/// The one of `kinds` that is there; empty when there is none or several, which is reported.
std::string_view only_one(Fields const& fields, std::span<std::string_view const> kinds) {
  std::string_view found;
  std::string all;
  for (auto const kind : kinds) {
    all += (all.empty() ? "" : ", ") + std::string(kind);
    if (!fields.has(kind)) continue;
    if (!found.empty()) {
      fields.add(
          kind,
          "conflicting_fields",
          "`" + std::string(found) + "` and `" + std::string(kind) + "` exclude each other",
          "leave one of them away"
      );
      return {};
    }
    found = kind;
  }
  if (found.empty()) fields.add("", "missing_field", "one of these is needed: " + all, "add one");
  return found;
}

std::string required(Fields const& fields, std::string_view name) {
  if (!fields.has(name))
    fields.add(name, "missing_field", "`" + std::string(name) + "` is missing", "add it");
  return fields.text(name).value_or("");
}

Credential required_credential(
    Fields const& fields, Reading const& reading, std::string_view name
) {
  if (!fields.has(name))
    fields.add(
        name, "missing_field", "`" + std::string(name) + "` is missing", "write {secret: NAME}"
    );
  return read_credential(fields, reading, name);
}

AuthWish read_basic(Fields const& fields, Reading const& reading) {
  fields.allow_only(std::array<std::string_view, 2>{"user", "password"});
  return BasicAuth{required(fields, "user"), required_credential(fields, reading, "password")};
}

AuthWish read_api_key(Fields const& fields, Reading const& reading) {
  fields.allow_only(std::array<std::string_view, 3>{"header", "query", "value"});
  constexpr std::array<std::string_view, 2> places{"header", "query"};
  auto const place = only_one(fields, places);
  ApiKeyAuth out;
  out.is_in_query = place == "query";
  if (!place.empty()) out.name = fields.text(place).value_or("");
  out.value = required_credential(fields, reading, "value");
  return out;
}

AuthWish read_oauth(Fields const& fields, Reading const& reading) {
  fields.allow_only(std::array<std::string_view, 6>{
      "tokenUrl", "clientId", "clientSecret", "scope", "audience", "authStyle"});
  OAuthAuth out;
  is_hidden(fields, reading, "tokenUrl");  // the client's secret is sent there
  out.token_url = required(fields, "tokenUrl");
  out.client_id = required(fields, "clientId");
  out.client_secret = required_credential(fields, reading, "clientSecret");
  out.scope = fields.text("scope").value_or("");
  out.audience = fields.text("audience").value_or("");
  out.is_in_body =
      fields.word("authStyle", std::array<std::string_view, 2>{"header", "body"}) == 1U;
  return out;
}

PartWish read_part(Fields const& fields) {
  fields.allow_only(std::array<std::string_view, 5>{
      "name", "text", "file", "filename", "contentType"});
  PartWish out;
  out.name = required(fields, "name");
  constexpr std::array<std::string_view, 2> kinds{"text", "file"};
  auto const kind = only_one(fields, kinds);
  if (auto const* value = kind == "text" ? fields.find("text") : nullptr) {
    auto text = scalar_text(*value);
    if (!text) fields.add("text", "wrong_kind", "it is not a text", "give a text");
    out.text = text.value_or("");
  }
  if (kind == "file") out.file = fields.text("file").value_or("");
  out.file_name = fields.text("filename").value_or("");
  out.content_type = fields.text("contentType").value_or("");
  return out;
}

std::vector<PartWish> read_parts(Fields const& body, Reading const& reading) {
  std::vector<PartWish> out;
  if (is_hidden(body, reading, "multipart")) return out;
  auto const* list = body.array("multipart");
  if (list == nullptr) return out;
  if (list->size() > HttpTaskLimits::parts_max)
    body.add("multipart", "out_of_range", "there are more than 100 parts", "send fewer");
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const place = element_path("multipart", i);
    if (auto const* object = (*list)[i].if_object()) {
      out.push_back(read_part(Fields(*object, body.path(place), reading)));
    } else {
      body.add(place, "wrong_kind", "a part is an object", "write {name: …, text: …}");
    }
  }
  return out;
}

}  // namespace

AuthWish read_auth(Fields const& fields, Reading const& reading) {
  if (is_hidden(fields, reading, "auth")) return {};
  auto const* object = fields.object("auth");
  if (object == nullptr) return {};
  Fields const auth(*object, "auth", reading);
  auth.allow_only(auth_kinds);
  auto const kind = only_one(auth, auth_kinds);
  if (kind == "bearer") return BearerAuth{read_credential(auth, reading, "bearer")};
  if (kind.empty() || is_hidden(auth, reading, kind)) return {};
  auto const* inner = auth.object(kind);
  if (inner == nullptr) return {};
  Fields const given(*inner, auth.path(kind), reading);
  if (kind == "basic") return read_basic(given, reading);
  return kind == "apiKey" ? read_api_key(given, reading) : read_oauth(given, reading);
}

void prepare_auth(json::object& config) {
  auto* auth = config.if_contains("auth");
  auto* kinds = auth == nullptr ? nullptr : auth->if_object();
  if (kinds == nullptr) return;
  prepare_credential(*kinds, "bearer");
  for (auto const* kind : {"basic", "apiKey", "oauth2"}) {
    auto* value = kinds->if_contains(kind);
    auto* object = value == nullptr ? nullptr : value->if_object();
    if (object == nullptr) continue;
    for (auto const* name : {"password", "value", "clientSecret"})
      prepare_credential(*object, name);
  }
}

BodyWish read_body(Fields const& fields, Reading const& reading) {
  BodyWish out;
  if (is_hidden(fields, reading, "body")) return out;
  auto const* object = fields.object("body");
  if (object == nullptr) return out;
  Fields const body(*object, "body", reading);
  body.allow_only(std::array<std::string_view, 6>{
      "json", "form", "text", "file", "multipart", "contentType"});
  out.content_type = body.text("contentType").value_or("");
  // `json: null` is a body as well.
  auto const* value = object->if_contains("json");
  bool const is_null = value != nullptr && value->is_null();
  auto const kind = is_null ? "json" : only_one(body, body_kinds);
  if (kind == "json") {
    out.kind = BodyWish::Kind::json;
    out.value = *value;
  } else if (kind == "form") {
    out.kind = BodyWish::Kind::form;
    out.form = read_named_texts(body, reading, "form");
  } else if (kind == "text") {
    out.kind = BodyWish::Kind::text;
    if (auto const* given = body.find("text")) out.text = scalar_text(*given).value_or("");
    if (auto const* given = body.find("text"); given != nullptr && !scalar_text(*given))
      body.add("text", "wrong_kind", "it is not a text", "send data as json");
  } else if (kind == "file") {
    out.kind = BodyWish::Kind::file;
    out.file = body.text("file").value_or("");
  } else if (kind == "multipart") {
    out.kind = BodyWish::Kind::multipart;
    out.parts = read_parts(body, reading);
  }
  return out;
}

}  // namespace ropewalk::http
