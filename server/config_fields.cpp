// The table of configuration fields: the one place where a name, a flag, a variable and a default
// meet.
#include "server/config.hpp"

namespace ropewalk::server {
namespace {

using Words = std::vector<std::string_view>;

ConfigField field(
    std::string_view name,
    std::string_view flag,
    std::string_view env,
    ConfigKind kind,
    ConfigSlot (*slot)(Config&),
    std::string_view help,
    std::uint64_t least = 0,
    Words words = {}
) {
  ConfigField out;
  out.name = name;
  out.flag = flag;
  out.env = env;
  out.kind = kind;
  out.slot = slot;
  out.help = help;
  out.least = least;
  out.words = std::move(words);
  out.secret = name == "database";
  return out;
}

#define ROPEWALK_SLOT(member) [](Config& c) -> ConfigSlot { return &c.member; }

std::vector<ConfigField> main_fields() {
  using enum ConfigKind;
  return {
      field(
          "listen",
          "--listen",
          "ROPEWALK_LISTEN",
          text,
          ROPEWALK_SLOT(listen),
          "where to listen: HOST:PORT, or unix:PATH"
      ),
      field(
          "database",
          "--database",
          "ROPEWALK_DATABASE",
          text,
          ROPEWALK_SLOT(database),
          "PostgreSQL connection string; empty: a private cluster in the data directory"
      ),
      field("data", "--data", "ROPEWALK_DATA", text, ROPEWALK_SLOT(data), "the data directory"),
      field(
          "pools",
          "--pools",
          "ROPEWALK_POOLS",
          pools,
          ROPEWALK_SLOT(pools),
          "slots by pool: default=64,gpu=2; cpu and memory come from the machine unless set"
      ),
      field(
          "shards",
          "--shards",
          "ROPEWALK_SHARDS",
          integer,
          ROPEWALK_SLOT(shards),
          "threads that run executions; 0: one a core"
      ),
      field(
          "grace",
          "--grace",
          "ROPEWALK_GRACE",
          duration,
          ROPEWALK_SLOT(grace),
          "how long running attempts may take to end when the server stops"
      ),
      field(
          "processGrace",
          "--process-grace",
          "ROPEWALK_PROCESS_GRACE",
          duration,
          ROPEWALK_SLOT(process_grace),
          "between SIGTERM and SIGKILL for a cancelled process"
      ),
      field(
          "lease",
          "--lease",
          "ROPEWALK_LEASE",
          duration,
          ROPEWALK_SLOT(lease),
          "after this long without a sign of life another node takes over"
      ),
      field(
          "retention",
          "--retention",
          "ROPEWALK_RETENTION",
          duration,
          ROPEWALK_SLOT(retention),
          "ended executions older than this are removed; 0s: never"
      ),
      field(
          "logLevel",
          "--log-level",
          "ROPEWALK_LOG_LEVEL",
          text,
          ROPEWALK_SLOT(log_level),
          "what the server logs",
          0,
          Words{"debug", "info", "warn", "error"}
      ),
      field(
          "logFormat",
          "--log-format",
          "ROPEWALK_LOG_FORMAT",
          text,
          ROPEWALK_SLOT(log_format),
          "auto: text on a terminal, else json",
          0,
          Words{"auto", "json", "text"}
      ),
      field(
          "allowedHosts",
          "--allowed-hosts",
          "ROPEWALK_ALLOWED_HOSTS",
          list,
          ROPEWALK_SLOT(allowed_hosts),
          "further names in the Host header that are answered"
      ),
      field(
          "allowedOrigins",
          "--allowed-origins",
          "ROPEWALK_ALLOWED_ORIGINS",
          list,
          ROPEWALK_SLOT(allowed_origins),
          "further web origins that may call: https://ui.example"
      ),
      field(
          "passEnv",
          "--pass-env",
          "ROPEWALK_PASS_ENV",
          list,
          ROPEWALK_SLOT(pass_env),
          "the server's environment variables that tasks may see"
      ),
  };
}

std::vector<ConfigField> limit_fields() {
  using enum ConfigKind;
  return {
      field(
          "limits.requestBytes",
          "--limits-request-bytes",
          "ROPEWALK_LIMITS_REQUEST_BYTES",
          size,
          ROPEWALK_SLOT(limits.request_bytes),
          "body of a request",
          1024
      ),
      field(
          "limits.headerBytes",
          "--limits-header-bytes",
          "ROPEWALK_LIMITS_HEADER_BYTES",
          size,
          ROPEWALK_SLOT(limits.header_bytes),
          "header of a request",
          1024
      ),
      field(
          "limits.workflowBytes",
          "--limits-workflow-bytes",
          "ROPEWALK_LIMITS_WORKFLOW_BYTES",
          size,
          ROPEWALK_SLOT(limits.workflow_bytes),
          "text of a workflow",
          1024
      ),
      field(
          "limits.tasks",
          "--limits-tasks",
          "ROPEWALK_LIMITS_TASKS",
          integer,
          ROPEWALK_SLOT(limits.tasks),
          "tasks of a workflow",
          1
      ),
      field(
          "limits.depth",
          "--limits-depth",
          "ROPEWALK_LIMITS_DEPTH",
          integer,
          ROPEWALK_SLOT(limits.depth),
          "nesting of a document",
          4
      ),
      field(
          "limits.inputBytes",
          "--limits-input-bytes",
          "ROPEWALK_LIMITS_INPUT_BYTES",
          size,
          ROPEWALK_SLOT(limits.input_bytes),
          "inputs of an execution",
          2
      ),
      field(
          "limits.outputBytes",
          "--limits-output-bytes",
          "ROPEWALK_LIMITS_OUTPUT_BYTES",
          size,
          ROPEWALK_SLOT(limits.output_bytes),
          "output of a task",
          2
      ),
      field(
          "limits.logBytes",
          "--limits-log-bytes",
          "ROPEWALK_LIMITS_LOG_BYTES",
          size,
          ROPEWALK_SLOT(limits.log_bytes),
          "log of a task; the rest is cut and marked",
          1024
      ),
      field(
          "limits.connections",
          "--limits-connections",
          "ROPEWALK_LIMITS_CONNECTIONS",
          integer,
          ROPEWALK_SLOT(limits.connections),
          "connections at once",
          1
      ),
      field(
          "limits.subscriptions",
          "--limits-subscriptions",
          "ROPEWALK_LIMITS_SUBSCRIPTIONS",
          integer,
          ROPEWALK_SLOT(limits.subscriptions),
          "subscriptions of a WebSocket",
          1
      ),
      field(
          "limits.frameBytes",
          "--limits-frame-bytes",
          "ROPEWALK_LIMITS_FRAME_BYTES",
          size,
          ROPEWALK_SLOT(limits.frame_bytes),
          "a message from a WebSocket client",
          256
      ),
      field(
          "limits.sendBytes",
          "--limits-send-bytes",
          "ROPEWALK_LIMITS_SEND_BYTES",
          size,
          ROPEWALK_SLOT(limits.send_bytes),
          "waiting for a WebSocket client to read",
          4096
      ),
      field(
          "limits.headerTimeout",
          "--limits-header-timeout",
          "ROPEWALK_LIMITS_HEADER_TIMEOUT",
          duration,
          ROPEWALK_SLOT(limits.header_timeout),
          "for a request's header to arrive",
          1
      ),
      field(
          "limits.requestTimeout",
          "--limits-request-timeout",
          "ROPEWALK_LIMITS_REQUEST_TIMEOUT",
          duration,
          ROPEWALK_SLOT(limits.request_timeout),
          "for a request's body to arrive, and for an answer to leave",
          1
      ),
      field(
          "limits.idleTimeout",
          "--limits-idle-timeout",
          "ROPEWALK_LIMITS_IDLE_TIMEOUT",
          duration,
          ROPEWALK_SLOT(limits.idle_timeout),
          "a connection without a request",
          1
      ),
      field(
          "limits.waitMax",
          "--limits-wait-max",
          "ROPEWALK_LIMITS_WAIT_MAX",
          duration,
          ROPEWALK_SLOT(limits.wait_max),
          "the longest `Prefer: wait`",
          1
      ),
  };
}

}  // namespace

std::vector<ConfigField> const& config_fields() {
  static std::vector<ConfigField> const fields = [] {
    auto out = main_fields();
    for (auto& limit : limit_fields()) out.push_back(std::move(limit));
    return out;
  }();
  return fields;
}

}  // namespace ropewalk::server
