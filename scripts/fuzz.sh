#!/usr/bin/env bash
# Fuzzes every target of tests/fuzz with clang 19: scripts/fuzz.sh [SECONDS [TARGET...]]
# New inputs are kept in build/fuzz/found, what breaks a target in build/fuzz/broken: copy the
# latter into tests/fuzz/corpus/TARGET with the mend, and it is replayed by every test run.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

seconds=${1:-60}
if [ $# -gt 0 ]; then shift; fi
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    name=${source##*/}
    targets+=("${name%_fuzz.cpp}")
  done
fi

command -v clang++-19 >/dev/null || scripts/setup.sh --tools
export CCACHE_NOHASHDIR=1
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-19 \
  -DCMAKE_C_COMPILER=clang-19 \
  -DCMAKE_CXX_FLAGS='-fsanitize=fuzzer-no-link -Wno-deprecated-declarations' \
  -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' -DROPEWALK_SANITIZE=address -DROPEWALK_FUZZ=ON \
  -DROPEWALK_BENCH=OFF >/dev/null
ninja -C build/fuzz "${targets[@]/#/fuzz_}"

export UBSAN_OPTIONS=print_stacktrace=1
status=0
for target in "${targets[@]}"; do
  found=build/fuzz/found/$target
  broken=build/fuzz/broken/$target
  mkdir -p "$found" "$broken"
  log=build/fuzz/$target.log
  if "build/fuzz/tests/fuzz/fuzz_$target" "$found" "tests/fuzz/corpus/$target" \
      -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
      -artifact_prefix="$root/$broken/" >"$log" 2>&1; then
    echo "$target: $(grep -oE 'Done [0-9]+ runs' "$log" | tail -n 1)"
  else
    status=1
    echo "$target: BROKEN; $(grep -m1 -E 'broken promise|ERROR:|runtime error' "$log") ($log)"
  fi
done
exit "$status"
