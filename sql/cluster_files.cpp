#include "sql/cluster_files.hpp"

#include "sql/sha256.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace ropewalk::sql {
namespace {

namespace fs = std::filesystem;

Error failure(std::string code, std::string message, std::string hint) {
  Error error;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

Error data_directory(fs::path const& path, std::string const& what) {
  return failure(
      "data_directory", path.string() + ": " + what, "Choose another data directory with --data."
  );
}

std::string last_error() {
  return std::generic_category().message(errno);
}

std::optional<uid_t> owner_of(fs::path const& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_uid;
}

Account ourselves() {
  if (auto account = Account::by_uid(::geteuid())) return *account;
  Account nameless;  // containers run users that no passwd file knows
  nameless.name = std::to_string(::geteuid());
  nameless.uid = ::geteuid();
  nameless.gid = ::getegid();
  return nameless;
}

Result<Account> find_account(fs::path const& pgdata, std::string const& user) {
  auto const owner = owner_of(pgdata);
  if (::geteuid() != 0) {
    if (owner && *owner != ::geteuid())
      return failure(
          "cluster_user",
          pgdata.string() + " belongs to user id " + std::to_string(*owner),
          "Run Ropewalk as that user, as root, or with another --data directory."
      );
    return ourselves();
  }
  if (owner && *owner != 0)
    if (auto account = Account::by_uid(*owner)) return *account;
  auto const name = user.empty() ? std::string("postgres") : user;
  auto account = Account::by_name(name);
  if (account && account->must_switch) return *account;
  return failure(
      "cluster_user",
      "PostgreSQL does not run as root, and there is no unprivileged user '" + name + "' for it",
      "Run Ropewalk as an ordinary user, or make one: adduser --system postgres"
  );
}

/// A place that the account can reach, for a data directory that it cannot.
Result<fs::path> make_outside_place() {
  std::error_code ec;
  fs::path const base = "/var/lib/ropewalk";
  fs::create_directories(base, ec);
  std::string name = (base / "XXXXXX").string();
  if (ec || !::mkdtemp(name.data()) || ::chmod(name.c_str(), 0711) != 0)
    return data_directory(base, "cannot be made: " + last_error());
  return fs::path(name) / "postgres";
}

/// Major versions under /usr/lib/postgresql, newest first.
std::vector<int> installed_versions() {
  std::vector<int> versions;
  std::error_code ec;
  for (fs::directory_iterator it("/usr/lib/postgresql", ec), end; !ec && it != end;
       it.increment(ec)) {
    int const version = std::atoi(it->path().filename().c_str());
    if (fs::exists(it->path() / "bin" / "postgres", ec)) versions.push_back(version);
  }
  std::sort(versions.rbegin(), versions.rend());
  return versions;
}

std::optional<fs::path> on_path() {
  char const* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  std::error_code ec;
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty() && fs::exists(fs::path(folder) / "initdb", ec) &&
        fs::exists(fs::path(folder) / "postgres", ec))
      return folder;
  return std::nullopt;
}

/// A folder on PATH may only point to what installed_versions() has looked at.
bool is_debian_version(fs::path const& folder) {
  std::error_code ec;
  auto const real = fs::canonical(folder / "postgres", ec);
  return !ec && real.string().starts_with("/usr/lib/postgresql/");
}

bool fits_socket_address(fs::path const& directory) {
  auto const full = (directory / ".s.PGSQL.5432").string();
  // A comma would separate two directories, here and in a conninfo.
  return full.size() < sizeof(sockaddr_un::sun_path) && full.find(',') == std::string::npos;
}

}  // namespace

Result<ClusterPlace> find_place(fs::path const& data, std::string const& user) {
  ClusterPlace place;
  std::error_code ec;
  auto const usual = data / "postgres";
  place.pgdata = fs::is_symlink(usual, ec) ? fs::read_symlink(usual, ec) : usual;
  place.log = data / "postgres.log";
  TRY(place.account, find_account(place.pgdata, user));
  bool const is_reachable =
      !place.account.must_switch || fs::is_symlink(usual, ec) || can_enter(place.account, data);
  if (is_reachable) return place;
  if (is_initialised(place.pgdata))
    return data_directory(data, "user " + place.account.name + " cannot enter it any more");
  TRY(place.pgdata, make_outside_place());
  place.link = usual;
  return place;
}

Result<fs::path> find_binaries(fs::path const& given, fs::path const& pgdata) {
  if (!given.empty()) return given;
  std::string wanted;
  std::ifstream(pgdata / "PG_VERSION") >> wanted;
  for (int const version : installed_versions())
    if (wanted.empty() || wanted == std::to_string(version))
      return fs::path("/usr/lib/postgresql") / std::to_string(version) / "bin";
  auto const found = on_path();
  bool const is_another_version = found && !wanted.empty() && is_debian_version(*found);
  if (found && !is_another_version) return *found;
  auto const package = "postgresql" + (wanted.empty() ? "" : "-" + wanted);
  return failure(
      "postgres_missing",
      wanted.empty()
          ? "PostgreSQL is not installed"
          : "PostgreSQL " + wanted + ", which made " + pgdata.string() + ", is not installed",
      "Install it (apt install " + package + "), or name a server with --database."
  );
}

Result<fs::path> socket_directory(ClusterPlace const& place) {
  if (fits_socket_address(place.pgdata)) return place.pgdata;
  auto const name = "ropewalk-" + sha256_hex(place.pgdata.string()).substr(0, 16);
  auto path = fs::path("/tmp") / name;
  auto const& account = place.account;
  if (::mkdir(path.c_str(), 0700) == 0) {
    if (account.must_switch && ::chown(path.c_str(), account.uid, account.gid) != 0)
      return data_directory(path, last_error());
    return path;
  }
  struct stat info {};
  bool const is_ours = ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
                       info.st_uid == account.uid && (info.st_mode & 077) == 0;
  if (!is_ours)
    return data_directory(
        path, "is not a directory of user " + account.name + " alone; it is needed for the socket"
    );
  return path;
}

bool is_initialised(fs::path const& pgdata) {
  std::error_code ec;
  return fs::exists(pgdata / "PG_VERSION", ec);
}

std::optional<pid_t> recorded_postmaster(fs::path const& pgdata) {
  pid_t pid = 0;
  if (std::ifstream(pgdata / "postmaster.pid") >> pid && pid > 1) return pid;
  return std::nullopt;
}

std::string log_tail(fs::path const& log) {
  std::ifstream in(log, std::ios::ate);
  auto const size = static_cast<std::streamoff>(in.tellg());
  in.seekg(std::max<std::streamoff>(size - 1000, 0));
  std::ostringstream text;
  text << in.rdbuf();
  auto tail = text.str();
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  return tail;
}

Result<void> make_owned_directory(fs::path const& path, Account const& account) {
  std::error_code ec;
  fs::remove_all(path, ec);
  if (ec || ::mkdir(path.c_str(), 0700) != 0)
    return data_directory(path, ec ? ec.message() : last_error());
  if (account.must_switch && ::chown(path.c_str(), account.uid, account.gid) != 0)
    return data_directory(path, last_error());
  return boost::system::in_place_value;
}

}  // namespace ropewalk::sql
