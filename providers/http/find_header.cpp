#include "providers/http/http_client.hpp"

#include <boost/algorithm/string/predicate.hpp>

namespace ropewalk {

std::string_view find_header(HttpHeaders const& headers, std::string_view name) {
  for (auto const& header : headers)
    if (boost::algorithm::iequals(header.name, name, std::locale::classic())) return header.value;
  return {};
}

}  // namespace ropewalk
