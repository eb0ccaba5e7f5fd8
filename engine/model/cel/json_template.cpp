#include "engine/model/cel/json_template.hpp"

#include "engine/model/cel/limits.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace ropewalk::cel {
namespace {

namespace json = boost::json;

constexpr std::size_t document_depth_max = 256;

std::string escape_pointer(std::string_view key) {
  std::string escaped;
  for (char const character : key) {
    if (character == '~') {
      escaped += "~0";
    } else if (character == '/') {
      escaped += "~1";
    } else {
      escaped += character;
    }
  }
  return escaped;
}

Error at_path(Error error, std::string const& pointer) {
  if (!pointer.empty()) error.message = pointer + ": " + error.message;
  if (auto* detail = error.detail.if_object()) detail->insert_or_assign("path", pointer);
  return error;
}

/// Notes the text with its secrets; gives it as it may be shown.
Result<json::value> evaluate_secret(
    JsonTemplate::Entry const& entry,
    Activation const& activation,
    Budget& budget,
    std::vector<SecretText>& secrets
) {
  TRY(auto pieces, entry.text.evaluate_pieces(activation, budget));
  std::string shown;
  for (auto const& piece : pieces)
    shown += piece.secret.empty() ? piece.text : secret_sign(piece.secret);
  secrets.push_back({entry.pointer, std::move(pieces)});
  return json::value(json::string_view(shown));
}

}  // namespace

class JsonTemplate::Compiler {
 public:
  Compiler(Limits const& limits, Parts& parts) : limits_(limits), parts_(parts) {}

  Result<> visit(json::value& value, std::string const& pointer, std::size_t depth) {
    if (depth > document_depth_max) {
      return at_path(bad_expression("the document is nested too deeply"), pointer);
    }
    if (auto* string = value.if_string()) return visit_text(value, *string, pointer);
    if (auto* array = value.if_array()) {
      for (std::size_t index = 0; index < array->size(); ++index) {
        std::string element = pointer;
        element.append("/").append(std::to_string(index));
        auto done = visit((*array)[index], element, depth + 1);
        if (!done) return done;
      }
    } else if (auto* object = value.if_object()) {
      for (auto& entry : *object) {
        std::string const key = escape_pointer({entry.key().data(), entry.key().size()});
        std::string member = pointer;
        member.append("/").append(key);
        if (auto done = visit(entry.value(), member, depth + 1); !done) return done;
      }
    }
    return {};
  }

 private:
  Result<> visit_text(json::value& value, json::string const& string, std::string const& pointer) {
    std::string_view const text(string.data(), string.size());
    if (!has_template_syntax(text)) return {};
    auto compiled = Template::compile(text, limits_);
    if (!compiled) return at_path(compiled.error(), pointer);
    if (!compiled->is_constant()) {
      parts_.entries.push_back({pointer, std::move(*compiled)});
      return {};
    }
    class Nothing final : public Activation {
      std::optional<Value> lookup(std::string_view) const override { return std::nullopt; }
    };
    TRY(value, compiled->evaluate(Nothing()));
    return {};
  }

  Limits const& limits_;
  Parts& parts_;
};

JsonTemplate::JsonTemplate() {
  static auto const empty = [] {
    Parts parts;
    parts.document = boost::json::object();
    return std::make_shared<Parts const>(std::move(parts));
  }();
  parts_ = empty;
}

Result<JsonTemplate> JsonTemplate::compile(json::value document, Limits const& limits) {
  auto parts = std::make_shared<Parts>();
  parts->document = std::move(document);
  Compiler compiler(limits, *parts);
  if (auto done = compiler.visit(parts->document, "", 0); !done) return done.error();
  return JsonTemplate(std::move(parts));
}

Result<json::value> JsonTemplate::evaluate(
    Activation const& activation, Limits const& limits, std::vector<SecretText>* secrets
) const {
  json::value result = parts_->document;
  Budget budget(limits);
  for (Entry const& entry : parts_->entries) {
    auto value = secrets != nullptr && entry.text.has_secrets()
                     ? evaluate_secret(entry, activation, budget, *secrets)
                     : entry.text.evaluate(activation, budget);
    if (!value) return at_path(value.error(), entry.pointer);
    boost::system::error_code error;
    json::value* const place = result.find_pointer(entry.pointer, error);
    ROPEWALK_CHECK(place != nullptr);
    *place = std::move(*value);
  }
  return result;
}

}  // namespace ropewalk::cel
