#pragma once
// Bodies of the simulation's answers, in the chunked coding: an end can be told from a cut.
//
// That alone is not enough: after `Connection: close` some clients (Node's fetch) take whatever
// came for the whole. So that header is left out where a cut will come, and the connection is
// reset.

#include "server/http/body_stream.hpp"
#include "server/sim/openai_answer.hpp"
#include "server/sim/sim_exchange.hpp"

#include <memory>
#include <string>

namespace ropewalk::server {

/// `bytes` as one chunk; nothing for nothing.
std::string chunk_of(std::string_view bytes);

/// An answer as Server-Sent Events, while it comes.
class SimStreamBody final : public BodyStream {
 public:
  SimStreamBody(std::unique_ptr<SimCall> call, OpenAiStream form, bool will_break)
      : call_(std::move(call)), form_(std::move(form)), will_break_(will_break) {}
  Async<std::string> next() override;
  bool will_break() const override { return will_break_; }
  bool is_cut() const override { return !is_complete_; }

 private:
  std::unique_ptr<SimCall> call_;
  OpenAiStream form_;
  bool will_break_;
  bool has_ended_ = false;
  bool is_complete_ = false;
};

/// The beginning of a body whose rest never comes.
class SimCutBody final : public BodyStream {
 public:
  explicit SimCutBody(std::string_view beginning) : chunk_(chunk_of(beginning)) {}
  Async<std::string> next() override;
  bool will_break() const override { return true; }
  bool is_cut() const override { return true; }

 private:
  std::string chunk_;
};

/// A response with that body.
Response chunked_response(std::string content_type, std::shared_ptr<BodyStream> body);

}  // namespace ropewalk::server
