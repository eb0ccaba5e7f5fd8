#include "server/artifacts/prune_artifacts.hpp"

#include "providers/process/remove_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <vector>

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t page_size = 1000;

std::vector<ExecutionId> kept_ids(std::string const& root) {
  std::vector<ExecutionId> out;
  std::error_code ec;
  for (fs::directory_iterator it(root, ec), end; !ec && it != end; it.increment(ec))
    if (auto const id = ExecutionId::parse(it->path().filename().string())) out.push_back(*id);
  std::ranges::sort(out);
  return out;
}

bool remove_folders(std::string const& root, std::vector<ExecutionId> const& ids) {
  for (auto const& id : ids)
    while (remove_tree(root + "/" + id.to_string(), 100'000) == Removal::unfinished) continue;
  return true;
}

}  // namespace

Async<Result<std::size_t>> prune_artifacts(
    BlockingPool& blocking, sql::Store& store, std::string root
) {
  auto list = [root] { return kept_ids(root); };
  auto listing = blocking.run(list);
  auto const kept = co_await std::move(listing);
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < kept.size(); begin += page_size) {
    auto const first = kept.begin() + static_cast<std::ptrdiff_t>(begin);
    auto const length = static_cast<std::ptrdiff_t>(std::min(page_size, kept.size() - begin));
    std::vector<ExecutionId> page(first, first + length);
    auto known = co_await store.existing(page);
    if (!known) co_return known.error();
    std::ranges::sort(*known);
    std::vector<ExecutionId> gone;
    std::ranges::set_difference(page, *known, std::back_inserter(gone));
    count += gone.size();
    auto remove = [root, gone] { return remove_folders(root, gone); };
    auto removing = blocking.run(remove);
    co_await std::move(removing);
  }
  co_return count;
}

}  // namespace ropewalk::server
