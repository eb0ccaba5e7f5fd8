#pragma once
// SHA-256, in one piece or several.

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace ropewalk {

class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Of all that was added, as 64 hexadecimal digits. Once.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view text);

}  // namespace ropewalk
