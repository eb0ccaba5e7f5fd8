#!/usr/bin/env bash
# Builds what is measured, measures it, and prints the table: bench/run.sh [--quick] [--runs N]
# More: bench/README.md. About two minutes once everything is built.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)

"$repository/scripts/setup.sh"
"$repository/scripts/build.sh" release ropewalk bench_load bench_journal_floor
exec python3 "$repository/bench/suite.py" --build "$repository/build/release" "$@"
