#pragma once
// A file as the body of an answer.
//
// Owner: the response that it is the body of. Shard: that of the connection; reading is done aside.

#include "providers/process/file_descriptor.hpp"
#include "server/blocking.hpp"
#include "server/http/body_stream.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ropewalk::server {

class FileBody : public BodyStream {
 public:
  /// Gives `bytes` of the file, no more; fewer end in a connection that breaks.
  FileBody(BlockingPool& blocking, FileDescriptor file, std::uint64_t bytes)
      : blocking_(blocking),
        file_(std::make_shared<FileDescriptor>(std::move(file))),
        bytes_left_(bytes) {}

  Async<std::string> next() override;
  bool is_cut() const override { return bytes_left_ > 0; }

 private:
  BlockingPool& blocking_;
  std::shared_ptr<FileDescriptor> file_;  // a read that is under way keeps it open
  std::uint64_t bytes_left_;
};

}  // namespace ropewalk::server
