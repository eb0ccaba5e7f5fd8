#include "providers/http/idle_watch.hpp"

#include <utility>

namespace ropewalk::http {

/// Kept by the timer's handler too, which may be called after the watch has gone.
struct IdleWatch::State {
  explicit State(Executor executor) : timer(executor) {}

  Timer timer;
  ByteStream* stream = nullptr;  // nullptr: nothing is read
  Steady::time_point give_up{};
  bool is_armed = false;
  bool is_late = false;
};

IdleWatch::IdleWatch(Executor executor) : state_(std::make_shared<State>(executor)) {}

IdleWatch::~IdleWatch() {
  state_->stream = nullptr;
  state_->timer.cancel();
}

void IdleWatch::begin(ByteStream& stream, Steady::time_point give_up) {
  state_->stream = &stream;
  state_->give_up = give_up;
  state_->is_late = false;
  // One that is armed for later than this would come too late: a shorter limit, which is rare.
  bool const is_too_late = state_->is_armed && state_->timer.expiry() > give_up;
  if (!state_->is_armed || is_too_late) arm(state_);
}

void IdleWatch::end() {
  state_->stream = nullptr;
}

bool IdleWatch::is_late() const {
  return state_->is_late;
}

void IdleWatch::arm(std::shared_ptr<State> const& state) {
  state->is_armed = true;
  state->timer.expires_at(state->give_up);
  state->timer.async_wait([state](boost::system::error_code ec) {
    if (ec) return;  // armed anew, or gone
    state->is_armed = false;
    if (state->stream == nullptr) return;
    if (Steady::now() < state->give_up) return arm(state);
    state->is_late = true;
    state->stream->cancel();
  });
}

}  // namespace ropewalk::http
