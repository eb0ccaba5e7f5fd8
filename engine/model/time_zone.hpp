#pragma once
// Time zones of the IANA database: what clocks on walls show, and when they show it.
//
// Any thread: values that share immutable data.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cctz {
class time_zone;  // NOLINT(readability-identifier-naming): cctz's name
}

namespace ropewalk {

class TimeZone {
 public:
  /// "UTC", a fixed offset ("+02:00", "-02:30", "02:00"), or a name of the database
  /// ("Europe/Berlin").
  static std::optional<TimeZone> find(std::string_view name);
  static TimeZone utc();

  std::string const& name() const { return name_; }
  /// Seconds east of UTC.
  std::chrono::seconds offset(std::chrono::sys_seconds at) const;
  std::chrono::local_seconds to_local(std::chrono::sys_seconds at) const;
  /// When the clocks show `local`. Where they show it twice: the first time. Where they jump over
  /// it: as long after the jump as it lies behind the jump's beginning (02:30 becomes 03:30).
  std::chrono::sys_seconds to_sys(std::chrono::local_seconds local) const;

 private:
  explicit TimeZone(std::string name) : name_(std::move(name)) {}

  std::string name_;
  std::chrono::seconds fixed_{0};
  std::shared_ptr<cctz::time_zone const> zone_{};  // null: a fixed offset
};

}  // namespace ropewalk
