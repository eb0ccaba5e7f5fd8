#include "providers/http/task/pages.hpp"

#include "engine/base/json.hpp"
#include "providers/http/http_error.hpp"
#include "providers/http/task/redirect.hpp"
#include "providers/http/task/request_text.hpp"
#include "providers/http/task/task_parts.hpp"

namespace ropewalk::http {
namespace {

constexpr std::size_t place_bytes_max = 64 * 1024;  // of a URL or cursor

Error no_list(std::string const& field) {
  return http_error(
      ErrorClass::permanent,
      "wrong_kind",
      "a page has no list of items in it (`" + field + "`)",
      "say where they are: items: response.body.NAME"
  );
}

}  // namespace

std::string Pages::first(std::string const& url) {
  number_ = wish_.first;
  if (wish_.by != PageWish::By::number) return url;
  return set_query(url, wish_.query, std::to_string(number_));
}

Result<std::size_t> Pages::take_items_of(ResponseScope const& scope) {
  std::string const field = "paginate.items";
  auto const expression = wish_.items.empty() ? "response.body" : wish_.items;
  // Looked at whole, to say what is too large.
  TRY(auto value, scope.evaluate(field, expression, 2 * bytes_max_ + place_bytes_max));
  auto* list = value.if_array();
  if (list == nullptr && !value.is_null()) return no_list(expression);
  auto const count = list == nullptr ? 0 : list->size();
  for (std::size_t i = 0; i < count; ++i) {
    if (items_.size() == wish_.items_max) {
      is_truncated_ = true;
      break;
    }
    auto& item = (*list)[i];
    bytes_ += text_size(item, bytes_max_) + 1;
    if (bytes_ > bytes_max_)
      return http_error(
          ErrorClass::permanent,
          "response_too_large",
          "the items of " + std::to_string(pages_count_) + " pages have more than " +
              std::to_string(bytes_max_) + " bytes",
          "take less of each by `items`, set maxItems or maxPages, or raise limits.outputBytes"
      );
    items_.push_back(std::move(item));
  }
  return count;
}

Result<std::string> Pages::next_url(
    ResponseScope const& scope,
    HttpHeaders const& headers,
    std::string const& url,
    std::size_t count
) {
  if (wish_.by == PageWish::By::number) {
    if (count == 0) return std::string();
    number_ += wish_.step;
    return set_query(url, wish_.query, std::to_string(number_));
  }
  if (wish_.by == PageWish::By::link) {
    auto const link = next_link(headers);
    if (link.empty()) return std::string();
    return resolve_url(url, link);
  }
  bool const is_cursor = wish_.by == PageWish::By::cursor;
  std::string const field = is_cursor ? "paginate.cursor" : "paginate.next";
  TRY(auto const value, scope.evaluate(field, wish_.expression, place_bytes_max));
  if (value.is_null() || value == json::value(false)) return std::string();
  auto const text = scalar_text(value);
  if (!text)
    return http_error(
        ErrorClass::permanent, "wrong_kind", "`" + field + "` gave neither a text nor null"
    );
  if (text->empty()) return std::string();
  if (is_cursor) return set_query(url, wish_.query, *text);
  return resolve_url(url, *text);
}

Result<std::string> Pages::take(
    ResponseScope const& scope, HttpHeaders const& headers, std::string const& url
) {
  ++pages_count_;
  TRY(auto const count, take_items_of(scope));
  if (is_truncated_) return std::string();
  TRY(auto next, next_url(scope, headers, url, count));
  if (next.empty()) return next;
  if (next == url)
    return http_error(
        ErrorClass::permanent,
        "pagination_loop",
        "page " + std::to_string(pages_count_) + " names itself as the next one",
        "look at what `paginate` takes for the next page"
    );
  if (pages_count_ == wish_.pages_max || items_.size() == wish_.items_max) {
    is_truncated_ = true;
    return std::string();
  }
  return next;
}

}  // namespace ropewalk::http
