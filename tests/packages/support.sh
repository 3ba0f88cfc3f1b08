# shellcheck shell=bash disable=SC2034
# Functions of the tests of packages: clean root file systems, waiting, and times. Sourced by the scripts beside it.
set -euo pipefail

packages=$(realpath "${1:?usage: $0 FOLDER_OF_PACKAGES}")
work=$(dirname "$packages")/packages-tests
suite=bookworm
password='correct horse 1'
mkdir -p "$work"

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "root is required, for chroot"

# require PROGRAM...: fails if a program is not installed.
require() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is not installed"
  done
}

# documented SECTION NUMBER: a block of commands in a section of docs/install.md, so that tests run what it says.
documented() {
  local block
  block=$(awk -v section="## $1" -v number="$2" '
    /^## / { inside = $0 == section }
    inside && /^```sh$/ { block++; printing = 1; next }
    /^```$/ { printing = 0 }
    printing && block == number
  ' "$(dirname "$0")/../../docs/install.md")
  [ -n "$block" ] || fail "docs/install.md has no block $2 in $1"
  printf '%s\n' "$block"
}

# package PATTERN: the newest package with a name.
package() {
  local found
  found=$(find "$packages" -maxdepth 1 -name "$1" -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)
  [ -n "$found" ] || fail "no package $1 in $packages; run: cargo xtask package"
  printf '%s\n' "$found"
}

# The root file system of Debian without Rust that new_root copies, as an archive.
base=$work/$suite.tar
prepare_base() {
  [ ! -f "$base" ] || return 0
  local folder=$work/base
  rm -rf "$folder"
  debootstrap --variant=minbase --include=adduser,ca-certificates,curl,python3-venv "$suite" "$folder" \
    >"$work/debootstrap.log" 2>&1 || fail "debootstrap: $(tail -3 "$work/debootstrap.log")"
  rm -rf "$folder"/var/cache/apt/archives/*.deb
  tar -C "$folder" -cf "$base.part" .
  mv "$base.part" "$base"
  rm -rf "$folder"
}

# Runs the script again in a network of its own, so that the default ports are free and nothing is downloaded.
if [ -z "${SENSU_TEST_NETWORK:-}" ]; then
  require debootstrap chroot setpriv unshare ip curl python3
  prepare_base
  SENSU_TEST_NETWORK=1 exec unshare --net bash "$0" "$@"
fi
ip link set lo up
url=http://127.0.0.1:8080

# new_root NAME: a new root file system in $root. Removed at the end.
new_root() {
  root=$work/$1
  cleanup_root
  mkdir -p "$root"
  tar -C "$root" -xf "$base"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  trap cleanup EXIT
}

environment_of_root=(PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root)

# in_root COMMAND...: runs a command in the root file system, with an environment of its own.
in_root() {
  env -i "${environment_of_root[@]}" chroot "$root" "$@"
}

# serve_in_root LOG COMMAND...: starts a server in the root file system, as $server.
serve_in_root() {
  local log=$1
  shift
  env -i "${environment_of_root[@]}" chroot "$root" "$@" 2>"$log" &
  server=$!
}

# confined USER FOLDER COMMAND...: replaces this shell with a command in the root file system, as a user without
# capabilities that cannot gain any. Only one folder is writable, as for the unit and for a container with a read-only file system.
confined() {
  local user=$1 folder=$2
  shift 2
  exec unshare --mount bash -c '
    root=$1 user=$2 folder=$3
    shift 3
    mount --bind "$root" "$root"
    mount --bind "$root$folder" "$root$folder"
    mount -o remount,bind,ro "$root"
    cd "$root"
    exec setpriv --clear-groups --no-new-privs chroot --userspec="$user" "$root" "$@"
  ' bash "$root" "$user" "$folder" "$@"
}

server=
cleanup() {
  stop_server
  cleanup_root
}

cleanup_root() {
  if [ -n "${root:-}" ] && [ -d "$root" ]; then
    local mount
    for mount in proc dev; do
      if mountpoint -q "$root/$mount"; then umount "$root/$mount"; fi
    done
    rm -rf --one-file-system "$root"
  fi
}

# stop_server: stops the process $server with SIGTERM, and expects success.
stop_server() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    local code=0
    wait "$server" || code=$?
    server=
    [ "$code" = 0 ] || fail "the server ended with $code"
  fi
}

# wait_ready URL: waits until the server responds, at most 60 seconds.
wait_ready() {
  local attempt
  for attempt in $(seq 600); do
    curl --silent --fail --output /dev/null "$1/ready" && return
    [ -z "$server" ] || kill -0 "$server" 2>/dev/null || fail "the server ended (attempt $attempt)"
    sleep 0.1
  done
  fail "no response from $1/ready"
}

# token URL USER PASSWORD: an access token.
token() {
  curl --silent --fail --user "$2:$3" "$1/auth" | sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

# create_check URL TOKEN NAME
create_check() {
  curl --silent --fail --output /dev/null -X POST "$1/apis/core/v2/namespaces/default/checks" \
    -H "Authorization: Bearer $2" -H 'Content-Type: application/json' \
    -d '{"metadata":{"name":"'"$3"'"},"command":"true","interval":60,"subscriptions":["system"]}' ||
    fail "the check $3 cannot be created"
}

# has_check URL TOKEN NAME
has_check() {
  curl --silent --fail --output /dev/null "$1/apis/core/v2/namespaces/default/checks/$3" -H "Authorization: Bearer $2"
}

now() { date +%s.%N; }

# report_time WHAT START: prints the seconds since a time. Not compared with a limit: machines differ.
report_time() {
  awk -v what="$1" -v end="$(now)" -v start="$2" \
    'BEGIN { printf "%s: %.1f s from nothing to the first response\n", what, end - start }'
}
