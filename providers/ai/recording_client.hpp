#pragma once
// Calls to models kept in files, and answered from them: tests and work on the page cost nothing.
//
// A file holds the request, the events with their times and the outcome, as JSON to be read and
// kept in git. There is no key in it: a request has none.
//
// Owner: one client a shard; the directory is shared by all of them.
// Shard: all calls on one shard; files are touched through RunBlocking only.

#include "providers/ai/exchange_directory.hpp"
#include "providers/ai/model_client.hpp"

#include <functional>
#include <memory>
#include <string>

namespace ropewalk::ai {

/// Runs `work` where blocking does no harm, then resumes the caller on its own shard. Not cut short
/// by cancellation.
using RunBlocking = std::function<Async<>(std::function<void()> work)>;

/// Carries calls out by another client and keeps each in a file. Calls that were cancelled are not
/// kept. When a file cannot be written the call fails (recording_failed): half a recording would be
/// found out much later.
class RecordingClient final : public ModelClient {
 public:
  /// `inner` outlives the client. `provider` as models are written: provider/model.
  RecordingClient(
      std::string provider,
      ModelClient& inner,
      std::shared_ptr<ExchangeDirectory> directory,
      RunBlocking run_blocking
  );
  Async<ChatOutcome> call(ChatRequest const& request, ChatListener const& listener) override;

 private:
  std::string provider_;
  ModelClient& inner_;
  std::shared_ptr<ExchangeDirectory> directory_;
  RunBlocking run_blocking_;
};

enum class ReplaySpeed : unsigned char { instant, as_recorded };

/// Answers from files. Errors: replay_missing (permanent: this question was not recorded),
/// replay_failed, invalid_record, and those that were recorded.
class ReplayClient final : public ModelClient {
 public:
  ReplayClient(
      std::string provider,
      std::shared_ptr<ExchangeDirectory> directory,
      RunBlocking run_blocking,
      ReplaySpeed speed = ReplaySpeed::instant
  );
  Async<ChatOutcome> call(ChatRequest const& request, ChatListener const& listener) override;

 private:
  std::string provider_;
  std::shared_ptr<ExchangeDirectory> directory_;
  RunBlocking run_blocking_;
  ReplaySpeed speed_;
};

}  // namespace ropewalk::ai
