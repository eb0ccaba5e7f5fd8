// The table of configuration fields: where a name, a flag, a variable and a help meet.
#include "server/config.hpp"

namespace ropewalk::server {
namespace {

struct Row {
  std::string_view name{};
  std::string_view flag{};
  std::string_view env{};
  ConfigKind kind = ConfigKind::text;
  ConfigSlot (*slot)(Config&) = nullptr;
  std::string_view help{};
  std::uint64_t least = 0;
  std::string_view words{};  // with '|' between them
};

using enum ConfigKind;

#define ROPEWALK_SLOT(member) [](Config& c) -> ConfigSlot { return &c.member; }

// clang-format off
constexpr Row rows[] = {
  {"listen", "--listen", "ROPEWALK_LISTEN", text, ROPEWALK_SLOT(listen),
   "where to listen: HOST:PORT, or unix:PATH"},
  {"database", "--database", "ROPEWALK_DATABASE", text, ROPEWALK_SLOT(database),
   "PostgreSQL connection string; empty: a private cluster in the data directory"},
  {"data", "--data", "ROPEWALK_DATA", text, ROPEWALK_SLOT(data), "the data directory"},
  {"pools", "--pools", "ROPEWALK_POOLS", pools, ROPEWALK_SLOT(pools),
   "slots by pool: default=64,gpu=2; cpu and memory come from the machine unless set"},
  {"shards", "--shards", "ROPEWALK_SHARDS", integer, ROPEWALK_SLOT(shards),
   "threads that run executions; 0: one a core"},
  {"grace", "--grace", "ROPEWALK_GRACE", duration, ROPEWALK_SLOT(grace),
   "how long running attempts may take to end when the server stops"},
  {"processGrace", "--process-grace", "ROPEWALK_PROCESS_GRACE", duration,
   ROPEWALK_SLOT(process_grace), "between SIGTERM and SIGKILL for a cancelled process"},
  {"lease", "--lease", "ROPEWALK_LEASE", duration, ROPEWALK_SLOT(lease),
   "after this long without a sign of life another node takes over", 1},
  {"retention", "--retention", "ROPEWALK_RETENTION", duration, ROPEWALK_SLOT(retention),
   "ended executions older than this are removed; 0s: never"},
  {"logLevel", "--log-level", "ROPEWALK_LOG_LEVEL", text, ROPEWALK_SLOT(log_level),
   "what the server logs", 0, "debug|info|warn|error"},
  {"logFormat", "--log-format", "ROPEWALK_LOG_FORMAT", text, ROPEWALK_SLOT(log_format),
   "auto: text on a terminal, else json", 0, "auto|json|text"},
  {"allowedHosts", "--allowed-hosts", "ROPEWALK_ALLOWED_HOSTS", list, ROPEWALK_SLOT(allowed_hosts),
   "further names in the Host header that are answered"},
  {"allowedOrigins", "--allowed-origins", "ROPEWALK_ALLOWED_ORIGINS", list,
   ROPEWALK_SLOT(allowed_origins), "further web origins that may call: https://ui.example"},
  {"passEnv", "--pass-env", "ROPEWALK_PASS_ENV", list, ROPEWALK_SLOT(pass_env),
   "the server's environment variables that tasks may see"},
  {"modelsFile", "--models-file", "ROPEWALK_MODELS_FILE", text, ROPEWALK_SLOT(models_file),
   "a file of prices and context windows of models, over the built-in ones"},
  {"record", "--record", "ROPEWALK_RECORD", text, ROPEWALK_SLOT(record),
   "a folder to which every exchange with a model is written"},
  {"replay", "--replay", "ROPEWALK_REPLAY", text, ROPEWALK_SLOT(replay),
   "a folder of recorded exchanges: models are answered from it, never called"},
  {"replaySpeed", "--replay-speed", "ROPEWALK_REPLAY_SPEED", text, ROPEWALK_SLOT(replay_speed),
   "how quickly recorded answers come", 0, "instant|recorded"},
  {"http.allow", "--http-allow", "ROPEWALK_HTTP_ALLOW", list, ROPEWALK_SLOT(http_allow),
   "addresses and networks beside the public internet that tasks may call: 10.1.2.0/24"},
  {"secretsKeyFile", "--secrets-key-file", "ROPEWALK_SECRETS_KEY_FILE", text,
   ROPEWALK_SLOT(secrets_key_file),
   "the keys of the secrets in the database; empty: secrets.key in the data directory"},
  {"limits.requestBytes", "--limits-request-bytes", "ROPEWALK_LIMITS_REQUEST_BYTES", size,
   ROPEWALK_SLOT(limits.request_bytes), "body of a request", 1024},
  {"limits.bodiesBytes", "--limits-bodies-bytes", "ROPEWALK_LIMITS_BODIES_BYTES", size,
   ROPEWALK_SLOT(limits.bodies_bytes), "bodies of all requests together", 1024 * 1024},
  {"limits.headerBytes", "--limits-header-bytes", "ROPEWALK_LIMITS_HEADER_BYTES", size,
   ROPEWALK_SLOT(limits.header_bytes), "header of a request", 1024},
  {"limits.workflowBytes", "--limits-workflow-bytes", "ROPEWALK_LIMITS_WORKFLOW_BYTES", size,
   ROPEWALK_SLOT(limits.workflow_bytes), "text of a workflow", 1024},
  {"limits.tasks", "--limits-tasks", "ROPEWALK_LIMITS_TASKS", integer,
   ROPEWALK_SLOT(limits.tasks), "tasks of a workflow", 1},
  {"limits.depth", "--limits-depth", "ROPEWALK_LIMITS_DEPTH", integer,
   ROPEWALK_SLOT(limits.depth), "nesting of a document", 4},
  {"limits.inputBytes", "--limits-input-bytes", "ROPEWALK_LIMITS_INPUT_BYTES", size,
   ROPEWALK_SLOT(limits.input_bytes), "inputs of an execution", 2},
  {"limits.outputBytes", "--limits-output-bytes", "ROPEWALK_LIMITS_OUTPUT_BYTES", size,
   ROPEWALK_SLOT(limits.output_bytes), "output of a task", 2},
  {"limits.logBytes", "--limits-log-bytes", "ROPEWALK_LIMITS_LOG_BYTES", size,
   ROPEWALK_SLOT(limits.log_bytes), "log of a task; the rest is cut and marked", 1024},
  {"limits.streamBytes", "--limits-stream-bytes", "ROPEWALK_LIMITS_STREAM_BYTES", size,
   ROPEWALK_SLOT(limits.stream_bytes), "text of a task that live watchers are shown", 1024},
  {"limits.taskOutputBytes", "--limits-task-output-bytes", "ROPEWALK_LIMITS_TASK_OUTPUT_BYTES",
   size, ROPEWALK_SLOT(limits.task_output_bytes),
   "what an attempt may print to one stream, kept or not", 1024},
  {"limits.taskMemory", "--limits-task-memory", "ROPEWALK_LIMITS_TASK_MEMORY", size,
   ROPEWALK_SLOT(limits.task_memory), "memory of an attempt; 0: as its task says"},
  {"limits.taskProcesses", "--limits-task-processes", "ROPEWALK_LIMITS_TASK_PROCESSES", integer,
   ROPEWALK_SLOT(limits.task_processes),
   "processes and threads of an attempt; 0: as its task says"},
  {"limits.taskFileBytes", "--limits-task-file-bytes", "ROPEWALK_LIMITS_TASK_FILE_BYTES", size,
   ROPEWALK_SLOT(limits.task_file_bytes), "a file that an attempt writes; 0: as its task says"},
  {"limits.artifactFiles", "--limits-artifact-files", "ROPEWALK_LIMITS_ARTIFACT_FILES", integer,
   ROPEWALK_SLOT(limits.artifact_files), "files that a task keeps", 1},
  {"limits.artifactBytes", "--limits-artifact-bytes", "ROPEWALK_LIMITS_ARTIFACT_BYTES", size,
   ROPEWALK_SLOT(limits.artifact_bytes), "files that a task keeps, together", 1024},
  {"limits.warmProcesses", "--limits-warm-processes", "ROPEWALK_LIMITS_WARM_PROCESSES", integer,
   ROPEWALK_SLOT(limits.warm_processes), "interpreters of a kind that wait for scripts, a shard"},
  {"limits.packageBytes", "--limits-package-bytes", "ROPEWALK_LIMITS_PACKAGE_BYTES", size,
   ROPEWALK_SLOT(limits.package_bytes), "libraries that are kept for scripts; 0: any size"},
  {"limits.installTime", "--limits-install-time", "ROPEWALK_LIMITS_INSTALL_TIME", duration,
   ROPEWALK_SLOT(limits.install_time), "for libraries of a script to be installed", 1},
  {"limits.connections", "--limits-connections", "ROPEWALK_LIMITS_CONNECTIONS", integer,
   ROPEWALK_SLOT(limits.connections), "connections at once", 1},
  {"limits.subscriptions", "--limits-subscriptions", "ROPEWALK_LIMITS_SUBSCRIPTIONS", integer,
   ROPEWALK_SLOT(limits.subscriptions), "subscriptions of a WebSocket", 1},
  {"limits.frameBytes", "--limits-frame-bytes", "ROPEWALK_LIMITS_FRAME_BYTES", size,
   ROPEWALK_SLOT(limits.frame_bytes), "a message from a WebSocket client", 256},
  {"limits.sendBytes", "--limits-send-bytes", "ROPEWALK_LIMITS_SEND_BYTES", size,
   ROPEWALK_SLOT(limits.send_bytes), "events that wait for a WebSocket client to read", 4096},
  {"limits.headerTimeout", "--limits-header-timeout", "ROPEWALK_LIMITS_HEADER_TIMEOUT", duration,
   ROPEWALK_SLOT(limits.header_timeout), "for a request's header to arrive", 1},
  {"limits.requestTimeout", "--limits-request-timeout", "ROPEWALK_LIMITS_REQUEST_TIMEOUT", duration,
   ROPEWALK_SLOT(limits.request_timeout), "for a request's body to arrive, an answer to leave", 1},
  {"limits.idleTimeout", "--limits-idle-timeout", "ROPEWALK_LIMITS_IDLE_TIMEOUT", duration,
   ROPEWALK_SLOT(limits.idle_timeout), "a connection without a request", 1},
  {"limits.waitMax", "--limits-wait-max", "ROPEWALK_LIMITS_WAIT_MAX", duration,
   ROPEWALK_SLOT(limits.wait_max), "the longest `Prefer: wait`", 1},
};
// clang-format on

ConfigField to_field(Row const& row) {
  ConfigField out{row.name, row.flag, row.env, row.kind, row.help, row.slot};
  for (auto words = row.words; !words.empty();) {
    auto const end = words.find('|');
    out.words.push_back(words.substr(0, end));
    words = end == words.npos ? std::string_view{} : words.substr(end + 1);
  }
  out.least = row.least;
  if (row.name == "database") {
    out.secret = true;
    out.flag_alias = "--database-url";
    out.env_alias = "ROPEWALK_DATABASE_URL";
  }
  return out;
}

}  // namespace

std::vector<ConfigField> const& config_fields() {
  static std::vector<ConfigField> const fields = [] {
    std::vector<ConfigField> out;
    for (auto const& row : rows) out.push_back(to_field(row));
    return out;
  }();
  return fields;
}

}  // namespace ropewalk::server
