#!/usr/bin/env bash
# Sets up, builds and runs.
#   ./run.sh                 runs the example: a report on this repository, printed at the end
#   ./run.sh --json …        the same, with further options for `ropewalk run`
#   ./run.sh serve …         leaves the server up (http://127.0.0.1:8400)
#   ./run.sh COMMAND …       any other ropewalk command
set -euo pipefail
repository=$(cd "$(dirname "$0")" && pwd)

"$repository/scripts/setup.sh"
"$repository/scripts/build.sh" release ropewalk
ropewalk=$repository/build/release/ropewalk

if [ $# -eq 0 ] || [[ $1 == -* ]]; then
  exec "$ropewalk" run "$repository/examples/repository-report/workflow.yaml" \
    --input "repository=$repository" --output report.markdown "$@"
fi
exec "$ropewalk" "$@"
