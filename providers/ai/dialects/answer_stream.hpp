#pragma once
// The decoder that all dialects share: finds the JSON objects in a body, whatever its framing, and
// hands them to the dialect's reader.
//
// The framing is taken from the first byte, not from the content type: Server-Sent Events, or JSON
// (a document, lines, an array). Bounded: events of 16 MiB, answers of 256 MiB.

#include "providers/ai/dialect.hpp"
#include "providers/ai/dialects/answer_sink.hpp"

#include <memory>

namespace ropewalk::ai {

/// Understands one dialect's objects: chunks of a stream, or the whole answer as one.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  /// REQUIRES: is_failure(chunk) is false.
  virtual void read(json::object const& chunk, AnswerSink& sink) = 0;
  /// Nothing more comes: finishes the answer when the terminal marker was there, else does nothing.
  virtual void end(AnswerSink& sink) = 0;
};

std::unique_ptr<AnswerDecoder> make_decoder(
    CallContext context,
    HttpHeaders const& head,
    BodyRule rule,
    std::unique_ptr<AnswerReader> reader
);

}  // namespace ropewalk::ai
