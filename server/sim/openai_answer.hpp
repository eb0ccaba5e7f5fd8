#pragma once
// What the simulation says, in the form of OpenAI's Chat Completions: pieces of a stream, whole
// answers, errors and the list of models. Pure.

#include "providers/ai/model_client.hpp"
#include "server/http/message.hpp"

#include <cstdint>
#include <string>

namespace ropewalk::server {

namespace json = boost::json;

/// Makes the Server-Sent Events of one answer.
class OpenAiStream {
 public:
  /// `created`: seconds since 1970. `with_usage`: tokens are told in a piece of their own.
  OpenAiStream(std::int64_t created, bool with_usage)
      : created_(created), with_usage_(with_usage) {}

  /// Appends what is sent for the event. A cut is told by silence (is_cut).
  void add(ai::ChatEvent const& event, std::string& out);

 private:
  json::object piece(json::object delta) const;
  void add_piece(json::object const& piece, std::string& out) const;
  void add_finish(ai::ChatFinish const& finish, std::string& out) const;

  std::int64_t created_;
  bool with_usage_;
  std::string id_;
  std::string model_;
  ai::ChatUsage usage_;
};

/// Of an answer that is not streamed.
json::object openai_completion(ai::ChatAnswer const& answer, std::int64_t created);

/// The connection was lost, as far as a client can see: there is nothing to say about it.
bool is_cut(Error const& error);

/// An error of the simulation as a response, with its status and headers.
Response openai_error(Error const& error);
/// A problem of the front (no such path, too large, …) in the same form; others are left alone.
void make_openai_error(Response& response);

/// {"object":"list","data":[…]}, each labelled as a simulation.
json::object openai_models(std::int64_t created);
/// Errors: not_found.
Result<json::object> openai_model(std::string_view name, std::int64_t created);

}  // namespace ropewalk::server
