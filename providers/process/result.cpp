#include "providers/process/result.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/process/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace ropewalk {
namespace {

Error invalid_output(std::string message) {
  return {
      ErrorClass::permanent,
      "invalid_output",
      std::move(message),
      "write one JSON document to the file named in $ROPEWALK_OUTPUT, or leave it away and print",
      nullptr};
}

Error output_too_large(std::size_t bytes, std::size_t bytes_max) {
  Error error;
  error.code = "output_too_large";
  error.message = "its output is " + std::to_string(bytes) + " bytes, and the limit is " +
                  std::to_string(bytes_max);
  error.hint =
      "write big data to a file or a store and give its name as the output, or raise the server's "
      "limit for outputs (outputBytesMax)";
  error.detail = json::value{{"bytes", bytes}, {"bytesMax", bytes_max}};
  return error;
}

/// Reads at most `bytes_max` + 1 bytes.
std::string read_bounded(int fd, std::size_t bytes_max) {
  std::string text(bytes_max + 1, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    auto const n = ::read(fd, text.data() + got, text.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  text.resize(got);
  return text;
}

bool may_be_json(std::string_view line) {
  return !line.empty() && std::string_view("{[\"-0123456789tfn").find(line.front()) != line.npos;
}

}  // namespace

Result<std::optional<json::value>> read_output_file(
    std::string const& path, std::size_t bytes_max
) {
  FileDescriptor const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.is_open()) {
    if (errno == ENOENT) return std::optional<json::value>{};
    return invalid_output("the file in $ROPEWALK_OUTPUT cannot be read");
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return invalid_output("$ROPEWALK_OUTPUT is not a plain file");
  auto const size = static_cast<std::size_t>(info.st_size);
  if (size > bytes_max) return output_too_large(size, bytes_max);
  std::string const text = read_bounded(fd.get(), size);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return std::optional<json::value>{};
  JsonLimits limits;
  limits.bytes_max = bytes_max + 1;
  auto parsed = parse_json(text, limits);
  if (!parsed) {
    std::string const why = parsed.error().message;
    return invalid_output("what it wrote to $ROPEWALK_OUTPUT is not valid JSON: " + why);
  }
  replace_nul(*parsed);
  return std::optional<json::value>(std::move(*parsed));
}

json::value output_from_stdout(OutputTail const& tail, LastLine const& last_line) {
  auto const line = last_line.text();
  auto const start = line.find_first_not_of(" \t");
  if (start != line.npos && may_be_json(line.substr(start))) {
    JsonLimits limits;
    limits.bytes_max = line.size() + 1;
    if (auto parsed = parse_json(line.substr(start), limits)) {
      replace_nul(*parsed);
      return std::move(*parsed);
    }
  }
  auto text = tail.bytes();
  if (tail.is_cut())  // begin with a whole code point
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U)
      text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  json::object out;
  out["stdout"] = repair_utf8(text);
  if (tail.is_cut()) out["truncated"] = true;
  return out;
}

}  // namespace ropewalk
