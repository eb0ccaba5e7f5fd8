#include "providers/process/warm_pool.hpp"

#include "engine/base/json.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace ropewalk {
namespace {

constexpr std::size_t interpreters_max = 4;
constexpr std::size_t order_bytes_max = 64 * 1024;  // what a socket takes at once

// Both read exactly their order from descriptor 0: what follows is the script's to read.
constexpr std::string_view python_code = R"(
import json, os, sys
def _take(count):
    data = b''
    while len(data) < count:
        part = os.read(0, count - len(data))
        if not part:
            os._exit(0)
        data += part
    return data
_order = json.loads(_take(int(_take(10))))
os.environ.clear()
os.environ.update(_order['env'])
os.chdir(_order['directory'])
sys.argv = [_order['script']] + _order['arguments']
sys.path[0] = os.path.dirname(_order['script'])
_main = sys.modules['__main__'].__dict__
with open(_order['script'], 'rb') as _file:
    _code = compile(_file.read(), _order['script'], 'exec')
_main['__file__'] = _order['script']
for _name in ('json', 'os', 'sys', '_take', '_order', '_file'):
    del _main[_name]
exec(_main.pop('_code'), _main)
)";

constexpr std::string_view node_code = R"(
const fs = require('fs');
const take = (count) => {
  const data = Buffer.alloc(count);
  for (let at = 0; at < count;) {
    let part = 0;
    try { part = fs.readSync(0, data, at, count - at); }
    catch (error) { if (error.code !== 'EAGAIN') throw error; continue; }
    if (part === 0) process.exit(0);
    at += part;
  }
  return data.toString();
};
const order = JSON.parse(take(Number(take(10))));
for (const name of Object.keys(process.env)) delete process.env[name];
Object.assign(process.env, order.env);
process.chdir(order.directory);
process.argv = [process.execPath, order.script, ...order.arguments];
process._eval = undefined;
require('module')._initPaths();
require('module').runMain();
)";

bool make_pair(bool is_pipe, FileDescriptor& ours, FileDescriptor& theirs) {
  std::array<int, 2> ends{-1, -1};
  int const made = is_pipe ? ::pipe2(ends.data(), O_CLOEXEC)
                           : ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
  if (made != 0) return false;
  ours.reset(ends[0]);
  theirs.reset(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  return true;
}

}  // namespace

std::string to_bytes(WarmOrder const& order) {
  json::object body;
  body["script"] = order.script;
  body["directory"] = order.directory;
  json::array arguments;
  for (auto const& argument : order.arguments) arguments.emplace_back(argument);
  body["arguments"] = std::move(arguments);
  json::object env;
  for (auto const& [name, value] : order.environment) env[name] = value;
  body["env"] = std::move(env);
  auto const text = to_text(json::value(std::move(body)));
  auto const digits = std::to_string(text.size());
  return std::string(10 - std::min<std::size_t>(digits.size(), 10), '0') + digits + text +
         order.stdin_text;
}

std::optional<WarmProcess> WarmPool::start(Interpreter const& interpreter) const {
  WarmProcess out;
  SpawnRequest request;
  if (!make_pair(true, out.out, request.stdout_pipe) ||
      !make_pair(true, out.err, request.stderr_pipe) ||
      !make_pair(false, out.order, request.stdin_file))
    return std::nullopt;
  request.program = interpreter.program;
  request.directory = "/";
  request.argv = {
      interpreter.program,
      interpreter.is_python ? "-c" : "-e",
      std::string(interpreter.is_python ? python_code : node_code)};
  auto environment = inherited_;
  environment["PYTHONUNBUFFERED"] = "1";
  environment["PYTHONDONTWRITEBYTECODE"] = "1";
  request.env = to_env_strings(environment);
  out.child = launcher_.spawn(std::move(request));
  return out;
}

/// Of interpreters that nobody asks for any more none wait.
void WarmPool::refill(Interpreter const& interpreter) {
  std::erase(recent_, interpreter);
  recent_.push_front(interpreter);
  while (recent_.size() > interpreters_max) {
    for (auto& process : idle_[recent_.back()]) end(std::move(process));
    idle_.erase(recent_.back());
    recent_.pop_back();
  }
  auto& idle = idle_[interpreter];
  std::erase_if(idle, [](WarmProcess const& process) { return process.child->end.has_value(); });
  while (idle.size() < idle_max_) {
    auto started = start(interpreter);
    if (!started) return;
    idle.push_back(std::move(*started));
  }
}

void WarmPool::end(WarmProcess process) {
  std::erase_if(ending_, [](auto const& child) { return child->end.has_value(); });
  launcher_.kill(*process.child);
  ending_.push_back(std::move(process.child));
}

std::optional<WarmProcess> WarmPool::take(Interpreter const& interpreter, WarmOrder const& order) {
  std::optional<WarmProcess> out;
  auto const bytes = to_bytes(order);
  auto& idle = idle_[interpreter];
  while (!out && !idle.empty() && bytes.size() <= order_bytes_max) {
    auto process = std::move(idle.front());
    idle.pop_front();
    if (process.child->end) continue;
    auto const sent = ::send(process.order.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) {
      process.order.reset();  // its end is the end of what the script can read
      out = std::move(process);
    } else {
      end(std::move(process));
    }
  }
  refill(interpreter);
  return out;
}

Async<> WarmPool::close() {
  for (auto& [interpreter, idle] : idle_)
    for (auto& process : idle) end(std::move(process));
  idle_.clear();
  idle_max_ = 0;
  for (auto const& child : ending_)
    while (!child->end) {
      child->wake.expires_at(Timer::time_point::max());
      co_await child->wake.async_wait(use_tuple);
    }
  ending_.clear();
}

}  // namespace ropewalk
