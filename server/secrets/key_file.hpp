#pragma once
// The file of keys that stored secrets are encrypted with: for its owner only, the last key in use.
//
// Owner: the node. Any thread; reads and writes files: off the shards. A file that was changed (by
// hand, or copied from another node) is read again when a key is missing.

#include "server/secrets/secret_cipher.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace ropewalk::server {

class KeyFile {
 public:
  /// `may_create`: it is made when the first key is needed and there is none.
  KeyFile(std::string path, bool may_create) : path_(std::move(path)), may_create_(may_create) {}

  std::string const& path() const { return path_; }
  /// The key that is in use. Errors, all permanent: secret_key_missing, secret_key_exposed (others
  /// may read the file), secret_key_invalid, secret_key_unwritable.
  Result<SecretKey> current();
  /// Errors: those of current(); secret_key_missing where the file has no such key.
  Result<SecretKey> find(std::string const& id);
  /// Adds a new key, which is in use from then on. Errors: those of current().
  Result<SecretKey> rotate();

 private:
  Result<> read();
  Result<SecretKey> add();
  Error missing(std::string const& id) const;

  std::mutex mutex_{};
  std::string path_;
  bool may_create_;
  std::vector<SecretKey> keys_{};
};

}  // namespace ropewalk::server
