#include "server/artifacts/artifact_api.hpp"

#include "providers/process/artifacts.hpp"
#include "server/api/start_request.hpp"
#include "server/artifacts/file_body.hpp"
#include "server/http/problem_response.hpp"
#include "server/http/target.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <vector>

namespace ropewalk::server {
namespace {

namespace json = boost::json;

Error not_kept(std::string const& task, std::string const& name) {
  Error out;
  out.code = "not_found";
  out.message = "task \"" + task + "\" has kept no \"" + name + "\" on this server";
  out.hint = "GET …/artifacts lists what there is; another server keeps what ran there";
  return out;
}

json::object const* find_item(json::array const& items, std::string_view name) {
  for (auto const& item : items) {
    auto const* object = item.if_object();
    auto const* known = object != nullptr ? object->if_contains("name") : nullptr;
    if (known != nullptr && known->is_string() && std::string_view(known->get_string()) == name)
      return object;
  }
  return nullptr;
}

struct Opened {
  FileDescriptor file{};
  std::uint64_t bytes = 0;
};

Opened open_file(std::string const& path) {
  Opened out;
  out.file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (out.file.is_open() && ::fstat(out.file.get(), &info) == 0 && S_ISREG(info.st_mode))
    out.bytes = static_cast<std::uint64_t>(info.st_size);
  else
    out.file.reset();
  return out;
}

Response download(
    BlockingPool& blocking, Opened opened, json::object const& item, std::string const& name
) {
  Response out;
  out.content_type = "application/octet-stream";
  auto const last = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
  out.headers.push_back(Header{"Content-Length", std::to_string(opened.bytes)});
  out.headers.push_back(Header{
      "Content-Disposition", "attachment; filename*=UTF-8''" + percent_encode(last)});
  std::string const hash(item.at("sha256").as_string());
  out.headers.push_back(Header{"ETag", "\"" + hash + "\""});
  out.stream = std::make_shared<FileBody>(blocking, std::move(opened.file), opened.bytes);
  return out;
}

}  // namespace

void ArtifactApi::add_to(Router& router) {
  router.add(Route{
      Method::get,
      "/v1/executions/{id}/tasks/{task}/artifacts",
      Access::read,
      [this](Request request) { return list(std::move(request)); }});
  router.add(Route{
      Method::get,
      "/v1/executions/{id}/tasks/{task}/artifacts/{name}",
      Access::read,
      [this](Request request) { return get(std::move(request)); },
      true});
}

Async<Result<json::array>> ArtifactApi::manifest(ExecutionId id, std::string task) {
  auto const folder = artifact_folder(root_, id.to_string(), task);
  auto const known = co_await backend_.get_task(id, std::move(task));
  if (!known) co_return known.error();
  auto job = [folder] { return read_manifest(folder); };
  auto reading = blocking_.run(job);
  co_return co_await std::move(reading);
}

Async<Response> ArtifactApi::list(Request request) {
  std::vector<std::string_view> const no_fields;
  auto const known = check_query(request, no_fields);
  if (!known) co_return problem_response(known.error());
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto items = co_await manifest(*id, request.param("task"));
  if (!items) co_return problem_response(items.error());
  json::object out;
  out["items"] = std::move(*items);
  co_return json_response(out);
}

Async<Response> ArtifactApi::get(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  std::string const task = request.param("task");
  auto const items = co_await manifest(*id, task);
  if (!items) co_return problem_response(items.error());
  // Only what the collector wrote down is opened: no name leads anywhere else.
  auto const& name = request.param("name");
  auto const* item = find_item(*items, name);
  if (item == nullptr) co_return problem_response(not_kept(task, name));
  auto const path = artifact_folder(root_, id->to_string(), task) + "/files/" + name;
  auto job = [path] { return open_file(path); };
  auto opening = blocking_.run(job);
  auto opened = co_await std::move(opening);
  if (!opened.file.is_open()) co_return problem_response(not_kept(task, name));
  auto out = download(blocking_, std::move(opened), *item, name);
  co_return out;
}

}  // namespace ropewalk::server
