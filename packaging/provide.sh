#!/usr/bin/env bash
# Puts seclint where the action looks for it, $RUNNER_TEMP/seclint/bin/seclint. In this order: the same version that
# the runner has already; the release's binary, if packaging/checksums-VERSION.txt holds its SHA-256; a build from
# the source beside this script. usage: provide.sh (environment: RUNNER_TEMP, RUNNER_TOOL_CACHE, RUNNER_OS, RUNNER_ARCH)
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
bin=$RUNNER_TEMP/seclint/bin
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source/Cargo.toml" | head -n 1)
# Outside of the workspace: nothing is left there, and nothing there can take part.
mkdir -p "$bin"
cd "$RUNNER_TEMP"

fail() {
  echo "::error title=seclint::$1"
  exit 2
}

sum_of() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

installed() {
  local there
  there=$(command -v seclint) || return 1
  [ "$("$there" --version)" = "seclint $version" ] || return 1
  ln -sf "$there" "$bin/seclint"
}

# Fails where nothing is published for this machine, or the download does not come; ends the job where what came
# is not what was released.
downloaded() {
  local target archive sum cache
  case ${RUNNER_OS:-}-${RUNNER_ARCH:-} in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) return 1 ;;
  esac
  archive=seclint-$target.tar.gz
  sum=$(awk -v name="$archive" '$2 == name { print $1 }' "$source/packaging/checksums-$version.txt" 2>/dev/null) || return 1
  [ -n "$sum" ] || return 1
  # The archive is kept, not the program: what another job left in the cache is checked again.
  cache=${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/seclint/$version
  mkdir -p "$cache"
  if [ ! -f "$cache/$archive" ] || [ "$(sum_of "$cache/$archive")" != "$sum" ]; then
    curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$cache/$archive" \
      "https://github.com/seclint/seclint/releases/download/v$version/$archive" || return 1
    if [ "$(sum_of "$cache/$archive")" != "$sum" ]; then
      rm -f "$cache/$archive"
      fail "$archive of release $version is not what was released: its SHA-256 differs from the one this action names"
    fi
  fi
  tar -xzf "$cache/$archive" -C "$bin"
}

# A runner that is started as a service has not read its user's profile: Rust may be where rustup puts it.
find_cargo() {
  local home dir rustup
  if command -v cargo >/dev/null; then return 0; fi
  home=$(getent passwd "$(id -u)" | cut -d: -f6)
  for dir in "${CARGO_HOME:-$HOME/.cargo}/bin" "$home/.cargo/bin" /usr/local/cargo/bin; do
    if [ -x "$dir/cargo" ]; then
      export PATH="$dir:$PATH" CARGO_HOME="${CARGO_HOME:-${dir%/bin}}"
      rustup=$(dirname "${dir%/bin}")/.rustup
      if [ -z "${RUSTUP_HOME:-}" ] && [ -d "$rustup" ]; then export RUSTUP_HOME="$rustup"; fi
      return 0
    fi
  done
  return 1
}

built() {
  find_cargo || fail "no binary of $version is published for this runner, and Rust is not installed to build one: install it, or name a seclint with the input binary"
  CARGO_TARGET_DIR="$RUNNER_TEMP/seclint-target" cargo install --quiet --locked --profile fast --path "$source" --root "$RUNNER_TEMP/seclint"
}

installed || downloaded || built
