#pragma once
// The definition of a hook that others call, read and checked. Pure functions.

#include "engine/base/time.hpp"
#include "engine/model/cel/expression.hpp"
#include "server/triggers/definition.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

/// By what a delivery shows that it comes from who shares a secret with us.
enum class HookScheme : unsigned char { none, standard_webhooks, github, stripe, slack, bearer };
/// Its name in a definition: "standardWebhooks".
std::string_view to_string(HookScheme scheme);
/// The scheme signs the time as well, so that an old message is told from a new one.
bool has_timestamp(HookScheme scheme);

struct HookSpec {
  std::string name{};
  StartSpec start{};  // inputs: the body, where the definition says nothing
  HookScheme scheme = HookScheme::none;
  std::vector<std::string> secrets{};  // their names: each of them is good
  Duration tolerance = std::chrono::minutes(5);
  std::optional<cel::Expression> filter{};
  std::optional<cel::Expression> delivery_id{};
  std::optional<Duration> wait{};
  boost::json::object definition{};  // as it was given
};

/// Errors: invalid_argument, with all problems in its detail.
Result<HookSpec> read_hook(std::string name, boost::json::object definition);
/// The same of one that was stored. Errors: also invalid_definition.
Result<HookSpec> read_stored_hook(std::string name, std::string const& definition);

}  // namespace ropewalk::server
