#include "providers/http/task/redirect.hpp"

#include "providers/http/http_error.hpp"
#include "providers/http/http_url.hpp"
#include "providers/http/task/request_text.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <array>
#include <locale>

namespace ropewalk::http {
namespace {

Error malformed(std::string why) {
  return http_error(
      ErrorClass::transient,
      "malformed_response",
      std::move(why),
      "look at what the server sends in its Location or Link header"
  );
}

/// Servers send blanks and letters of all languages, which no URL has.
std::string printable(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const is_plain = c > ' ' && c < 127;
    out += is_plain ? std::string(1, c) : percent_encode(std::string_view(&c, 1));
  }
  return out;
}

/// What stands between '<' and '>' of one entry, when its parameters have rel=next.
std::string_view target_if_next(std::string_view entry) {
  auto const open = entry.find('<');
  auto const close = entry.find('>');
  if (open == entry.npos || close == entry.npos || close < open) return {};
  auto rest = entry.substr(close + 1);
  while (!rest.empty()) {
    auto const end = rest.find(';');
    auto parameter = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    std::string plain;
    for (char const c : parameter)
      if (c != '"') plain += c;
    auto const equals = plain.find('=');
    if (equals == plain.npos) continue;
    auto const name = plain.substr(0, equals);
    auto const first = name.find_first_not_of(" \t");
    if (first == name.npos || !is_same_name(name.substr(first, 3), "rel")) continue;
    // A link may have several relations: rel="next last".
    auto words = " " + plain.substr(equals + 1) + " ";
    if (boost::algorithm::icontains(words, " next ", std::locale::classic()))
      return entry.substr(open + 1, close - open - 1);
  }
  return {};
}

}  // namespace

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_same_name(std::string_view one, std::string_view other) {
  return boost::algorithm::iequals(one, other, std::locale::classic());
}

void remove_header(HttpHeaders& headers, std::string_view name) {
  std::erase_if(headers, [&](HttpHeader const& each) { return is_same_name(each.name, name); });
}

Result<std::string> resolve_url(std::string_view base, std::string_view reference) {
  auto const text = printable(reference);
  auto const from = boost::urls::parse_uri({base.data(), base.size()});
  auto const to = boost::urls::parse_uri_reference(text);
  if (!from || !to) return malformed("the answer sends to what is no URL");
  boost::urls::url out;
  if (!boost::urls::resolve(*from, *to, out)) return malformed("the answer sends to no URL");
  out.remove_fragment();
  if (to->has_authority()) out.remove_userinfo();  // a user of theirs is none of ours
  std::string url(out.buffer().data(), out.buffer().size());
  if (auto const parsed = parse_http_url(url); !parsed)
    return malformed("the answer sends to what cannot be called: " + parsed.error().message);
  return url;
}

bool is_same_origin(std::string_view one, std::string_view other) {
  auto const a = parse_http_url(one);
  auto const b = parse_http_url(other);
  return a && b && a->is_tls == b->is_tls && a->host == b->host && a->port == b->port &&
         a->unix_path == b->unix_path;
}

Result<> follow_redirect(
    HttpRequest& request,
    unsigned status,
    HttpHeaders const& answer,
    std::vector<std::string> const& sensitive,
    bool allows_downgrade
) {
  TRY(auto url, resolve_url(request.url, find_header(answer, "Location")));
  auto const from = parse_http_url(request.url);
  auto const to = parse_http_url(url);
  if (from && to && from->is_tls && !to->is_tls && !allows_downgrade)
    return http_error(
        ErrorClass::permanent,
        "redirect_refused",
        from->peer() + " sends on from https to http, to " + to->peer(),
        "call the right URL, or set allowDowngrade: true"
    );
  bool const is_post = request.method == "POST" && (status == 301 || status == 302);
  if (is_post || (status == 303 && request.method != "HEAD")) {
    request.method = "GET";
    request.body.clear();
    for (auto const* name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-MD5"})
      remove_header(request.headers, name);
  }
  if (!is_same_origin(request.url, url)) {
    for (auto const* name : {"Authorization", "Cookie", "Proxy-Authorization"})
      remove_header(request.headers, name);
    for (auto const& name : sensitive) remove_header(request.headers, name);
  }
  request.url = std::move(url);
  return {};
}

std::string next_link(HttpHeaders const& headers) {
  for (auto const& header : headers) {
    if (!is_same_name(header.name, "Link")) continue;
    // Entries are parted by commas that are not within <…> or quotes.
    std::size_t begin = 0;
    bool is_inside = false;
    bool is_quoted = false;
    std::string_view const text = header.value;
    for (std::size_t at = 0; at <= text.size(); ++at) {
      char const c = at < text.size() ? text[at] : ',';
      if (c == '"' && !is_inside) is_quoted = !is_quoted;
      if (c == '<' && !is_quoted) is_inside = true;
      if (c == '>' && !is_quoted) is_inside = false;
      bool const is_end = at == text.size() || (c == ',' && !is_inside && !is_quoted);
      if (!is_end) continue;
      if (auto const target = target_if_next(text.substr(begin, at - begin)); !target.empty())
        return std::string(target);
      begin = at + 1;
    }
  }
  return {};
}

}  // namespace ropewalk::http
