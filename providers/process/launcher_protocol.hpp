#pragma once
// What the server and its launcher say to each other: one packet a message, over a SOCK_SEQPACKET
// pair, file descriptors beside the bytes (SCM_RIGHTS).
//
// Both ends are the same binary, so fixed-size bodies travel as they lie in memory. A spawn whose
// argv and environment do not fit a packet travels in a memfd, so that anything the kernel would
// accept for exec can be sent.

#include "providers/process/file_descriptor.hpp"
#include "providers/process/resource_limits.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

enum class PacketKind : std::uint8_t {
  spawn,  // → launcher: start a child; descriptors: stdout, stderr, its input when has_stdin, and
          // the memfd when payload_is_memfd
  signal,  // → launcher: send a signal to the child's whole group, or to all inside its sandbox
  kill,    // → launcher: SIGKILL the group and every process that carries the child's marker
  sweep,  // → launcher: SIGKILL what carries one of these markers or (as a descendant) holds one of
          // these pipes
  remove,   // → launcher: remove a directory tree, and its parent if that is then empty
  ended,    // ← the child has ended, or could not be started
  removed,  // ← the tree is gone
};

struct PacketHead {
  PacketKind kind{};
  bool payload_is_memfd = false;
  std::uint64_t id = 0;
  bool has_stdin = false;
};

enum class SpawnStage : std::uint8_t { none, fork, group, limits, directory, exec };

/// How a child ended. `spawn_error` is an errno: it never ran.
struct ChildEnd {
  int spawn_error = 0;
  SpawnStage spawn_stage = SpawnStage::none;
  bool is_launcher_lost = false;
  int wait_status = 0;
  std::uint64_t wall_us = 0;
  std::uint64_t user_cpu_us = 0;
  std::uint64_t system_cpu_us = 0;
  std::uint64_t max_rss_bytes = 0;
  std::uint64_t blocks_read = 0;     // of 512 bytes
  std::uint64_t blocks_written = 0;  // of 512 bytes
  Breach breach = Breach::none;      // it was ended for this
  std::uint64_t breach_seen = 0;     // how much it used, in the unit of the limit
  // The kernel ended some process for lack of memory while this child ran: perhaps this one.
  bool memory_ran_out = false;
};

struct SpawnBody {
  std::string program{};    // path that execve gets
  std::string directory{};  // working directory
  std::string marker{};     // value of ROPEWALK_ATTEMPT_KEY in `env`
  std::vector<std::string> argv{};
  std::vector<std::string> env{};
  ResourceLimits limits{};
  std::string group{};  // path of the control group to be made for it; empty: none
  bool is_sandboxed = false;
};

struct SweepBody {
  std::vector<std::string> markers{};
  std::vector<std::string> pipes{};  // "pipe:[12345]", as /proc/<pid>/fd shows them
};

inline constexpr std::string_view marker_variable = "ROPEWALK_ATTEMPT_KEY";
inline constexpr std::size_t packet_bytes_max = 32 * 1024;  // well inside the default socket buffer
inline constexpr int launcher_socket = 3;
inline constexpr char const* launcher_name = "ropewalk-launcher";

std::string encode_head(PacketHead const& head);
/// The head and the body that follows it; nullopt when the packet is too short.
std::optional<PacketHead> decode_head(std::string_view packet, std::string_view& body);

std::string encode(SpawnBody const& body);
std::string encode(SweepBody const& body);
std::string encode(ChildEnd const& end);
std::string encode(std::int32_t number);
std::optional<SpawnBody> decode_spawn(std::string_view body);
std::optional<SweepBody> decode_sweep(std::string_view body);
std::optional<ChildEnd> decode_end(std::string_view body);
std::optional<std::int32_t> decode_number(std::string_view body);

struct Packet {
  std::string bytes{};
  std::vector<FileDescriptor> descriptors{};
};

/// 0, or the errno of sendmsg.
int send_packet(int socket, std::string_view bytes, std::span<FileDescriptor const> descriptors);

enum class Receipt : std::uint8_t { packet, nothing_yet, closed };
/// Never waits.
Receipt receive_packet(int socket, Packet& packet);

/// A memfd that holds `bytes`; not open when the kernel refuses.
FileDescriptor make_memfd(std::string_view bytes);
std::optional<std::string> read_memfd(int fd);

}  // namespace ropewalk
