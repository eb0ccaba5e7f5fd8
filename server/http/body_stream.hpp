#pragma once
// A response body that is made while it is sent.
//
// The session asks for the next piece when the one before has been written: a client that reads
// slowly is what holds the maker back, and nothing piles up. When the client goes, or the server
// stops, the call under way is cancelled and the object destroyed.

#include "engine/async/async.hpp"

#include <string>

namespace ropewalk::server {

class BodyStream {
 public:
  virtual ~BodyStream() = default;
  /// The next bytes, as soon as there are some; empty at the end. On the session's shard.
  virtual Async<std::string> next() = 0;
  /// Before it begins: it will not come to its end. The header then does not announce that the
  /// connection is closed, which some clients take for an end of any body.
  virtual bool will_break() const { return false; }
  /// Once nothing more is asked for: whether the client is to see a connection that broke, and not
  /// one that was closed.
  virtual bool is_cut() const { return false; }
};

}  // namespace ropewalk::server
