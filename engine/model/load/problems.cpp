#include "engine/model/load/problems.hpp"

#include "engine/base/text.hpp"
#include "engine/model/source_places.hpp"
#include "engine/model/warnings.hpp"
#include "engine/model/yaml_text.hpp"

#include <algorithm>
#include <tuple>

namespace ropewalk::load {
namespace {

bool is_index(std::string_view step) {
  return step.starts_with('[');
}

/// Counts lines and columns forward only: many problems on one long line cost one pass.
class PlaceCounter {
 public:
  explicit PlaceCounter(std::string_view text) : text_(text) {}

  TextPlace at(std::size_t offset) {
    TextPlace const further = place_of(text_.substr(offset_, offset - offset_), offset - offset_);
    if (further.line > 1) place_.column = 1;
    place_.line += further.line - 1;
    place_.column += further.column - 1;
    offset_ = offset;
    return place_;
  }

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  TextPlace place_{};
};

/// The place that is meant, or else that of the nearest thing around it.
std::optional<std::size_t> offset_of(PlaceTree& tree, Steps const& steps, Spot spot) {
  PlaceTree* node = &tree;
  std::optional<std::size_t> nearest = node->place.value;
  for (std::size_t i = 0; i < steps.size() && node; ++i) {
    std::string_view step = steps[i];
    if (is_index(step)) step = step.substr(1, step.size() - 2);
    node = node->child(step);
    if (!node) break;
    bool const is_last = i + 1 == steps.size();
    auto const& [key, value] = node->place;
    auto const& wanted = is_last && spot == Spot::value ? value : key;
    if (wanted) {
      nearest = wanted;
    } else if (value || key) {
      nearest = value ? value : key;
    }
  }
  return nearest;
}

}  // namespace

Steps steps_of(Path const& path) {
  Steps steps;
  for (Path const* at = &path; at->parent; at = at->parent)
    steps.push_back(
        at->name.data() ? std::string(at->name) : '[' + std::to_string(at->index) + ']'
    );
  std::ranges::reverse(steps);
  return steps;
}

std::string path_text(Steps const& steps) {
  std::string out;
  for (std::string const& step : steps) {
    if (!out.empty() && !is_index(step)) out += '.';
    out += step;
  }
  return out;
}

void Problems::add(Steps steps, Finding finding) {
  bool const is_kept =
      is_warning(finding.code) ? warnings_count_++ < warnings_max : count_++ < problems_max;
  if (!is_kept) return;
  entries_.push_back({std::move(steps), std::move(finding)});
}

std::string Problems::suggest(
    std::string_view word, std::span<std::string_view const> candidates, std::string otherwise
) {
  if (candidates.size() > comparisons_left_) return otherwise;
  comparisons_left_ -= candidates.size();
  std::string_view const match = closest_match(word, candidates);
  if (match.empty()) return otherwise;
  return "did you mean `" + std::string(match) + "`?";
}

std::vector<Problem> Problems::take(std::string_view text, SourceKind kind) {
  if (entries_.empty()) return {};
  if (count_ > problems_max)  // there is enough to be mended without them
    std::erase_if(entries_, [](Entry const& entry) { return is_warning(entry.finding.code); });
  PlaceTree tree;
  for (Entry const& entry : entries_) {
    Steps plain = entry.steps;
    for (std::string& step : plain)
      if (is_index(step)) step = step.substr(1, step.size() - 2);
    tree.at(plain);
  }
  if (kind == SourceKind::json) find_json_places(text, tree);
  if (kind == SourceKind::yaml) find_yaml_places(text, tree);

  std::vector<std::pair<std::size_t, Entry*>> sorted;
  for (Entry& entry : entries_) {
    auto const offset = offset_of(tree, entry.steps, entry.finding.spot);
    sorted.emplace_back(kind == SourceKind::none ? 0 : offset.value_or(0), &entry);
  }
  std::ranges::stable_sort(sorted, {}, &std::pair<std::size_t, Entry*>::first);

  std::vector<Problem> problems;
  PlaceCounter counter(text);
  for (auto const& [offset, entry] : sorted) {
    Finding& finding = entry->finding;
    Problem problem;
    problem.code = std::move(finding.code);
    problem.path = path_text(entry->steps);
    problem.message = repair_utf8(finding.message);
    problem.hint = repair_utf8(finding.hint);
    if (kind != SourceKind::none) {
      TextPlace place = counter.at(offset);
      if (finding.inside)
        place = place_inside(text, offset, place, finding.content, *finding.inside);
      problem.line = place.line;
      problem.column = place.column;
    }
    problems.push_back(std::move(problem));
  }
  std::ranges::stable_sort(problems, {}, [](Problem const& problem) {
    return std::tuple(problem.line, problem.column);
  });
  if (count_ > problems_max) {
    problems.resize(problems_max - 1);
    Problem rest;
    rest.code = "too_many_problems";
    rest.message = std::to_string(count_ - problems_max + 1) + " more problems are not shown";
    rest.hint = "mend the ones above first";
    problems.push_back(std::move(rest));
  }
  return problems;
}

}  // namespace ropewalk::load
