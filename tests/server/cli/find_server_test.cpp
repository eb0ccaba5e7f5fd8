// Goal: commands find the right server, in the order that the documentation gives.
// Method: a made-up world of files, processes and listeners.
#include "server/cli/find_server.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ropewalk::cli {
namespace {

struct World {
  std::map<std::string, std::string> files{};
  std::set<std::int64_t> pids{};
  std::set<std::string> listeners{};

  Surroundings surroundings() const {
    Surroundings out;
    out.read_file = [this](std::string const& path) -> Result<std::string> {
      auto const found = files.find(path);
      if (found != files.end()) return found->second;
      return Error{ErrorClass::permanent, "not_found"};
    };
    out.is_alive = [this](std::int64_t pid) { return pids.contains(pid); };
    out.answers = [this](Address const& address) {
      return listeners.contains(address.to_string());
    };
    return out;
  }

  std::string find(Arguments const& arguments) const {
    server::Config config;
    if (!arguments.data.empty()) config.data = arguments.data;
    auto const found = find_server(arguments, config, surroundings());
    if (!found) return found.error().code;
    return *found ? (*found)->to_string() : "none";
  }
};

TEST(FindServer, ANamedServerIsTheOne) {
  World world;
  world.listeners = {"http://a:1", "http://127.0.0.1:8400"};
  Arguments arguments;
  arguments.server = "http://a:1";
  EXPECT_EQ(world.find(arguments), "http://a:1");
  arguments.server = "http://b:1";
  EXPECT_EQ(world.find(arguments), "server_unreachable");
  arguments.server = "http://b:x";
  EXPECT_EQ(world.find(arguments), "invalid_address");
}

TEST(FindServer, TheServerOfTheDataDirectoryComesNext) {
  World world;
  world.files[".ropewalk/server.json"] = R"({"pid":7,"url":"http://127.0.0.1:9000"})";
  world.listeners = {"http://127.0.0.1:9000", "http://127.0.0.1:8400"};
  world.pids = {7};
  EXPECT_EQ(world.find({}), "http://127.0.0.1:9000");
  world.pids = {};  // left by a crash
  EXPECT_EQ(world.find({}), "http://127.0.0.1:8400");
}

TEST(FindServer, TheListeningAddressCountsOnlyForTheDefaultDataDirectory) {
  World world;
  world.listeners = {"http://127.0.0.1:8400"};
  EXPECT_EQ(world.find({}), "http://127.0.0.1:8400");
  Arguments arguments;
  arguments.data = "elsewhere";
  EXPECT_EQ(world.find(arguments), "none");
}

TEST(FindServer, BrokenFilesAreAsGoodAsNone) {
  for (auto const* text : {"", "[]", "{}", R"({"pid":7})", R"({"pid":7,"url":"gopher://x"})"}) {
    World world;
    world.files[".ropewalk/server.json"] = text;
    world.pids = {7};
    EXPECT_EQ(world.find({}), "none") << text;
  }
}

}  // namespace
}  // namespace ropewalk::cli
