#include "engine/model/cel/regex.hpp"

#include "engine/model/cel/limits.hpp"

#include <re2/re2.h>

#include <string>

namespace ropewalk::cel {
namespace {

constexpr std::int64_t memory_max = 1 << 20;

class Re2Regex final : public Regex {
 public:
  explicit Re2Regex(std::string_view pattern)
      : regex_({pattern.data(), pattern.size()}, options()) {}

  bool matches(std::string_view text) const override {
    return RE2::PartialMatch({text.data(), text.size()}, regex_);
  }
  std::size_t size() const override { return static_cast<std::size_t>(regex_.ProgramSize()); }
  RE2 const& get() const { return regex_; }

 private:
  static RE2::Options options() {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(memory_max);
    return options;
  }
  RE2 regex_;
};

}  // namespace

Result<std::shared_ptr<Regex const>> Regex::compile(std::string_view pattern) {
  auto regex = std::make_shared<Re2Regex const>(pattern);
  if (!regex->get().ok()) {
    return expression_failed("not a regular expression (RE2 syntax): " + regex->get().error());
  }
  return std::shared_ptr<Regex const>(std::move(regex));
}

}  // namespace ropewalk::cel
