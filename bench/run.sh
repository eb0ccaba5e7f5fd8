#!/usr/bin/env bash
# Builds what is measured, measures it, and prints the table: bench/run.sh [--quick] [--runs N]
# More: bench/README.md. About four minutes once everything is built.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)

"$repository/scripts/setup.sh"
"$repository/scripts/build.sh" release ropewalk bench_load bench_journal_floor \
  bench_token_source bench_token_client

# nginx, which token streams are measured beside: Debian's, unpacked and not installed, so that no
# service starts. Without it its column stays empty.
tools=$repository/build/tools/nginx
export PATH="$PATH:/usr/sbin:$tools/usr/sbin"
if ! command -v nginx >/dev/null 2>&1; then
  echo "bench: fetching nginx"
  mkdir -p "$tools"
  (cd "$tools" && apt-get download -qq nginx && dpkg-deb -x nginx_*.deb .) >/dev/null 2>&1 || true
fi
exec python3 "$repository/bench/suite.py" --build "$repository/build/release" "$@"
