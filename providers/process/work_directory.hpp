#pragma once
// The folder of one attempt: <root>/<execution>/<task>.<attempt>, made fresh and removed
// afterwards.

#include "engine/base/error.hpp"
#include "providers/process/launcher.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk {

inline constexpr std::string_view context_file_name = "context.json";  // $ROPEWALK_CONTEXT
inline constexpr std::string_view output_file_name = "output.json";    // $ROPEWALK_OUTPUT

class WorkDirectory {
 public:
  /// Errors: disk_full (resource), work_directory (transient: the data directory cannot be
  /// written).
  static Result<WorkDirectory> create(
      Launcher& launcher,
      std::string const& root,
      std::string const& execution,
      std::string_view task,
      std::uint32_t attempt
  );

  WorkDirectory(WorkDirectory&& other) noexcept;
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  /// Removes the folder: at once when it holds only our own files, else through the launcher, in
  /// the background.
  ~WorkDirectory();

  std::string const& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// Errors: as create().
  Result<std::string> make_folder(std::string_view name);
  /// Errors: as create().
  Result<> write(std::string_view name, std::string_view content);

 private:
  WorkDirectory(Launcher& launcher, std::string parent, std::string path)
      : launcher_(&launcher), parent_(std::move(parent)), path_(std::move(path)) {}

  Launcher* launcher_;
  std::string parent_;
  std::string path_;
  std::vector<std::string> written_{};
};

/// Empties `root` at the start of the server, before any attempt: what a killed server left behind.
/// May take long.
void clear_work_root(std::string const& root);

}  // namespace ropewalk
