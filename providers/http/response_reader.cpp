#include "providers/http/response_reader.hpp"

#include "providers/http/http_error.hpp"

#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <limits>

namespace ropewalk::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

/// A body that is taken away piece by piece. Beast's own string body trusts Content-Length for its
/// first allocation.
struct PieceBody {
  using value_type = std::string;

  // NOLINTBEGIN(readability-identifier-naming): names that Beast asks for
  class reader {
   public:
    template <bool is_request, class Fields>
    reader(beast::http::header<is_request, Fields>&, value_type& piece) : piece_(piece) {}

    void init(boost::optional<std::uint64_t> const&, error_code& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(Buffers const& buffers, error_code& ec) {
      ec = {};
      auto const size_before = piece_.size();
      auto const end = asio::buffer_sequence_end(buffers);
      for (auto at = asio::buffer_sequence_begin(buffers); at != end; ++at) {
        asio::const_buffer const bytes(*at);
        piece_.append(static_cast<char const*>(bytes.data()), bytes.size());
      }
      return piece_.size() - size_before;
    }
    void finish(error_code& ec) { ec = {}; }

   private:
    value_type& piece_;
  };
  // NOLINTEND(readability-identifier-naming)
};

/// Where the head that `bytes` begin with ends: after its empty line. npos when that has not come.
std::size_t head_end(std::string_view bytes, std::size_t from) {
  for (auto at = bytes.find('\n', from); at != bytes.npos; at = bytes.find('\n', at + 1)) {
    auto const rest = bytes.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return bytes.npos;
}

/// The head with "\r\n" after every line, and the blank after the status that some servers leave
/// out together with the reason.
std::string in_order(std::string_view head) {
  constexpr std::size_t bare_status_size = 12;  // "HTTP/1.1 200"
  std::string out;
  out.reserve(head.size() + 16);
  for (char const c : head) {
    bool const ends_bare_status = (c == '\r' || c == '\n') && out.size() == bare_status_size;
    if (ends_bare_status) out += ' ';
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

}  // namespace

struct ResponseReader::Parser {
  beast::http::response_parser<PieceBody> http;
};

ResponseReader::ResponseReader(Body body, std::size_t head_bytes_max, std::string peer)
    : body_(body), head_bytes_max_(head_bytes_max), peer_(std::move(peer)) {}

ResponseReader::~ResponseReader() = default;

Error ResponseReader::malformed(std::string why) const {
  return http_error(
      ErrorClass::transient,
      "malformed_response",
      peer_ + " did not answer in sound HTTP/1.1: " + std::move(why),
      "check host, port and scheme of the URL, and what stands between here and there"
  );
}

Result<> ResponseReader::feed(std::string_view bytes) {
  has_bytes_ = has_bytes_ || !bytes.empty();
  buffer_ += bytes;
  while (!has_head_) {
    TRY(bool const is_read, read_head());
    if (!is_read) return {};
  }
  return read_body();
}

/// True when a head was read, of an interim response or of the final one.
Result<bool> ResponseReader::read_head() {
  auto const end = head_end(buffer_, scanned_);
  auto const size = std::min(end, buffer_.size());
  if (head_bytes_ + size > head_bytes_max_)
    return malformed("its head is longer than " + std::to_string(head_bytes_max_) + " bytes");
  if (end == buffer_.npos) {
    scanned_ = buffer_.size() - std::min<std::size_t>(buffer_.size(), 3);
    return false;
  }
  head_bytes_ += end;
  if (auto const parsed = parse_head(in_order(std::string_view(buffer_).substr(0, end))); !parsed)
    return parsed.error();
  buffer_.erase(0, end);
  scanned_ = 0;
  return true;
}

Result<> ResponseReader::parse_head(std::string_view head) {
  parser_ = std::make_unique<Parser>();
  auto& http = parser_->http;
  http.header_limit(std::numeric_limits<std::uint32_t>::max());  // the limit is kept by read_head
  http.body_limit(boost::none);
  http.skip(body_ == Body::never);
  http.eager(true);
  error_code ec;
  auto const used = http.put(asio::buffer(head.data(), head.size()), ec);
  if (ec && ec != beast::http::error::need_more) return malformed(ec.message());
  if (!http.is_header_done() || used != head.size()) return malformed("its head is incomplete");
  if (status() == 101) return malformed("it changes to a protocol that nobody asked for");
  if (status() / 100 == 1) return {};
  has_head_ = true;
  for (auto const& field : http.get())
    headers_.push_back(HttpHeader{std::string(field.name_string()), std::string(field.value())});
  return {};
}

Result<> ResponseReader::read_body() {
  auto& http = parser_->http;
  std::size_t used = 0;
  while (used < buffer_.size() && !http.is_done()) {
    error_code ec;
    auto const taken = http.put(asio::buffer(buffer_.data() + used, buffer_.size() - used), ec);
    used += taken;
    if (ec == beast::http::error::need_more || (!ec && taken == 0)) break;
    if (ec) return malformed(ec.message());
  }
  buffer_.erase(0, used);
  // What is left is an unfinished line between chunks, or the trailers.
  if (!http.is_done() && buffer_.size() > head_bytes_max_)
    return malformed("a line between chunks is too long");
  return {};
}

Result<> ResponseReader::end() {
  if (has_head_) {
    error_code ec;
    if (!parser_->http.is_done()) parser_->http.put_eof(ec);
    if (!ec && parser_->http.is_done()) return {};
  }
  auto const* const when = has_head_ ? "in the middle of its answer" : "before it answered";
  return lost_connection({}, peer_, when);
}

unsigned ResponseReader::status() const {
  return parser_ ? parser_->http.get().result_int() : 0;
}

std::string ResponseReader::take_body() {
  return std::exchange(parser_->http.get().body(), {});
}

bool ResponseReader::is_done() const {
  return has_head_ && parser_->http.is_done();
}

bool ResponseReader::keeps_alive() const {
  return parser_->http.keep_alive() && !has_rest();
}

}  // namespace ropewalk::http
