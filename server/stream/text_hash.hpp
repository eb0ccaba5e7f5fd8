#pragma once
// SHA-256 over a text that comes in pieces.

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace ropewalk::server {

class TextHash {
 public:
  void add(std::string_view text);
  /// Of what was added so far, in lower-case hexadecimal.
  std::string hex() const;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_{};  // made by the first add()
};

}  // namespace ropewalk::server
