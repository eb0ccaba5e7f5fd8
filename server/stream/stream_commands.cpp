// What a WebSocket client may ask for, and what it is answered.
#include "engine/base/json.hpp"
#include "server/api/start_request.hpp"
#include "server/stream/stream_session.hpp"

#include <algorithm>

namespace ropewalk::server {

void StreamSession::reply(std::string const& text) {
  append_frame(replies_, Opcode::text, text);
  if (parts_.on_frames_sent) parts_.on_frames_sent(1);
  wake_writer_.notify();
}

void StreamSession::reply_error(std::string_view id, Error const& error) {
  reply(error_answer(id, error));
}

Async<> StreamSession::handle(std::string text) {
  auto read = read_message(text);
  if (!read.error.code.empty()) {
    reply_error(read.message.id, read.error);
    co_return;
  }
  auto handled = handle_body(std::move(read.message));
  co_await std::move(handled);
}

Async<> StreamSession::handle_body(ClientMessage message) {
  auto id = std::move(message.id);
  if (std::holds_alternative<PingMessage>(message.body)) {
    reply(to_text(answer("pong", id)));
  } else if (auto* wanted = std::get_if<SubscribeMessage>(&message.body)) {
    co_await subscribe(std::move(id), *wanted, "subscribed");
  } else if (std::holds_alternative<SubscribeAllMessage>(message.body)) {
    subscribe_all(id);
  } else if (auto* ended = std::get_if<UnsubscribeMessage>(&message.body)) {
    unsubscribe(id, ended->subscription);
  } else if (auto* run = std::get_if<RunMessage>(&message.body)) {
    co_await start(std::move(id), std::move(*run));
  } else if (auto* cancel = std::get_if<CancelMessage>(&message.body)) {
    co_await cancel_execution(std::move(id), *cancel);
  }
}

Async<> StreamSession::subscribe(std::string id, SubscribeMessage wanted, std::string answer_type) {
  Error refusal;
  if (by_id_.contains(id) || id == all_id_) {
    refusal.code = "conflict";
    refusal.message = "there is a subscription \"" + id + "\" already";
  } else if (subscriptions_.contains(wanted.execution)) {
    refusal.code = "conflict";
    refusal.message = "this connection is subscribed to that execution already";
    refusal.hint = "unsubscribe first";
  } else if (subscriptions_.size() >= parts_.limits.subscriptions) {
    refusal.code = "overloaded";
    refusal.message =
        "a connection may have " + std::to_string(parts_.limits.subscriptions) + " subscriptions";
    refusal.hint = "unsubscribe from some, or open another connection";
  }
  if (!refusal.code.empty()) {
    reply_error(id, refusal);
    co_return;
  }
  Subscription subscription(id, wanted.execution, wanted.after, wanted.kinds);
  subscriptions_.emplace(wanted.execution, std::move(subscription));
  by_id_[id] = wanted.execution;
  bool const is_live = co_await parts_.hub.watch(wanted.execution, *this);
  auto const place = co_await parts_.backend.place(wanted.execution);
  auto const found = subscriptions_.find(wanted.execution);
  if (found == subscriptions_.end()) co_return;
  auto const last_seq = std::max(place ? place->last_seq : 0, found->second.known());
  if (!place) {
    refusal = place.error();
  } else if (wanted.after > last_seq) {
    refusal = invalid_argument(
        "after is " + std::to_string(wanted.after) + ", but the last event is " +
            std::to_string(last_seq),
        "give the seq of the last event that was seen, or 0"
    );
  }
  if (!refusal.code.empty()) {
    end_subscription(wanted.execution);
    reply_error(id, refusal);
    co_return;
  }
  auto told = answer(answer_type, id);
  told["execution"] = wanted.execution.to_string();
  if (answer_type == "subscribed") told["seq"] = place->last_seq;
  told["live"] = is_live;
  reply(to_text(told));
  found->second.known_until(place->last_seq);
  found->second.follow(parts_.hub.streams_of(wanted.execution), place->has_ended_tasks);
  found->second.is_announced = true;
  make_ready(found->second);
}

void StreamSession::subscribe_all(std::string const& id) {
  if (!all_id_.empty() || by_id_.contains(id)) {
    Error refusal;
    refusal.code = "conflict";
    refusal.message = "this connection is subscribed to that already";
    return reply_error(id, refusal);
  }
  all_id_ = id;
  parts_.hub.watch_all(*this);
  auto told = answer("subscribed", id);
  told["executions"] = "all";
  reply(to_text(told));
}

void StreamSession::unsubscribe(std::string const& id, std::string const& subscription) {
  if (!all_id_.empty() && subscription == all_id_) {
    all_id_.clear();
    parts_.hub.unwatch_all(*this);
    for (auto const& batch : all_queue_) queued_bytes_ -= batch->frames.size();
    all_queue_.clear();
    return reply(to_text(answer("ok", id)));
  }
  auto const found = by_id_.find(subscription);
  if (found == by_id_.end()) {
    Error refusal;
    refusal.code = "not_found";
    refusal.message = "there is no subscription \"" + subscription + "\"";
    return reply_error(id, refusal);
  }
  end_subscription(found->second);
  reply(to_text(answer("ok", id)));
}

Async<> StreamSession::start(std::string id, RunMessage wanted) {
  auto request = read_start_request(std::move(wanted.request));
  if (!request) {
    reply_error(id, request.error());
    co_return;
  }
  auto starting = parts_.backend.start(std::move(*request));
  auto const started = co_await std::move(starting);
  if (!started) {
    reply_error(id, started.error());
    co_return;
  }
  SubscribeMessage all;
  all.execution = started->id;
  auto subscribing = subscribe(std::move(id), all, "accepted");
  co_await std::move(subscribing);
}

Async<> StreamSession::cancel_execution(std::string id, CancelMessage wanted) {
  auto const done = co_await parts_.backend.command(wanted.execution, Command::cancel);
  if (done) {
    reply(to_text(answer("ok", id)));
  } else {
    reply_error(id, done.error());
  }
}

}  // namespace ropewalk::server
