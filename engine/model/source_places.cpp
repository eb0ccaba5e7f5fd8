#include "engine/model/source_places.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

/// Runs over JSON that is known to be valid; strings and brackets are all that matters.
class JsonScanner {
 public:
  JsonScanner(std::string_view text, PlaceTree& tree) : text_(text), tree_(tree) {}

  void scan() {
    PlaceTree* here = &tree_;  // of the value that comes next; null where nothing is looked for
    while (skip_to_token()) {
      char const c = text_[at_];
      if (c == '}' || c == ']') {
        frames_.pop_back();
        ++at_;
      } else if (c == ',') {
        ++at_;
        ++frames_.back().index;
        continue;
      } else {
        if (!frames_.empty()) here = enter_member();
        if (here) here->place.value = at_;
        skip_value(here);
      }
    }
  }

 private:
  struct Frame {
    PlaceTree* node = nullptr;
    bool is_object = false;
    std::size_t index = 0;
  };

  bool skip_to_token() {
    at_ = text_.find_first_not_of(" \t\r\n", at_);
    return at_ != std::string_view::npos;
  }

  /// Reads the key, if there is one; at_ is then at the value.
  PlaceTree* enter_member() {
    Frame const& frame = frames_.back();
    if (!frame.is_object)
      return frame.node ? frame.node->child(std::to_string(frame.index)) : nullptr;
    std::size_t const key_at = at_;
    skip_string();
    PlaceTree* node = nullptr;
    if (frame.node) {
      std::string_view const raw = text_.substr(key_at, at_ - key_at);
      if (raw.find('\\') == std::string_view::npos) {
        node = frame.node->child(raw.substr(1, raw.size() - 2));
      } else if (auto const key = parse_json(raw)) {
        node = frame.node->child(key->get_string());
      }
    }
    if (node) node->place.key = key_at;
    at_ = text_.find_first_not_of(" \t\r\n:", at_);
    return node;
  }

  void skip_value(PlaceTree* node) {
    char const c = text_[at_];
    if (c == '"') return skip_string();
    if (c == '{' || c == '[') {
      frames_.push_back({node, c == '{'});
      ++at_;
      return;
    }
    at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
  }

  void skip_string() {
    ++at_;
    while (text_[at_] != '"') at_ = text_.find_first_of("\"\\", text_[at_] == '\\' ? at_ + 2 : at_);
    ++at_;
  }

  std::string_view text_;
  PlaceTree& tree_;
  std::size_t at_ = 0;
  std::vector<Frame> frames_{};
};

/// The line `index` of `text`, counted from 0; empty when there are fewer.
std::string_view line_at(std::string_view text, std::size_t index) {
  std::size_t begin = 0;
  for (; index > 0; --index) {
    std::size_t const end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

}  // namespace

PlaceTree& PlaceTree::at(std::vector<std::string> const& path) {
  PlaceTree* node = this;
  for (std::string const& step : path) {
    auto& next = node->children[step];
    if (!next) next = std::make_unique<PlaceTree>();
    node = next.get();
  }
  return *node;
}

PlaceTree* PlaceTree::child(std::string_view step) const {
  auto const found = children.find(step);
  return found == children.end() ? nullptr : found->second.get();
}

void find_json_places(std::string_view text, PlaceTree& tree) {
  JsonScanner(text, tree).scan();
}

TextPlace place_inside(
    std::string_view text,
    std::size_t value,
    TextPlace start,
    std::string_view content,
    TextPlace inside
) {
  std::string_view rest = text.substr(value);
  if (rest.empty() || inside.line == 0) return start;
  if (rest.front() == '|' || rest.front() == '>') {
    // The content's lines stand below the sign, all indented alike.
    std::string_view const line = line_at(rest, inside.line);
    std::string_view const wanted = line_at(content, inside.line - 1);
    std::size_t const indent = line.find(wanted);
    if (wanted.empty() || indent == std::string_view::npos) return start;
    std::uint32_t const before = place_of(line, indent).column - 1;
    return {start.line + inside.line, before + inside.column};
  }
  bool const is_quoted = rest.front() == '"' || rest.front() == '\'';
  if (is_quoted) rest.remove_prefix(1);
  if (inside.line != 1 || !rest.starts_with(content)) return start;
  return {start.line, start.column + (is_quoted ? 1U : 0U) + inside.column - 1};
}

}  // namespace ropewalk
