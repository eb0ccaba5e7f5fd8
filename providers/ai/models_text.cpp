#include "providers/ai/models_text.hpp"

#include <cstddef>

// ROPEWALK_MODELS_FILE: the path, from the build.
asm(".section .rodata\n"
    ".global ropewalk_models\n"
    "ropewalk_models:\n"
    ".incbin \"" ROPEWALK_MODELS_FILE
    "\"\n"
    ".global ropewalk_models_end\n"
    "ropewalk_models_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" char const ropewalk_models[];
extern "C" char const ropewalk_models_end[];

namespace ropewalk::ai {

std::string_view built_in_models() {
  return {ropewalk_models, static_cast<std::size_t>(ropewalk_models_end - ropewalk_models)};
}

}  // namespace ropewalk::ai
