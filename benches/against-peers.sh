#!/usr/bin/env bash
# CPU and peak memory of the secret scanners that are installed, on the same trees, in one run.
# usage: benches/against-peers.sh DIR...   (needs target/release/seclint; peers that are not on PATH are left out)
set -euo pipefail
[ $# -gt 0 ] || { sed -n 3p "$0"; exit 2; }
bin=$(realpath "$(dirname "$0")/../target/release/seclint")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin" rules --keywords >"$work/words"

# The least CPU of three runs (caches are warm from the second on) and the largest memory.
row() { # name, command …
  local name=$1 best="" peak=0
  shift
  command -v "$1" >/dev/null || { echo "$name not installed"; return; }
  for _ in 1 2 3; do
    /usr/bin/time -o "$work/time" -f '%U %S %M' "$@" >/dev/null 2>&1 || true
    read -r cpu mem < <(tail -1 "$work/time" | awk '{ printf "%.2f %d\n", $1 + $2, $3 / 1024 }')
    best=$(printf '%s\n' $best "$cpu" | sort -n | head -1)
    [ "$mem" -le "$peak" ] || peak=$mem
  done
  [ "$name" != seclint-secrets ] || own=$best
  awk -v n="$name" -v c="$best" -v m="$peak" -v o="${own:-$best}" 'BEGIN { printf "  %-16s %7.2f s %6d MB %7.1fx\n", n, c, m, c / (o > 0 ? o : 0.01) }'
}

for dir in "$@"; do
  echo "$dir ($(du -sm --exclude=.git "$dir" | cut -f1) MB)"
  row seclint-secrets "$bin" scan "$dir" --secrets --exit-zero --format json --quiet
  row seclint "$bin" scan "$dir" --exit-zero --format json --quiet
  row rg-keywords rg -uu -i -F -f "$work/words" -c "$dir"
  row gitleaks gitleaks dir "$dir" -f json -r "$work/out" --no-banner --exit-code 0
  row betterleaks betterleaks "$dir" --jsonl --no-banner --exit-code 0
  row kingfisher kingfisher scan "$dir" --no-validate --git-history none --no-dedup --no-update-check -q --format jsonl -o "$work/out"
  row ripsecrets ripsecrets "$dir"
done
