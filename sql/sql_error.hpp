#pragma once
// PostgreSQL's error codes as Ropewalk's errors: the one place that knows SQLSTATEs.

#include "engine/base/error.hpp"

#include <string_view>

namespace ropewalk::sql {

// SQLSTATEs that our own SQL functions raise.
inline constexpr std::string_view state_fenced = "RW001";  // the epoch has no node any more
inline constexpr std::string_view state_already_applied =
    "RW002";                                                  // this batch was committed before
inline constexpr std::string_view state_not_owned = "RW003";  // an execution is gone or not ours

/// Codes: database_unavailable and database_busy (transient), database_resources (resource),
/// fenced, database_error (permanent). `detail` is {"sqlstate", "constraint"?}.
Error error_from_state(
    std::string_view state, std::string_view message, std::string_view constraint
);

/// The connection is gone, or never came to be. `what` comes from libpq, which names host and user
/// but no password.
Error unavailable(std::string_view what);

/// The five characters, or empty when the error has none.
std::string_view sqlstate_of(Error const& error);

/// The data of a change is at fault: no repetition can store it.
bool is_data_error(Error const& error);

}  // namespace ropewalk::sql
