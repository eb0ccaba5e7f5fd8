#pragma once
// SHA-256 as lower-case hexadecimal: the name of a definition, the checksum of a migration.

#include <string>
#include <string_view>

namespace ropewalk::sql {

std::string sha256_hex(std::string_view bytes);

}  // namespace ropewalk::sql
