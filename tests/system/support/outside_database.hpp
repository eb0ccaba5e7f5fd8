#pragma once
// PostgreSQL that belongs to none of the servers that a test starts.

#include "sql/private_cluster.hpp"
#include "tests/system/support/temp_directory.hpp"

#include <memory>
#include <string>

namespace ropewalk::system_test {

class OutsideDatabase {
 public:
  OutsideDatabase()
      : lock_(sql::DataLock::take(directory_.path("data")).value()),
        cluster_(sql::PrivateCluster::start(lock_, sql::PrivateCluster::Options()).value()) {}
  std::string const& conninfo() const { return cluster_->conninfo(); }

 private:
  TempDirectory directory_;
  sql::DataLock lock_;
  std::unique_ptr<sql::PrivateCluster> cluster_;
};

}  // namespace ropewalk::system_test
