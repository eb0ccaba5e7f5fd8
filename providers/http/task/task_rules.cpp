// How an answer is judged, asked for again, and followed by further pages.
#include "providers/http/task/task_parts.hpp"

#include <array>
#include <charconv>

namespace ropewalk::http {
namespace {

/// "200", "2xx" or "200-299".
std::optional<StatusRange> parse_status(std::string_view text) {
  auto const number = [](std::string_view digits) -> std::optional<unsigned> {
    unsigned out = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    bool const is_status = read.ec == std::errc() && read.ptr == digits.data() + digits.size() &&
                           digits.size() == 3 && out >= 100 && out <= 599;
    if (!is_status) return std::nullopt;
    return out;
  };
  if (text.size() == 3 && (text.ends_with("xx") || text.ends_with("XX")) && text[0] >= '1' &&
      text[0] <= '5') {
    unsigned const first = static_cast<unsigned>(text[0] - '0') * 100;
    return StatusRange{first, first + 99};
  }
  auto const dash = text.find('-');
  auto const first = number(text.substr(0, dash));
  auto const last = dash == text.npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return StatusRange{*first, *last};
}

}  // namespace

std::vector<StatusRange> read_expected(Fields const& fields, Reading const& reading) {
  auto const* value = fields.find("expectedStatus");
  if (value == nullptr) return {StatusRange{}};
  std::vector<StatusRange> out;
  auto const add = [&](json::value const& each, std::string_view place) {
    if (!reading.is_rendered && fields::has_expression(each)) return;
    auto const text = scalar_text(each);
    auto const range = text ? parse_status(*text) : std::nullopt;
    if (range) {
      out.push_back(*range);
    } else {
      fields.add(place, "out_of_range", "this is no status of HTTP", "write 200, 2xx or 200-299");
    }
  };
  if (auto const* list = value->if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i)
      add((*list)[i], element_path("expectedStatus", i));
  } else {
    add(*value, "expectedStatus");
  }
  if (out.empty()) out.push_back(StatusRange{});
  return out;
}

HttpTimeouts read_timeouts(Fields const& fields, Reading const& reading) {
  HttpTimeouts out;
  auto const* object = fields.object("timeouts");
  if (object == nullptr) return out;
  Fields const inner(*object, "timeouts", reading);
  inner.allow_only(std::array<std::string_view, 3>{"connect", "firstByte", "idle"});
  if (auto const time = inner.duration("connect")) out.connect = *time;
  if (auto const time = inner.duration("firstByte")) out.first_byte = *time;
  if (auto const time = inner.duration("idle")) out.idle = *time;
  return out;
}

TlsOptions read_tls(Fields const& fields, Reading const& reading) {
  TlsOptions out;
  if (is_hidden(fields, reading, "tls")) return out;
  auto const* object = fields.object("tls");
  if (object == nullptr) return out;
  Fields const inner(*object, "tls", reading);
  inner.allow_only(std::array<std::string_view, 4>{"caFile", "clientCert", "clientKey", "verify"});
  for (auto const* name : {"caFile", "clientCert", "clientKey", "verify"})
    is_hidden(inner, reading, name);  // data does not choose files of the server
  out.ca_file = inner.text("caFile").value_or("");
  out.client_cert = inner.text("clientCert").value_or("");
  out.client_key = inner.text("clientKey").value_or("");
  out.verify = inner.boolean("verify").value_or(true);
  if (inner.has("clientCert") != inner.has("clientKey"))
    inner.add(
        "", "missing_field", "a client's certificate needs its key", "give clientCert and clientKey"
    );
  return out;
}

std::optional<PollWish> read_poll(Fields const& fields, Reading const& reading) {
  if (is_hidden(fields, reading, "poll")) return std::nullopt;
  auto const* object = fields.object("poll");
  if (object == nullptr) return std::nullopt;
  Fields const inner(*object, "poll", reading);
  inner.allow_only(std::array<std::string_view, 3>{"until", "interval", "deadline"});
  PollWish out;
  if (!inner.has("until"))
    inner.add("until", "missing_field", "`poll` has no `until`", "write until: response.body.done");
  out.until = read_expression(inner, reading, "until");
  out.interval = inner.duration("interval").value_or(out.interval);
  out.deadline = inner.duration("deadline").value_or(out.deadline);
  if (out.interval < std::chrono::milliseconds(10))
    inner.add("interval", "out_of_range", "the interval is too short", "10ms at least");
  return out;
}

std::optional<PageWish> read_pages(Fields const& fields, Reading const& reading) {
  if (is_hidden(fields, reading, "paginate")) return std::nullopt;
  auto const* object = fields.object("paginate");
  if (object == nullptr) return std::nullopt;
  Fields const inner(*object, "paginate", reading);
  inner.allow_only(std::array<std::string_view, 8>{
      "next", "cursor", "page", "query", "step", "items", "maxPages", "maxItems"});
  PageWish out;
  auto const ways = int(inner.has("next")) + int(inner.has("cursor")) + int(inner.has("page"));
  if (ways != 1)
    inner.add(
        "",
        ways == 0 ? "missing_field" : "conflicting_fields",
        "`paginate` takes one of `next`, `cursor` and `page`",
        "write next: link where the server sends Link headers"
    );
  if (inner.text("next") == "link") {
    out.by = PageWish::By::link;
  } else if (inner.has("next")) {
    out.by = PageWish::By::url;
    out.expression = read_expression(inner, reading, "next");
  } else if (inner.has("cursor")) {
    out.by = PageWish::By::cursor;
    out.expression = read_expression(inner, reading, "cursor");
  } else {
    out.by = PageWish::By::number;
    out.first = inner.integer("page", 0, 1'000'000'000).value_or(1);
  }
  out.query = inner.text("query").value_or(out.by == PageWish::By::number ? "page" : "cursor");
  out.step = inner.integer("step", 1, 1'000'000).value_or(1);
  out.items = read_expression(inner, reading, "items");
  constexpr auto pages_most = static_cast<std::int64_t>(HttpTaskLimits::pages_max);
  constexpr auto items_most = static_cast<std::int64_t>(HttpTaskLimits::items_max);
  if (auto const pages = inner.integer("maxPages", 1, pages_most))
    out.pages_max = static_cast<std::size_t>(*pages);
  if (auto const items = inner.integer("maxItems", 1, items_most))
    out.items_max = static_cast<std::size_t>(*items);
  return out;
}

}  // namespace ropewalk::http
