// Runs a target over its corpus without a fuzzer: every file, and beginnings of it (what a
// connection that breaks off leaves behind).
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
constexpr std::size_t beginnings_max = 32;

std::vector<fs::path> files_in(fs::path const& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> out;
  for (auto const& entry : fs::directory_iterator(place)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

void run(std::string const& input) {
  // A copy of its own size, so that a sanitizer sees a read past its end.
  std::vector<std::uint8_t> const bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (auto const& file : files_in(argv[i])) {
      std::ifstream in(file, std::ios::binary);
      std::string const input(std::istreambuf_iterator<char>(in), {});
      std::printf("%s\n", file.filename().c_str());
      std::fflush(stdout);
      auto const step = std::max<std::size_t>(1, input.size() / beginnings_max);
      for (std::size_t size = 0; size < input.size(); size += step) run(input.substr(0, size));
      run(input);
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count == 0 ? 1 : 0;
}
