#pragma once
// What the server is told to do: from a file, the environment and flags, in that order of rising
// strength.
//
// One table of fields (config_fields) drives reading, flags, help, `ropewalk config` and the
// documentation. Any thread: plain values.

#include "engine/base/time.hpp"
#include "engine/model/problem.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ropewalk::server {

/// How much of everything is accepted. Sizes are bytes.
struct Limits {
  std::uint64_t request_bytes = 128 * 1024 * 1024;
  std::uint64_t bodies_bytes = 1024 * 1024 * 1024;  // of all requests that are being read
  std::uint64_t header_bytes = 16 * 1024;
  std::uint64_t workflow_bytes = 256 * 1024 * 1024;
  std::uint64_t tasks = 1'000'000;
  std::uint64_t depth = 32;
  std::uint64_t input_bytes = 1024 * 1024;
  std::uint64_t output_bytes = 1024 * 1024;
  std::uint64_t log_bytes = 16 * 1024 * 1024;    // of one task
  std::uint64_t stream_bytes = 4 * 1024 * 1024;  // streamed text, of a channel of an attempt
  std::uint64_t task_output_bytes = 1024 * 1024 * 1024;  // of an output stream of an attempt
  std::uint64_t task_memory = 0;                         // of an attempt; 0: what it says itself
  std::uint64_t task_processes = 0;                      // of an attempt; 0: what it says itself
  std::uint64_t task_file_bytes = 0;    // of a file of an attempt; 0: what it says itself
  std::uint64_t artifact_files = 1000;  // that a task keeps
  std::uint64_t artifact_bytes = 1024 * 1024 * 1024;         // that a task keeps
  std::uint64_t warm_processes = 2;                          // of an interpreter, in a shard
  std::uint64_t package_bytes = 10ULL * 1024 * 1024 * 1024;  // installed for scripts, together
  std::uint64_t connections = 10'000;
  std::uint64_t subscriptions = 1'000;     // of one WebSocket
  std::uint64_t frame_bytes = 64 * 1024;   // of one message from a WebSocket client
  std::uint64_t send_bytes = 1024 * 1024;  // waiting to be sent to one WebSocket client
  Duration header_timeout = std::chrono::seconds(10);
  Duration request_timeout =
      std::chrono::seconds(30);  // for the body to arrive, and for an answer to leave
  Duration idle_timeout = std::chrono::seconds(75);
  Duration install_time = std::chrono::minutes(10);  // of libraries for a script
  Duration wait_max = std::chrono::minutes(10);      // of `Prefer: wait`
};

/// Where a secret is: exactly one of the two.
struct SecretPlace {
  std::string env{};   // a variable of the server's environment
  std::string file{};  // a path
};

struct Config {
  std::string listen = "127.0.0.1:8400";  // HOST:PORT or unix:PATH
  std::string database{};  // a libpq connection string; empty: the private cluster in `data`
  std::string data = ".ropewalk";
  std::map<std::string, std::uint64_t> pools{
      {"default", 64}};      // cpu in thousandths, memory in bytes, others in slots
  std::uint64_t shards = 0;  // 0: one a core
  Duration grace = std::chrono::seconds(30);
  Duration process_grace = std::chrono::seconds(5);
  Duration lease = std::chrono::seconds(10);
  Duration retention{};  // 0: everything is kept
  std::string log_level = "info";
  std::string log_format = "auto";  // auto: text on a terminal, else json
  std::vector<std::string> allowed_hosts{};
  std::vector<std::string> allowed_origins{};
  std::vector<std::string> pass_env{};
  std::string models_file{};  // prices and windows of models, over the built-in ones
  std::string record{};       // a folder: every exchange with a model is written there
  std::string replay{};       // a folder: models are not called, answers come from there
  std::string replay_speed = "instant";
  std::vector<std::string> http_allow{};         // addresses and networks that tasks may call
  std::map<std::string, SecretPlace> secrets{};  // by name
  std::string secrets_key_file{};                // empty: DATA/secrets.key
  boost::json::object providers{};               // as it was written; checked (ai::read_providers)
  Limits limits{};
};

enum class ConfigKind : unsigned char { text, integer, size, duration, list, pools };
using ConfigSlot = std::variant<
    std::string*,
    std::uint64_t*,
    Duration*,
    std::vector<std::string>*,
    std::map<std::string, std::uint64_t>*>;

struct ConfigField {
  std::string_view name{};  // as in the file; dots lead into sections: "limits.requestBytes"
  std::string_view flag{};  // "--limits-request-bytes"
  std::string_view env{};   // "ROPEWALK_LIMITS_REQUEST_BYTES"
  ConfigKind kind = ConfigKind::text;
  std::string_view help{};
  ConfigSlot (*slot)(Config&) = nullptr;
  std::vector<std::string_view> words{};  // text: the words that it may be; empty: any
  std::uint64_t least = 0;                // integer and size
  bool secret = false;
  std::string_view flag_alias{};  // another name for the flag and the variable; empty: none
  std::string_view env_alias{};
};

std::vector<ConfigField> const& config_fields();

struct ConfigSources {
  std::string file{};  // its path, for messages; empty: no file
  std::string file_text{};
  std::map<std::string, std::string> environment{};  // everything; only ROPEWALK_… is looked at
  std::map<std::string, std::string> flags{};        // by field name, as text
};

struct LoadedConfig {
  Config config{};
  std::vector<Problem>
      problems{};  // all of them; the configuration is not to be used when there are any
  std::map<std::string, std::string>
      origins{};  // by field name: "default", "file", "environment" or "flag"
};

LoadedConfig load_config(ConfigSources const& sources);

/// Reads `text` into the field. Errors: invalid_value, with the mend as hint.
Result<> set_field(Config& config, ConfigField const& field, std::string_view text);
/// The field's value as text that set_field reads; secrets masked.
std::string show_field(Config const& config, ConfigField const& field);
/// The whole configuration as nested JSON, secrets masked.
boost::json::object to_json(Config const& config);

/// A connection string without its password, to be shown.
std::string mask_password(std::string_view database);

}  // namespace ropewalk::server
