#pragma once
// Where a private cluster's files are, who owns them, and which PostgreSQL goes with them.
//
// Any thread. Blocks: not for shards.

#include "engine/base/error.hpp"
#include "sql/cluster_process.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace ropewalk::sql {

struct ClusterPlace {
  std::filesystem::path pgdata{};  // may not exist yet
  std::filesystem::path link{};    // not empty: <data>/postgres, to be made as a link to pgdata
  std::filesystem::path log{};
  Account account{};
};

/// Normally <data>/postgres. As root, with a data directory that PostgreSQL's user cannot reach
/// (one under /root, say), a directory under /var/lib/ropewalk that <data>/postgres is a link to.
/// `user` is whom to run as when we are root; empty: the owner of an existing cluster, else
/// `postgres`. Errors: cluster_user, data_directory.
Result<ClusterPlace> find_place(std::filesystem::path const& data, std::string const& user);

/// Where PostgreSQL's programs are: those of the version that made the cluster, else the newest.
/// `given` wins when not empty. Errors: postgres_missing.
Result<std::filesystem::path> find_binaries(
    std::filesystem::path const& given, std::filesystem::path const& pgdata
);

/// The cluster itself where its path fits into a socket address, else /tmp/ropewalk-<hash>, made
/// for the account alone.
Result<std::filesystem::path> socket_directory(ClusterPlace const& place);

bool is_initialised(std::filesystem::path const& pgdata);

/// The first number in PGDATA/postmaster.pid.
std::optional<pid_t> recorded_postmaster(std::filesystem::path const& pgdata);

/// The last lines of the log, for an error message.
std::string log_tail(std::filesystem::path const& log);

/// A new directory that belongs to the account; one that is there already is emptied.
Result<void> make_owned_directory(std::filesystem::path const& path, Account const& account);

}  // namespace ropewalk::sql
