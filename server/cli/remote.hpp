#pragma once
// What commands that ask a server have in common.

#include "server/client/client.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace ropewalk::cli {

/// Prints the error; gives the exit status that it stands for.
int report(Error const& error);

/// `text` when it is a whole id, else the id of the recent execution that begins with it.
/// Errors: not_found, ambiguous_id, and those of the client.
Result<std::string> find_id(HttpClient const& client, std::string const& text);

/// The items of all pages of a list. Errors: those of the client.
Result<boost::json::array> list_all(HttpClient const& client, std::string const& target);

}  // namespace ropewalk::cli
