#!/usr/bin/env bash
# Sets up, builds and tests; ends with one line `N passed, N failed`.
#   ./test.sh                              everything, on the release build
#   ./test.sh unit|integration|system      one kind
#   ./test.sh style                        the rules of the house (no build needed)
#   ./test.sh asan|tsan                    everything under sanitizers
#   ./test.sh tidy                         clang-tidy over the whole code
set -euo pipefail
cd "$(dirname "$0")"

what=${1:-all}
case "$what" in
  all|unit|integration|system|style|asan|tsan|tidy) ;;
  *)
    echo "test.sh: unknown '$what' (known: unit integration system style asan tsan tidy)" >&2
    exit 2
    ;;
esac

if [ "$what" = tsan ] || [ "$what" = tidy ]; then
  scripts/setup.sh --tools
else
  scripts/setup.sh
fi
case "$what" in all|integration|system|asan|tsan) scripts/setup.sh --peers ;; esac
if [ "$what" = tidy ]; then exec scripts/tidy.sh; fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export GTEST_OUTPUT="json:$results/" GTEST_BRIEF=1
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1 second_deadlock_stack=1}"

status=0
if [ "$what" = all ] || [ "$what" = style ]; then
  python3 tests/style/style_test.py || status=1
fi
if [ "$what" != style ]; then
  preset=release
  if [ "$what" = asan ] || [ "$what" = tsan ]; then preset=$what; fi
  if scripts/build.sh "$preset"; then
    select=(-LE style)
    if [ "$what" = unit ] || [ "$what" = integration ] || [ "$what" = system ]; then
      select=(-L "^$what\$")
    fi
    ctest --test-dir "build/$preset" --output-on-failure --parallel "$(nproc)" --timeout 600 \
      "${select[@]}" --no-tests=error --output-junit "$results/ctest.xml" || status=1
  else
    status=1
    echo '{"tests": 1, "failures": 1}' >"$results/build.json"
  fi
fi
python3 scripts/count_tests.py "$results" || status=1
exit "$status"
