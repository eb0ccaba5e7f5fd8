#pragma once
// Who is spoken to in one call: what error messages name, and what they must not.
//
// A plain value; any thread.

#include "providers/ai/dialect.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

struct CallContext {
  CallContext(
      ProviderSettings const& settings, std::string_view dialect, std::string_view wanted_model
  );

  std::string provider{};
  std::string type{};
  std::string model{};
  bool has_key = false;
  bool is_own_host = false;            // a base_url was configured: pages of the type's own host
                                       // do not apply
  std::vector<std::string> secrets{};  // the key, and values of configured headers

  /// "openai (gpt-4o-mini)".
  std::string name() const;
  /// `text` without the secrets, without `key=` in addresses and without bearer tokens, as valid
  /// UTF-8.
  std::string redact(std::string_view text) const;
};

}  // namespace ropewalk::ai
