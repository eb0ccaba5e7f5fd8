// The installer: a process of its own that fills the folder of a package set. It may wait, so it
// waits for its lock and for pip or npm in plain calls; whoever wants it gone kills it.
#include "engine/base/json.hpp"
#include "providers/process/file_descriptor.hpp"
#include "providers/process/package_set.hpp"
#include "providers/process/remove_tree.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace ropewalk {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t set_bytes_max = 2 * 1024 * 1024;
constexpr int exit_badly = 1;

/// To the task's log.
void say(std::string const& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

std::string read_input() {
  std::string out;
  std::string chunk(64 * 1024, '\0');
  while (out.size() < set_bytes_max) {
    auto const n = ::read(0, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return out;
}

std::optional<PackageSet> read_set() {
  JsonLimits limits;
  limits.bytes_max = set_bytes_max;
  auto const parsed = parse_json(read_input(), limits);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  auto const& object = parsed->get_object();
  PackageSet out;
  out.kind = object.at("kind").as_string() == "python" ? PackageKind::python : PackageKind::node;
  out.interpreter = object.at("interpreter").as_string();
  for (auto const& each : object.at("wanted").as_array()) out.wanted.emplace_back(each.as_string());
  out.list = object.at("list").as_string();
  out.list_folder = object.at("listFolder").as_string();
  out.folder = object.at("folder").as_string();
  return out;
}

/// Runs a program to its end, in `folder`, its output going where ours goes to be logged. Its exit
/// status is 0 or not.
bool run(Words words, std::string const& folder) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t const pid = ::fork();
  if (pid == 0) {
    ::dup2(2, 1);
    if (::chdir(folder.c_str()) == 0) ::execvp(argv[0], argv.data());
    say(words.front() + (errno == ENOENT ? " is not installed" : " cannot be run"));
    ::_exit(127);
  }
  int status = 0;
  while (pid > 0 && ::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool write_file(std::string const& path, std::string const& text) {
  FileDescriptor const fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  bool const is_written = fd.is_open() && ::write(fd.get(), text.data(), text.size()) ==
                                              static_cast<ssize_t>(text.size());
  if (!is_written) say("cannot write " + path + ": " + std::strerror(errno));
  return is_written;
}

bool install_python(PackageSet const& set) {
  if (!run({set.interpreter, "-m", "venv", set.folder}, "/")) return false;
  auto text = set.list;
  for (auto const& wanted : set.wanted) text += wanted + "\n";
  auto const list = set.folder + "/requirements.txt";
  if (!write_file(list, text)) return false;
  auto const where = set.list_folder.empty() ? set.folder : set.list_folder;
  return run(
      {set.folder + "/bin/python",
       "-m",
       "pip",
       "install",
       "--no-input",
       "--disable-pip-version-check",
       "--progress-bar=off",
       "-r",
       list},
      where
  );
}

bool install_node(PackageSet const& set) {
  if (::mkdir(set.folder.c_str(), 0755) != 0 && errno != EEXIST) return false;
  if (!write_file(set.folder + "/package.json", "{\"private\": true}\n")) return false;
  Words words{"npm", "install", "--no-audit", "--no-fund", "--no-progress", "--loglevel=warn"};
  words.emplace_back("--");
  words.insert(words.end(), set.wanted.begin(), set.wanted.end());
  return run(std::move(words), set.folder);
}

/// The lock goes with the process, however that ends.
FileDescriptor wait_for_lock(std::string const& folder) {
  FileDescriptor lock(::open((folder + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  while (lock.is_open() && ::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) lock.reset();
  return lock;
}

}  // namespace

int run_installer() {
  auto const set = read_set();
  if (!set) return exit_badly;
  auto const root = set->folder.substr(0, set->folder.rfind('/'));
  if (::mkdir(root.c_str(), 0755) != 0 && errno != EEXIST) {
    say("cannot make " + root + ": " + std::strerror(errno));
    return exit_badly;
  }
  auto const lock = wait_for_lock(set->folder);
  if (!lock.is_open()) {
    say("cannot lock " + set->folder + ": " + std::strerror(errno));
    return exit_badly;
  }
  if (use_packages(set->folder)) return 0;  // another one was quicker
  while (remove_tree(set->folder, 100'000) == Removal::unfinished) continue;
  bool const is_installed =
      set->kind == PackageKind::python ? install_python(*set) : install_node(*set);
  if (is_installed && write_file(set->folder + "/ready", "")) return 0;
  while (remove_tree(set->folder, 100'000) == Removal::unfinished) continue;
  return exit_badly;
}

}  // namespace ropewalk
