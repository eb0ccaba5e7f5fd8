#include "providers/http/address_guard.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace ropewalk::http {
namespace {

namespace ip = boost::asio::ip;

using Bytes = ip::address_v6::bytes_type;

constexpr unsigned mapped_bits = 96;  // where the IPv4 address begins in ::ffff:a.b.c.d

struct Range {
  std::uint32_t network = 0;
  unsigned bits = 0;
  std::string_view kind{};
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

// The first that fits counts.
constexpr std::array ranges{
    Range{v4(169, 254, 169, 254), 32, "the metadata service of a cloud"},
    Range{v4(168, 63, 129, 16), 32, "the metadata service of a cloud"},    // Azure
    Range{v4(100, 100, 100, 200), 32, "the metadata service of a cloud"},  // Alibaba
    Range{v4(0, 0, 0, 0), 32, "the unspecified address, which means this machine"},
    Range{v4(0, 0, 0, 0), 8, "an address of this network"},
    Range{v4(10, 0, 0, 0), 8, "a private address"},
    Range{v4(100, 64, 0, 0), 10, "a private address of a carrier's network"},
    Range{v4(127, 0, 0, 0), 8, "a loopback address"},
    Range{v4(169, 254, 0, 0), 16, "a link-local address"},
    Range{v4(172, 16, 0, 0), 12, "a private address"},
    Range{v4(192, 0, 0, 0), 24, "a reserved address"},
    Range{v4(192, 0, 2, 0), 24, "an address for documentation"},
    Range{v4(192, 88, 99, 0), 24, "a reserved address"},
    Range{v4(192, 168, 0, 0), 16, "a private address"},
    Range{v4(198, 18, 0, 0), 15, "a reserved address"},
    Range{v4(198, 51, 100, 0), 24, "an address for documentation"},
    Range{v4(203, 0, 113, 0), 24, "an address for documentation"},
    Range{v4(224, 0, 0, 0), 4, "a multicast address"},
    Range{v4(255, 255, 255, 255), 32, "a broadcast address"},
    Range{v4(240, 0, 0, 0), 4, "a reserved address"}};

std::string_view kind_of(ip::address_v4 const& address) {
  auto const number = address.to_uint();
  for (auto const& range : ranges) {
    auto const shift = 32 - range.bits;
    if ((number >> shift) == (range.network >> shift)) return range.kind;
  }
  return {};
}

bool begins_with(Bytes const& bytes, std::initializer_list<unsigned char> begin) {
  return std::equal(begin.begin(), begin.end(), bytes.begin());
}

ip::address_v4 v4_at(Bytes const& bytes, std::size_t at) {
  return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

/// The IPv4 address that packets to this one end up at.
std::optional<ip::address_v4> embedded(ip::address_v6 const& address) {
  auto const bytes = address.to_bytes();
  bool const is_zero_80 =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; });
  bool const is_mapped = is_zero_80 && bytes[10] == 0xff && bytes[11] == 0xff;
  bool const is_compatible = is_zero_80 && bytes[10] == 0 && bytes[11] == 0 &&
                             v4_at(bytes, 12).to_uint() > 0xff;  // not :: and ::1
  bool const is_nat64 = begins_with(bytes, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
  if (is_mapped || is_compatible || is_nat64) return v4_at(bytes, 12);
  if (begins_with(bytes, {0x20, 0x02})) return v4_at(bytes, 2);  // 6to4
  return std::nullopt;
}

std::string_view kind_of(ip::address_v6 const& address) {
  if (auto const inner = embedded(address)) return kind_of(*inner);
  auto const bytes = address.to_bytes();
  if (address.is_loopback()) return "a loopback address";
  if (address.is_unspecified()) return "the unspecified address, which means this machine";
  if (begins_with(bytes, {0xfd, 0x00, 0x0e, 0xc2})) return "the metadata service of a cloud";
  if ((bytes[0] & 0xfeU) == 0xfc) return "a private address (unique-local)";
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80) return "a link-local address";
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0xc0) return "a private address (site-local)";
  if (bytes[0] == 0xff) return "a multicast address";
  if (begins_with(bytes, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}))
    return "a private address (of a translator to IPv4)";
  if (begins_with(bytes, {0x20, 0x01, 0x0d, 0xb8})) return "an address for documentation";
  if (begins_with(bytes, {0x3f, 0xff}) && bytes[2] < 0x10) return "an address for documentation";
  if (begins_with(bytes, {0x20, 0x01, 0x00, 0x00})) return "an address of a Teredo tunnel";
  if ((bytes[0] & 0xe0U) != 0x20) return "a reserved address";  // global unicast is 2000::/3
  return {};
}

ip::address_v6 as_v6(ip::address const& address) {
  return address.is_v6() ? ip::address_v6(address.to_v6().to_bytes())
                         : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

bool is_inside(ip::address_v6 const& address, ip::address_v6 const& network, unsigned bits) {
  auto const ours = address.to_bytes();
  auto const theirs = network.to_bytes();
  for (std::size_t i = 0; i < ours.size() && bits > 0; ++i) {
    auto const taken = std::min(bits, 8U);
    auto const shift = 8 - taken;
    if ((unsigned(ours[i]) >> shift) != (unsigned(theirs[i]) >> shift)) return false;
    bits -= taken;
  }
  return true;
}

Error invalid_network(std::string const& text) {
  return Error{
      ErrorClass::permanent,
      "invalid_value",
      "\"" + text + "\" is neither an address nor a network",
      "write an address (10.1.2.3, fd00::7) or a network (10.1.2.0/24, fd00::/8)"};
}

}  // namespace

std::string_view address_kind(ip::address const& address) {
  return address.is_v4() ? kind_of(address.to_v4()) : kind_of(address.to_v6());
}

Result<AddressGuard> AddressGuard::make(std::vector<std::string> const& allow) {
  AddressGuard out;
  for (auto const& text : allow) {
    auto const slash = text.find('/');
    boost::system::error_code ec;
    auto const address = ip::make_address(text.substr(0, slash), ec);
    if (ec) return invalid_network(text);
    unsigned const width = address.is_v4() ? 32 : 128;
    unsigned bits = width;
    if (slash != text.npos) {
      auto const* const end = text.data() + text.size();
      auto const read = std::from_chars(text.data() + slash + 1, end, bits);
      if (read.ec != std::errc() || read.ptr != end || bits > width) return invalid_network(text);
    }
    out.networks_.push_back({as_v6(address), address.is_v4() ? bits + mapped_bits : bits});
  }
  return out;
}

bool AddressGuard::is_allowed(ip::address const& address) const {
  auto const plain = as_v6(address);
  auto const inner = embedded(plain);
  auto const inside = inner ? as_v6(*inner) : plain;
  return std::any_of(networks_.begin(), networks_.end(), [&](Network const& network) {
    return is_inside(plain, network.address, network.prefix_bits) ||
           is_inside(inside, network.address, network.prefix_bits);
  });
}

Result<> AddressGuard::judge(ip::address const& address) const {
  auto const kind = address_kind(address);
  if (kind.empty() || is_allowed(address)) return {};
  auto const text = address.to_string();
  Error error;
  error.error_class = ErrorClass::permanent;
  error.code = "address_refused";
  error.message = text + " is " + std::string(kind);
  error.hint =
      "if workflows are meant to reach it, allow it in the server's configuration: http: "
      "{ allow: [\"" +
      text.substr(0, text.find('%')) + "\"] }";
  return error;
}

}  // namespace ropewalk::http
