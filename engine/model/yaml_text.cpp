#include "engine/model/yaml_text.hpp"

#include "engine/base/text.hpp"
#include "engine/model/yaml_scalar.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace ropewalk {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Leaves the parser, which knows no other way to be stopped. Never leaves this file.
struct Stop {
  YAML::Mark mark{};
  Error error{};
};

[[noreturn]] void stop(
    YAML::Mark const& mark, std::string code, std::string message, std::string hint = {}
) {
  throw Stop{
      mark, Error{ErrorClass::permanent, std::move(code), std::move(message), std::move(hint)}};
}

/// Builds the JSON value as the parser goes: no tree of YAML nodes in between.
class JsonBuilder final : public YAML::EventHandler {
 public:
  explicit JsonBuilder(JsonLimits const& limits)
      : depth_max_(limits.depth_max), nodes_left_(limits.nodes_max) {}

  json::value take() { return std::move(root_); }
  bool is_empty() const { return documents_ == 0; }

  void OnDocumentStart(YAML::Mark const& mark) override {
    if (++documents_ > 1)
      stop(mark, "invalid_yaml", "a second document begins here", "one file holds one document");
  }
  void OnDocumentEnd() override {}

  void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
    stop(mark, "yaml_alias", "aliases (*name) are not allowed", "write the value out");
  }

  void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    if (expects_key()) return take_key(mark, "", true);
    add(mark, nullptr);
  }

  void OnScalar(
      YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, std::string const& text
  ) override {
    refuse_anchor(mark, anchor);
    bool const is_plain = tag == "?";
    if (!is_plain && tag != "!" && tag != "tag:yaml.org,2002:str")
      stop(mark, "invalid_yaml", "the tag " + shorten(tag, 60) + " is not known", "remove it");
    if (expects_key()) return take_key(mark, text, is_plain);
    if (!is_plain) return add(mark, json::string(text));
    auto scalar = read_plain_scalar(text);
    if (!scalar) throw Stop{mark, scalar.error()};
    add(mark, std::move(*scalar));
  }

  void OnSequenceStart(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      YAML::EmitterStyle::value
  ) override {
    open(mark, tag, anchor, json::array());
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(
      YAML::Mark const& mark,
      std::string const& tag,
      YAML::anchor_t anchor,
      YAML::EmitterStyle::value
  ) override {
    open(mark, tag, anchor, json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    json::value value{};
    YAML::Mark mark{};
    std::string key{};
    bool has_key = false;
  };

  static void refuse_anchor(YAML::Mark const& mark, YAML::anchor_t anchor) {
    if (anchor != 0)
      stop(mark, "yaml_alias", "anchors (&name) are not allowed", "write the value out");
  }

  bool expects_key() const {
    return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().has_key;
  }

  void count(YAML::Mark const& mark) {
    if (nodes_left_ == 0) stop(mark, "too_large", "the document has too many values");
    --nodes_left_;
  }

  void take_key(YAML::Mark const& mark, std::string_view text, bool is_plain) {
    count(mark);
    Frame& frame = frames_.back();
    if (is_plain && text == "<<")
      stop(mark, "yaml_alias", "merge keys (<<) are not allowed", "write the fields out");
    if (is_plain && text.empty())
      stop(mark, "invalid_yaml", "a key is missing", "write null in quotes if it is meant");
    if (frame.value.get_object().contains(text))
      stop(
          mark,
          "duplicate_key",
          "the key \"" + shorten(text, 100) + "\" is there twice",
          "keep one of them"
      );
    frame.key = text;
    frame.has_key = true;
  }

  void add(YAML::Mark const& mark, json::value value) {
    count(mark);
    put(std::move(value));
  }

  void put(json::value value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (auto* list = frame.value.if_array()) {
      list->push_back(std::move(value));
    } else {
      frame.value.get_object().emplace(frame.key, std::move(value));
      frame.has_key = false;
    }
  }

  void open(
      YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, json::value value
  ) {
    refuse_anchor(mark, anchor);
    bool const is_core = tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:map" ||
                         tag == "tag:yaml.org,2002:seq" || tag.empty();
    if (!is_core)
      stop(mark, "invalid_yaml", "the tag " + shorten(tag, 60) + " is not known", "remove it");
    if (expects_key())
      stop(mark, "invalid_yaml", "a key is a list or a mapping", "keys are text; quote it");
    if (frames_.size() == depth_max_)
      stop(mark, "too_large", "lists and mappings nest deeper than " + std::to_string(depth_max_));
    count(mark);
    frames_.push_back({std::move(value), mark});
  }

  void close() {
    json::value done = std::move(frames_.back().value);
    frames_.pop_back();
    put(std::move(done));
  }

  std::size_t depth_max_;
  std::size_t nodes_left_;
  std::size_t documents_ = 0;
  json::value root_{};
  std::vector<Frame> frames_{};
};

/// Fills in a tree of places; the text was already read once, so nothing is refused.
class PlaceFinder final : public YAML::EventHandler {
 public:
  PlaceFinder(std::string_view text, PlaceTree& tree) : tree_(tree), text_size_(text.size()) {
    lines_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') lines_.push_back(i + 1);
  }

  void OnDocumentStart(YAML::Mark const&) override {}
  void OnDocumentEnd() override {}
  void OnAlias(YAML::Mark const&, YAML::anchor_t) override {}
  void OnNull(YAML::Mark const& mark, YAML::anchor_t) override {
    PlaceTree* node = enter(mark, "");
    if (node && node->place.key) node->place.value.reset();  // "a:" has its nothing on a later line
  }
  void OnScalar(YAML::Mark const& mark, std::string const&, YAML::anchor_t, std::string const& text)
      override {
    enter(mark, text);
  }
  void OnSequenceStart(
      YAML::Mark const& mark, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value
  ) override {
    frames_.push_back({enter(mark, ""), false});
  }
  void OnSequenceEnd() override { frames_.pop_back(); }
  void OnMapStart(
      YAML::Mark const& mark, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value
  ) override {
    frames_.push_back({enter(mark, ""), true});
  }
  void OnMapEnd() override { frames_.pop_back(); }

 private:
  struct Frame {
    PlaceTree* node = nullptr;
    bool is_map = false;
    std::size_t index = 0;
    bool has_key = false;
    PlaceTree* member = nullptr;
  };

  std::size_t offset_of(YAML::Mark const& mark) const {
    auto const line = static_cast<std::size_t>(mark.line);
    if (mark.line < 0 || line >= lines_.size()) return text_size_;
    return std::min(text_size_, lines_[line] + static_cast<std::size_t>(mark.column));
  }

  /// A key or a value begins; returns the node of a value.
  PlaceTree* enter(YAML::Mark const& mark, std::string_view text) {
    PlaceTree* node = &tree_;
    if (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.is_map && !frame.has_key) {
        frame.has_key = true;
        frame.member = frame.node ? frame.node->child(text) : nullptr;
        if (frame.member) frame.member->place.key = offset_of(mark);
        return nullptr;
      }
      frame.has_key = false;
      node = frame.member;
      if (!frame.is_map)
        node = frame.node ? frame.node->child(std::to_string(frame.index++)) : nullptr;
    }
    if (node) node->place.value = offset_of(mark);
    return node;
  }

  PlaceTree& tree_;
  std::size_t text_size_;
  std::vector<std::size_t> lines_{};  // where each begins
  std::vector<Frame> frames_{};
};

Error with_place(Error error, YAML::Mark const& mark) {
  if (mark.is_null()) return error;
  auto const line = static_cast<std::uint32_t>(mark.line + 1);
  auto const column = static_cast<std::uint32_t>(mark.column + 1);
  error.message += " at line " + std::to_string(line) + ", column " + std::to_string(column);
  error.detail = json::object{{"line", line}, {"column", column}};
  return error;
}

Error invalid(std::string message, std::string hint = {}) {
  return Error{ErrorClass::permanent, "invalid_yaml", std::move(message), std::move(hint)};
}

}  // namespace

Result<json::value> read_yaml(std::string_view text, JsonLimits const& limits) {
  if (text.size() > limits.bytes_max)
    return Error{
        ErrorClass::permanent,
        "too_large",
        std::to_string(text.size()) + " bytes of YAML, where " + std::to_string(limits.bytes_max) +
            " are allowed"};
  if (!is_valid_utf8(text)) return invalid("the file is not UTF-8", "save it as UTF-8");
  if (text.find('\0') != std::string_view::npos) return invalid("the file holds a NUL byte");
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    JsonBuilder builder(limits);
    while (parser.HandleNextDocument(builder)) continue;
    if (builder.is_empty()) return invalid("the file is empty", "write a document");
    return builder.take();
  } catch (Stop const& stopped) {
    return with_place(stopped.error, stopped.mark);
  } catch (YAML::Exception const& failure) {
    return with_place(invalid("not valid YAML: " + failure.msg), failure.mark);
  } catch (std::exception const& failure) {
    return invalid(std::string("not valid YAML: ") + failure.what());
  }
}

void find_yaml_places(std::string_view text, PlaceTree& tree) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    PlaceFinder finder(text, tree);
    parser.HandleNextDocument(finder);
  } catch (std::exception const&) {
    return;  // problems are then shown without places
  }
}

}  // namespace ropewalk
