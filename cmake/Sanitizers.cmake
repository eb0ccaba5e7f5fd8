# -DROPEWALK_SANITIZE=address (with undefined) or =thread, for the whole build.

set(ROPEWALK_SANITIZE "" CACHE STRING "address or thread")
if(ROPEWALK_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(ROPEWALK_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT ROPEWALK_SANITIZE STREQUAL "")
  message(FATAL_ERROR "ROPEWALK_SANITIZE must be address or thread, not ${ROPEWALK_SANITIZE}")
endif()
