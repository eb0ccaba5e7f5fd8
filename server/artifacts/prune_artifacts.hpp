#pragma once
// Artifacts go when their execution has gone.

#include "server/blocking.hpp"
#include "sql/store.hpp"

#include <cstddef>
#include <string>

namespace ropewalk::server {

/// Removes what is kept of executions that are not in the database any more; of how many. Errors:
/// those of the store.
Async<Result<std::size_t>> prune_artifacts(
    BlockingPool& blocking, sql::Store& store, std::string root
);

}  // namespace ropewalk::server
