#include "engine/async/shard.hpp"

#include <pthread.h>

#include <string>

namespace ropewalk {

Shard::Shard(std::uint32_t index) : work_(io_.get_executor()), index_(index) {}

Shard::~Shard() {
  join();
}

void Shard::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
    io_.run();
  });
}

void Shard::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

}  // namespace ropewalk
