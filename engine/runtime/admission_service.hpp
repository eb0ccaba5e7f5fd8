#pragma once
// The pools and concurrency limits of a node, on their home shard, for engines on every shard.
//
// Engines ask and are answered by messages; on the home shard itself they are carried at once.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/schedule/admission.hpp"
#include "engine/schedule/execution_limits.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ropewalk {

/// How an engine is reached. Its functions are called on its own shard.
struct AdmissionClient {
  Executor executor;
  std::function<void(std::vector<RequestId> slots)> granted{};
  std::function<void(RequestId slot, Error error)> refused{};
  std::function<void(ExecutionId execution)> place_free{};
  std::function<void(ExecutionId execution)> cancel{};  // has to make room (cancelOldest)
};

class AdmissionService {
 public:
  /// `pools`: capacity by name; cpu in thousandths of a core, memory in bytes, the others in slots.
  /// `shards_count` says which client an execution belongs to (ExecutionId::shard).
  AdmissionService(
      Executor home, std::map<std::string, std::uint64_t> pools, std::uint32_t shards_count
  );

  // Any shard. Requests of an engine carry its shard number in their upper bits (request_base).
  static RequestId request_base(std::uint32_t shard) { return (RequestId{shard} << 48) + 1; }
  void attach(std::uint32_t shard, AdmissionClient client);
  /// Everything that the shard's engine holds or waits for is given back; returns when no call to
  /// the client is under way any more.
  Async<> detach(std::uint32_t shard);
  void ask(std::uint32_t shard, std::vector<SlotRequest> requests, std::vector<RequestId> returned);
  Async<EnterResult> enter(EnterRequest request);
  void leave(ExecutionId execution);

  /// [{"name","capacity","used","waiting","holders":[{"execution","task","amount"}]}]
  Async<std::vector<PoolState>> describe_pools();
  /// Errors: not_found. A lower capacity takes effect as slots come back.
  Async<Result<>> set_capacity(std::string pool, std::uint64_t capacity);
  Async<std::optional<WaitReason>> explain(RequestId slot);
  Async<std::optional<ExecutionLimits::Position>> explain_place(ExecutionId execution);

 private:
  // On the home shard.
  void serve(
      std::uint32_t shard, std::vector<SlotRequest> requests, std::vector<RequestId> const& returned
  );
  void grant();
  template <class Call>
  void tell(std::uint32_t shard, Call call);

  Executor home_;
  std::uint32_t shards_count_;
  Admission admission_;
  ExecutionLimits limits_;
  std::map<std::uint32_t, std::shared_ptr<AdmissionClient const>> clients_;
  std::map<std::uint32_t, std::set<RequestId>> open_;  // what each shard holds or waits for
  std::set<ExecutionId> places_;
};

}  // namespace ropewalk
