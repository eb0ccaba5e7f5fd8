#!/usr/bin/env bash
# clang-tidy 19 over every source of the project, or over those named: scripts/tidy.sh [FILE...]
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset release >/dev/null
files=("$@")
if [ ${#files[@]} -eq 0 ]; then
  mapfile -t files < <(find engine providers sql server -name '*.cpp' | sort)
fi
echo "tidy: ${#files[@]} files"
# GCC's own flags mean nothing to clang.
if printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p build/release --quiet \
    --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error; then
  echo '1 passed, 0 failed'
else
  echo '0 passed, 1 failed'
  exit 1
fi
