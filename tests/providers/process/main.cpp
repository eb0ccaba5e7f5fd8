// The tests' main: first of all it may be asked to be the launcher.
#include "providers/process/launcher_main.hpp"

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  if (auto const code = ropewalk::run_launcher_if_asked(argc, argv)) return *code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
