#!/usr/bin/env bash
# Installs what building and running need on Debian 12, and only what is missing.
#   scripts/setup.sh           what run.sh and test.sh need
#   scripts/setup.sh --tools   also clang 19 and the formatter (./test.sh tsan|tidy, fuzzing)
#   scripts/setup.sh --peers   also programs of others that tests talk to, into build/peers
#   scripts/setup.sh --list    prints the packages that are missing, installs nothing
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

packages=(
  g++ cmake ninja-build ccache lld pkg-config git python3 nodejs perl procps ca-certificates
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libpq-dev postgresql-15
  libyaml-cpp-dev libvalijson-dev libcli11-dev libspdlog-dev prometheus-cpp-dev libre2-dev
  libcctz-dev tzdata bubblewrap
  libgtest-dev libgmock-dev libbenchmark-dev
)
tools=(clang-19 clang-tidy-19 clang-tools-19 clang-format-14 libclang-rt-19-dev)

# A package whose program is already there by other means is not asked for.
declare -A program=(
  [g++]=g++ [cmake]=cmake [ninja-build]=ninja [ccache]=ccache [lld]=ld.lld [git]=git
  [python3]=python3 [nodejs]=node [perl]=perl [procps]=ps
)

list_only=no
peers=no
for argument in "$@"; do
  case "$argument" in
    --tools) packages+=("${tools[@]}") ;;
    --peers) peers=yes ;;
    --list) list_only=yes ;;
    *) echo "setup.sh: unknown option '$argument' (known: --tools, --peers, --list)" >&2; exit 2 ;;
  esac
done

# Not having a peer is no failure: the tests that need it say so and are skipped.
install_peer() {
  local source=$root/$2 folder=$root/build/peers/$1
  if cmp -s "$source/package-lock.json" "$folder/installed.json"; then return; fi
  if ! command -v npm >/dev/null 2>&1; then
    echo "setup: no npm here: tests against programs of others are skipped" >&2
    return
  fi
  mkdir -p "$folder"
  cp "$source/package.json" "$source/package-lock.json" "$folder"
  if (cd "$folder" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund) \
      >"$folder/install.log" 2>&1 </dev/null; then
    cp "$source/package-lock.json" "$folder/installed.json"
  else
    echo "setup: npm could not install $1 ($folder/install.log): its tests are skipped" >&2
  fi
}

install_peers() {
  install_peer aimock tests/providers/ai/peer
  install_peer openai tests/system/openai_client
  install_peer webhooks tests/providers/http/peer
  install_peer cron-parser tests/engine/model/peer
  install_peer handlebars tests/engine/model/prompt/peer
}

finish() {
  if [ "$peers" = yes ]; then install_peers; fi
  exit 0
}

is_there() {
  local wanted=${program[$1]:-}
  if [ -n "$wanted" ] && command -v "$wanted" >/dev/null 2>&1; then return 0; fi
  dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup.sh: no apt-get here; going on with what is installed. Needed: ${packages[*]}" >&2
  finish
fi

missing=()
for package in "${packages[@]}"; do
  is_there "$package" || missing+=("$package")
done
if [ "$list_only" = yes ]; then printf '%s\n' ${missing[@]+"${missing[@]}"}; exit 0; fi
if [ ${#missing[@]} -eq 0 ]; then finish; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "setup.sh: packages are missing and there is neither root nor sudo. As root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# The server starts a private cluster of its own; Debian's main cluster would only take the port.
if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
  settings=/etc/postgresql-common/createcluster.d
  ${as_root[@]+"${as_root[@]}"} mkdir -p "$settings"
  echo 'create_main_cluster = false' |
    ${as_root[@]+"${as_root[@]}"} tee "$settings/ropewalk.conf" >/dev/null
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1
}

echo "setup: installing ${missing[*]}"
if ! install; then  # package lists that are absent or stale
  ${as_root[@]+"${as_root[@]}"} apt-get update -qq </dev/null >"$log" 2>&1 || true
  if ! install; then
    tail -n 20 "$log" >&2
    echo "setup.sh: apt-get could not install: ${missing[*]} (its last lines are above)" >&2
    exit 1
  fi
fi
finish
