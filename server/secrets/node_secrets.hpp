#pragma once
// What the shards of a node share about secrets: where they are, the keys of the stored ones, and
// all values that are known, to be taken out of everything that is told.
//
// Owner: the node. Any thread.

#include "engine/base/secret_mask.hpp"
#include "server/config.hpp"
#include "server/secrets/key_file.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ropewalk::server {

class NodeSecrets {
 public:
  /// `data`: the data directory, where the file of keys is unless the configuration names one.
  /// `config` outlives this.
  NodeSecrets(Config const& config, std::string const& data);

  std::map<std::string, SecretPlace> const& places() const { return places_; }
  KeyFile& keys() { return keys_; }

  /// From now on the value is in nothing that the node tells, its log included. The last few values
  /// of a name stay known. What is shorter than SecretMask::bytes_min_everywhere is left alone.
  void note(std::string const& name, std::string const& value);
  /// The same for many.
  void note_all(std::map<std::string, std::string> const& values);
  /// Null: nothing is known.
  std::shared_ptr<SecretMask const> mask() const;

 private:
  bool add(std::string const& name, std::string const& value);
  void rebuild();

  std::map<std::string, SecretPlace> const& places_;
  KeyFile keys_;
  mutable std::mutex mutex_{};
  std::map<std::string, std::deque<std::string>> values_{};  // the latest last
  std::shared_ptr<SecretMask const> mask_{};
};

}  // namespace ropewalk::server
