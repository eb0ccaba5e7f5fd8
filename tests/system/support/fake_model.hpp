#pragma once
// A provider of models on loopback that speaks OpenAI's Chat Completions and says what a test tells
// it to.

#include "tests/providers/support/scripted_server.hpp"
#include "tests/system/support/socket.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace ropewalk::system_test {

/// One request to the provider.
struct ModelRequest {
  json::object body{};
  std::string idempotency_key{};

  std::string model() const { return text_of(body, "model"); }
  /// "role: content" of each message.
  std::vector<std::string> messages() const;
};

class FakeModel {
 public:
  /// What is said to a request. Called on threads of the server's.
  using Answer = std::function<std::string(ModelRequest const& request)>;
  /// For Answer: says nothing, until the client hangs up.
  static constexpr char const* silence = "\x01silence";

  FakeModel() : server_([this](auto& connection) { serve(connection); }) {}

  /// From now on it answers so, and what came before is forgotten.
  void begin(Answer answer);

  /// A `ropewalk.yaml` that has it as the provider `fake`, its models at 1 dollar a million tokens
  /// of input, 2 of output; `models_file` is where modelsFile will stand.
  std::string config(std::string const& models_file) const;
  static std::string models_text();

  std::vector<ModelRequest> requests() const;
  /// Waits until so many requests have come; false when they do not.
  bool wait_for_requests(std::size_t count) const;
  /// How many requests were left by their client before they had an answer.
  int left_count() const;

  static constexpr int input_tokens = 100;  // that every answer reports
  static constexpr int output_tokens = 50;
  static constexpr double cost_usd = 0.0002;  // of one answer

 private:
  void serve(test::ScriptedConnection& connection);
  void count_left(int round);

  Answer answer_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<ModelRequest> requests_;
  int left_count_ = 0;
  int round_ = 0;                // begin() was called so often
  test::ScriptedServer server_;  // last: it uses the others
};

}  // namespace ropewalk::system_test
