#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <stdexcept>

namespace ropewalk::system_test {
namespace {

std::string tail(std::string const& text, std::size_t size) {
  return text.size() <= size ? text : "…" + text.substr(text.size() - size);
}

/// The first line of postmaster.pid.
pid_t postmaster_of(std::string const& data) {
  auto const text = read_text(data + "/postgres/postmaster.pid");
  return text.empty() ? -1 : static_cast<pid_t>(std::stol(text));
}

}  // namespace

Server::~Server() {
  if (::testing::Test::HasFailure()) {
    std::cerr << "--- log of the server in " << data() << "\n" << tail(log(), 20'000);
    std::cerr << "--- log of its PostgreSQL\n" << tail(read_text(data() + "/postgres.log"), 4'000);
  }
  if (is_running()) {
    signal(SIGCONT);
    signal(SIGTERM);
    signal(SIGTERM);  // at once
    program_->wait(seconds(15));
  }
  kill();
  // A killed server leaves its PostgreSQL to the next one; there will be none.
  auto const postmaster = postmaster_of(data());
  if (postmaster > 0 && is_alive(postmaster)) {
    ::kill(postmaster, SIGQUIT);
    eventually([&] { return !is_alive(postmaster); }, seconds(10));
  }
}

void Server::start(milliseconds limit) {
  std::vector<std::string> arguments = {ropewalk_binary(), "serve", "--data", data()};
  arguments.insert(arguments.end(), flags_.begin(), flags_.end());
  bool const is_told = std::find(flags_.begin(), flags_.end(), "--listen") != flags_.end();
  if (!is_told) arguments.insert(arguments.end(), {"--listen", "127.0.0.1:0"});
  ProgramOptions options;
  options.directory = directory_.path();
  options.environment["SYSTEM_TEST_SECRET"] = "hidden";
  options.environment["SYSTEM_TEST_LONG_SECRET"] = "environment-secret-42";
  options.out_file = directory_.path("out");
  options.error_file = directory_.path("log");
  program_ = std::make_unique<Program>(arguments, options);
  bool const ended = eventually([&] { return !is_running() || has_become_ready(); }, limit);
  if (!ended || !is_running())
    throw std::runtime_error("the server does not start:\n" + tail(log(), 4'000));
}

/// server.json is written when the doors open; one with another pid was left by a crash.
bool Server::has_become_ready() {
  boost::system::error_code ec;
  auto const content = json::parse(read_text(data() + "/server.json"), ec);
  if (ec || content.at("pid").to_number<pid_t>() != pid()) return false;
  auto const url = std::string(content.at("url").as_string());
  port_ = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  return true;
}

void Server::kill() {
  signal(SIGKILL);
  program_->wait(seconds(20));
}

std::optional<int> Server::stop(milliseconds limit) {
  signal(SIGTERM);
  return program_->wait(limit);
}

void Server::kill_database() const {
  auto const postmaster = postmaster_of(data());
  if (postmaster <= 0) throw std::runtime_error("there is no postmaster");
  ::kill(postmaster, SIGKILL);
}

HttpReply Server::get(std::string const& target) const {
  HttpRequest request;
  request.target = target;
  return http(port_, request);
}

HttpReply Server::post(std::string const& target, json::value const& body, Headers headers) const {
  headers.emplace_back("Content-Type", "application/json");
  return http(port_, HttpRequest{"POST", target, json::serialize(body), std::move(headers)});
}

std::string Server::run(json::value const& workflow, json::object const& inputs) const {
  json::object request;
  request["workflow"] = workflow;
  request["inputs"] = inputs;
  auto const reply = post("/v1/executions", request);
  if (reply.status != 201) throw std::runtime_error("not accepted: " + reply.body);
  return text_of(reply.object(), "id");
}

json::object Server::execution(std::string const& id) const {
  return get("/v1/executions/" + id).object();
}

json::object Server::wait_for_end(std::string const& id, milliseconds limit) const {
  json::object out;
  bool const ended = eventually(
      [&] {
        out = execution(id);
        auto const status = text_of(out, "status");
        return status == "COMPLETED" || status == "FAILED" || status == "CANCELLED";
      },
      limit
  );
  if (!ended) throw std::runtime_error("it does not end: " + json::serialize(out));
  return out;
}

std::string Server::status_of(std::string const& id, std::string const& task) const {
  auto const all = execution(id);
  for (auto const& entry : all.at("tasks").as_array())
    if (text_of(entry.as_object(), "id") == task) return text_of(entry.as_object(), "status");
  return {};
}

double Server::metric(std::string const& name) const {
  auto const text = "\n" + get("/metrics").body;
  auto const at = text.find("\n" + name + " ");
  return at == text.npos ? 0 : std::stod(text.substr(at + name.size() + 2));
}

Finished Server::cli(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), ropewalk_binary());
  arguments.insert(arguments.end(), {"--server", url()});
  ProgramOptions options;
  options.directory = directory_.path();
  return run_program(arguments, options);
}

json::value definition(std::string const& text) {
  std::string out;
  for (char const c : text) {
    if (c == '"') out += '\\';
    out += c == '\'' ? '"' : c;
  }
  return json::parse(out);
}

}  // namespace ropewalk::system_test
