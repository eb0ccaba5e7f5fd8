#!/usr/bin/env bash
# Sets up, builds and runs.
#   ./run.sh                 runs the example: a report on this repository, printed at the end. A
#                            model puts it into words: OpenAI's, Gemini's or Anthropic's where its
#                            key is set, else a simulation
#   ./run.sh --json …        the same, with further options for `ropewalk run`
#   ./run.sh serve …         leaves the server up (http://127.0.0.1:8400)
#   ./run.sh COMMAND …       any other ropewalk command
set -euo pipefail
repository=$(cd "$(dirname "$0")" && pwd)

"$repository/scripts/setup.sh"
"$repository/scripts/build.sh" release ropewalk
ropewalk=$repository/build/release/ropewalk

if [ $# -eq 0 ] || [[ $1 == -* ]]; then
  model=sim/prose  # a simulation: no key is needed
  if [ -n "${OPENAI_API_KEY:-}" ]; then
    model=openai/gpt-4o-mini
  elif [ -n "${GEMINI_API_KEY:-}" ]; then
    model=gemini/gemini-2.5-flash
  elif [ -n "${ANTHROPIC_API_KEY:-}" ]; then
    model=anthropic/claude-haiku-4-5
  fi
  exec "$ropewalk" run "$repository/examples/repository-report/workflow.yaml" \
    --input "repository=$repository" --input "model=$model" --output document "$@"
fi
exec "$ropewalk" "$@"
