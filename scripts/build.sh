#!/usr/bin/env bash
# Configures and builds one preset with little output: scripts/build.sh PRESET [TARGET...]
# On a terminal one moving line, elsewhere a line every tenth; all of it: build/PRESET/build.log
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:?usage: scripts/build.sh PRESET [TARGET...]}
shift
folder=build/$preset
log=$folder/build.log
mkdir -p "$folder"
# Another clone of the same sources finds what this one compiled.
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD NINJA_STATUS='[%f/%t] '

# A file that uses Beast takes over 1 GB to compile: no more jobs than memory allows.
memory_gib=$(awk '/MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
jobs=$(nproc)
if [ $((memory_gib * 2 / 3)) -lt "$jobs" ]; then jobs=$((memory_gib * 2 / 3)); fi
if [ "$jobs" -lt 1 ]; then jobs=1; fi

if ! cmake --preset "$preset" >"$log" 2>&1; then
  cat "$log" >&2
  echo "build.sh: configuring '$preset' failed (see above)" >&2
  exit 1
fi

show_progress='
  match($0, /^\[[0-9]+\/[0-9]+\]/) {
    split(substr($0, 2, RLENGTH - 2), at, "/")
    if (terminal) { printf "\r\033[Kbuild %s: %d of %d", preset, at[1], at[2]; fflush() }
    else if (int(at[1] * 10 / at[2]) > tenth) {
      tenth = int(at[1] * 10 / at[2]); printf "build %s: %d of %d\n", preset, at[1], at[2]; fflush()
    }
  }
  END { if (terminal) printf "\r\033[K" }'
terminal=0
if [ -t 1 ]; then terminal=1; fi
arguments=(-C "$folder" -j "$jobs")
if [ $# -gt 0 ]; then arguments+=("$@"); fi
if ! ninja "${arguments[@]}" 2>&1 | tee -a "$log" |
    awk -v terminal="$terminal" -v preset="$preset" "$show_progress"; then
  grep -nE 'FAILED|error:|undefined symbol' "$log" | head -n 40 >&2 || true
  echo "build.sh: building '$preset' failed; everything it said is in $log" >&2
  exit 1
fi
