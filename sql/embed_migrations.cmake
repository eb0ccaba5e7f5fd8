# cmake -DOUT=FILE -P embed_migrations.cmake: writes a .cpp that holds migrations/*.sql in order.
file(GLOB files ${CMAKE_CURRENT_LIST_DIR}/migrations/*.sql)
list(SORT files)
set(rows "")
set(expected 1)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_")
    message(FATAL_ERROR "${file}: name it NNNN_what_it_does.sql")
  endif()
  math(EXPR version "1${CMAKE_MATCH_1} - 10000")
  if(NOT version EQUAL expected)
    message(FATAL_ERROR "${file}: expected number ${expected}")
  endif()
  math(EXPR expected "${expected} + 1")
  file(READ ${file} text)
  string(APPEND rows "    Migration{${version}, \"${name}\", R\"__sql__(${text})__sql__\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"sql/migrations.hpp\"

#include <array>

namespace ropewalk::sql {
namespace {
constexpr std::array all{
${rows}};
}  // namespace
std::span<Migration const> migrations() { return all; }
}  // namespace ropewalk::sql
")
