#include "server/secrets/node_secrets.hpp"

#include "server/observe/log.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr std::size_t values_max = 4;  // of one name: what it was before may still be said

std::string key_path(Config const& config, std::string const& data) {
  return config.secrets_key_file.empty() ? data + "/secrets.key" : config.secrets_key_file;
}

}  // namespace

NodeSecrets::NodeSecrets(Config const& config, std::string const& data)
    : places_(config.secrets), keys_(key_path(config, data), config.secrets_key_file.empty()) {}

bool NodeSecrets::add(std::string const& name, std::string const& value) {
  if (value.size() < SecretMask::bytes_min_everywhere) return false;
  auto& known = values_[name];
  if (std::ranges::find(known, value) != known.end()) return false;
  known.push_back(value);
  if (known.size() > values_max) known.pop_front();
  return true;
}

void NodeSecrets::rebuild() {
  std::vector<std::string> all;
  for (auto const& [name, values] : values_) all.insert(all.end(), values.begin(), values.end());
  auto made = std::make_shared<SecretMask>();
  made->add_all(all);
  mask_ = std::move(made);
  log::set_mask(mask_);
}

void NodeSecrets::note(std::string const& name, std::string const& value) {
  std::lock_guard const lock(mutex_);
  if (add(name, value)) rebuild();
}

void NodeSecrets::note_all(std::map<std::string, std::string> const& values) {
  std::lock_guard const lock(mutex_);
  bool has_new = false;
  for (auto const& [name, value] : values) has_new = add(name, value) || has_new;
  if (has_new) rebuild();
}

std::shared_ptr<SecretMask const> NodeSecrets::mask() const {
  std::lock_guard const lock(mutex_);
  return mask_;
}

}  // namespace ropewalk::server
