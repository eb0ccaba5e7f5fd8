#pragma once
// A server on a Unix socket that says what a test tells it to: real bytes for the client to read.

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ropewalk::cli {

struct FakeReply {
  unsigned status = 200;
  std::string body{};
};

struct FakeScript {
  /// Answers a request: (method, target, body).
  std::function<FakeReply(std::string, std::string, std::string)> answer{};
  /// What a subscription gets, frame by frame: (number of the connection, "after" of the
  /// subscription, number of the frame) → a frame, or "" to cut the connection off.
  std::function<std::string(int, std::uint64_t, int)> frame{};
};

class FakeServer {
 public:
  explicit FakeServer(FakeScript script);
  ~FakeServer();

  /// "unix:/…"
  std::string url() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::cli
