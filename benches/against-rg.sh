#!/usr/bin/env bash
# CPU of a whole scan against ripgrep with the secret engine's keywords on the same tree, in one run.
# usage: benches/against-rg.sh DIR   (needs rg and target/release/seclint)
set -euo pipefail
dir=${1:?usage: against-rg.sh DIR}
bin=$(dirname "$0")/../target/release/seclint
words=$(mktemp)
trap 'rm -f "$words"' EXIT
"$bin" rules --keywords >"$words"
cpu() { # user + system seconds of a command, the least of three
  for _ in 1 2 3; do
    { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1 || true; } 2>&1 | awk '{print $1 + $2}'
  done | sort -n | head -1
}
cpu cat "$0" >/dev/null
rg=$(cpu rg -uu -i -F -f "$words" -c "$dir")
own=$(cpu "$bin" scan "$dir" --exit-zero --format json)
awk -v rg="$rg" -v own="$own" 'BEGIN { printf "rg %.2f s, seclint %.2f s, ratio %.2f\n", rg, own, own / (rg > 0 ? rg : 0.001) }'
