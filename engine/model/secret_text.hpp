#pragma once
// A text with secrets in it, whose values are put in where it is used, and nowhere before.
//
// Which secret stands where is said by the workflow file alone: this is made beside the values that
// expressions give, never out of them, so that no data can name a secret.

#include <string>
#include <vector>

namespace ropewalk {

struct SecretPiece {
  std::string text{};
  std::string secret{};  // not empty: the value of this one, and no text
};

struct SecretText {
  std::string pointer{};  // where it stands in the rendered fields of the task (RFC 6901)
  std::vector<SecretPiece> pieces{};
};

}  // namespace ropewalk
