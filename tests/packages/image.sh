#!/usr/bin/env bash
# Tests the container image without a container engine: its layout, and its root file system with its user, command,
# environment and volume.
. "$(dirname "$0")/support.sh" "$@"

image=$(package 'sensu-server-*-image.tar')
bytes=$(stat -c %s "$image")
[ "$bytes" -lt 40000000 ] || fail "the image has $bytes bytes"
documented "Container image" 1 | grep -q "$(basename "$image")" || fail "docs/install.md names another image"
layout=$work/image-layout
root=$work/image
cleanup_root
rm -rf "$layout" && mkdir -p "$layout" "$root"
trap cleanup EXIT

started=$(now)
tar -C "$layout" -xf "$image"
# Verifies all checksums, unpacks the layers, and prints the configuration as shell variables.
python3 - "$layout" "$root" >"$work/image.env" <<'UNPACK' || fail "the layout"
import gzip, hashlib, json, pathlib, shlex, subprocess, sys

layout, root = map(pathlib.Path, sys.argv[1:])

def blob(descriptor):
    algorithm, digest = descriptor["digest"].split(":")
    data = (layout / "blobs" / algorithm / digest).read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest and len(data) == descriptor["size"]
    return data

manifest = json.loads(blob(json.loads((layout / "index.json").read_text())["manifests"][0]))
image = json.loads(blob(manifest["config"]))
unpacked = 0
for layer, diff_id in zip(manifest["layers"], image["rootfs"]["diff_ids"], strict=True):
    data = gzip.decompress(blob(layer))
    assert "sha256:" + hashlib.sha256(data).hexdigest() == diff_id
    unpacked += len(data)
    subprocess.run(["tar", "-x", "-C", root], input=data, check=True)
assert unpacked < 40_000_000, f"{unpacked} bytes unpacked"
config = image["config"]
assert config["Volumes"] == {"/data": {}}
print("unpacked=" + str(unpacked))
print("user=" + shlex.quote(config["User"]))
print("entrypoint=(" + shlex.join(config["Entrypoint"]) + ")")
print("cmd=(" + shlex.join(config["Cmd"]) + ")")
print("environment=(" + shlex.join(config["Env"]) + ")")
print("healthcheck=(" + shlex.join(config["Healthcheck"]["Test"][1:]) + ")")
UNPACK
# shellcheck disable=SC1091,SC2154 # The file was written above.
. "$work/image.env"
[ "${user%%:*}" != 0 ] || fail "the image runs as root"
[ ! -e "$root/bin/sh" ] || fail "the image has a shell"

# container COMMAND...: replaces this shell with a command in the image, with its environment.
container() {
  local pair
  # The programs that enter the root file system need the PATH of this machine.
  for pair in "${environment[@]}"; do
    [ "${pair%%=*}" = PATH ] || export "${pair?}"
  done
  confined "$user" /data "$@"
}

(SENSU_BACKEND_CLUSTER_ADMIN_PASSWORD=$password container "${entrypoint[@]}" init) 2>"$work/image.log" ||
  fail "init: $(cat "$work/image.log")"
(container "${entrypoint[@]}" "${cmd[@]}") 2>>"$work/image.log" &
server=$!
wait_ready "$url"
report_time "image" "$started"
token=$(token "$url" admin "$password")
create_check "$url" "$token" one
(container "${healthcheck[@]}") >/dev/null || fail "the health check of a running server"
stop_server
if (container "${healthcheck[@]}") >/dev/null 2>&1; then fail "the health check succeeds without a server"; fi
(container "${entrypoint[@]}" "${cmd[@]}") 2>>"$work/image.log" &
server=$!
wait_ready "$url"
has_check "$url" "$token" one || fail "the volume lost the check"
stop_server

# Tools that read images, if they are installed.
if command -v skopeo >/dev/null; then
  skopeo inspect "oci-archive:$image" >/dev/null || fail "skopeo"
  printf 'image: read by skopeo\n'
fi
if command -v buildah >/dev/null; then
  buildah --storage-driver vfs --root "$work/containers" --runroot "$work/containers-run" \
    pull --quiet "oci-archive:$image" >/dev/null || fail "buildah"
  rm -rf "$work/containers" "$work/containers-run"
  printf 'image: read by buildah\n'
fi
printf 'image: %s bytes, %s unpacked; runs as user %s with a read-only file system\n' "$bytes" "$unpacked" "$user"
