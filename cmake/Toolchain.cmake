# Language level, warnings, and the speed-ups that are used where they are found (ccache, lld).

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Rather than CMake's -O3: quicker to compile.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()

# False positives of GCC 12: -Wmaybe-uninitialized on awaited structured bindings, -Wrestrict on
# "literal" + std::string when optimising.
add_library(ropewalk_warnings INTERFACE)
target_compile_options(ropewalk_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Werror
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>
  # What clang finds in GCC 12's own standard library.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)

# ropewalk_library(NAME LIBS...): a static library of the sources that target_sources adds, rooted at the repository.
function(ropewalk_library name)
  add_library(${name} STATIC)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ropewalk_warnings PUBLIC ${ARGN})
endfunction()
