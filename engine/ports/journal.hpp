#pragma once
// Port: the durable record. What is committed survives any crash of this process.
//
// The engine gathers the changes of a shard while a commit is under way and hands them over
// together: batch size follows load. The journal makes each batch one transaction and fences it by
// the owner's epoch (DESIGN §6.5).

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/model/records.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace ropewalk {

/// Error codes that the engine understands:
///   fenced           this node no longer owns what it writes: nothing was written, all work must
///   stop change_rejected  this one change can never be stored (its data, or it does not follow on
///   what is stored: Change::after_seq); the others of the batch were
struct CommitResult {
  std::vector<std::pair<std::size_t, Error>> rejected{};  // index into the batch
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// Durable when it returns, in order, as one transaction. Waits for the database as long as that
  /// takes (it may be restarting); returns an error only for `fenced` or when cancelled. One call
  /// at a time per object.
  virtual Async<Result<CommitResult>> commit(std::vector<Change> const& batch) = 0;
};

}  // namespace ropewalk
