#pragma once
// Which page comes next, and what was gathered from those that came.
//
// Any thread; pure.

#include "providers/http/task/http_task.hpp"
#include "providers/http/task/response_scope.hpp"

#include <string>

namespace ropewalk::http {

class Pages {
 public:
  /// `wish` outlives this. `bytes_max`: of all items.
  Pages(PageWish const& wish, std::size_t bytes_max) : wish_(wish), bytes_max_(bytes_max) {}

  /// The URL of the first page.
  std::string first(std::string const& url);

  /// Takes the items of a page that came from `url`, whose answer is in `scope`, with its
  /// `headers`. The next page's URL; empty at the end. Errors: those of the expressions, wrong_kind
  /// when the items are no list, response_too_large, pagination_loop (permanent).
  Result<std::string> take(
      ResponseScope const& scope, HttpHeaders const& headers, std::string const& url
  );

  /// {items, pages, truncated}: `truncated` where a bound ended it before the server did.
  json::array take_items() { return std::move(items_); }
  std::size_t pages_count() const { return pages_count_; }
  bool is_truncated() const { return is_truncated_; }

 private:
  Result<std::size_t> take_items_of(ResponseScope const& scope);
  Result<std::string> next_url(
      ResponseScope const& scope,
      HttpHeaders const& headers,
      std::string const& url,
      std::size_t count
  );

  PageWish const& wish_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  json::array items_{};
  std::size_t pages_count_ = 0;
  std::int64_t number_ = 0;
  bool is_truncated_ = false;
};

}  // namespace ropewalk::http
