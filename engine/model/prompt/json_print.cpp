// JSON as JSON.stringify writes it.

#include "engine/model/prompt/number_text.hpp"
#include "engine/model/prompt/values.hpp"

#include <cmath>

namespace ropewalk::prompt {
namespace {

class Printer {
 public:
  Printer(std::string_view indent, std::size_t bytes_max, std::string& out)
      : indent_(indent), size_max_(out.size() + bytes_max), out_(out) {}

  bool print(json::value const& value, std::size_t depth) {
    if (depth > value_depth_max || out_.size() > size_max_) return false;
    if (value.is_null()) {
      out_ += "null";
    } else if (auto const* text = value.if_string()) {
      print_text({text->data(), text->size()});
    } else if (auto const* list = value.if_array()) {
      return print_all(*list, '[', ']', depth, [this, depth](json::value const& item) {
        return print(item, depth + 1);
      });
    } else if (auto const* object = value.if_object()) {
      return print_all(*object, '{', '}', depth, [this, depth](json::key_value_pair const& member) {
        print_text(member.key());
        out_ += indent_.empty() ? ":" : ": ";
        return print(member.value(), depth + 1);
      });
    } else if (value.is_double() && !std::isfinite(value.get_double())) {
      out_ += "null";
    } else {
      append_scalar(value, out_);
    }
    return out_.size() <= size_max_;
  }

 private:
  template <class Items, class Print>
  bool print_all(Items const& items, char open, char close, std::size_t depth, Print print_one) {
    out_ += open;
    bool is_first = true;
    for (auto const& item : items) {
      if (!is_first) out_ += ',';
      is_first = false;
      begin_line(depth + 1);
      if (!print_one(item)) return false;
    }
    if (!is_first) begin_line(depth);
    out_ += close;
    return out_.size() <= size_max_;
  }

  void begin_line(std::size_t depth) {
    if (indent_.empty()) return;
    out_ += '\n';
    for (std::size_t i = 0; i < depth; ++i) out_ += indent_;
  }

  void print_text(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out_ += '"';
    for (char const c : text) {
      auto const byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        (out_ += '\\') += c;
      } else if (byte >= 0x20) {
        out_ += c;
      } else if (auto const at = std::string_view("\b\f\n\r\t").find(c);
                 at != std::string_view::npos) {
        (out_ += '\\') += "bfnrt"[at];
      } else {
        out_ += "\\u00";
        (out_ += digits[byte >> 4U]) += digits[byte & 15U];
      }
    }
    out_ += '"';
  }

  std::string_view indent_;
  std::size_t size_max_;
  std::string& out_;
};

}  // namespace

bool append_json(
    json::value const& value, std::string_view indent, std::size_t bytes_max, std::string& out
) {
  return Printer(indent, bytes_max, out).print(value, 0);
}

}  // namespace ropewalk::prompt
