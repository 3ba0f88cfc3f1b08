#!/usr/bin/env bash
# Tests the archive in a clean root file system: checksums, installation into /usr/local, first response, SBOM.
. "$(dirname "$0")/support.sh" "$@"
require python3

archive=$(package 'sensu-server-*-x86_64-linux.tar.gz')
(cd "$packages" && sha256sum --check --quiet SHA256SUMS) || fail "SHA256SUMS of the packages"
new_root archive
cp "$archive" "$root/tmp/archive.tar.gz"
port=$(free_port)
url=http://127.0.0.1:$port

started=$(now)
in_root bash -c '
  set -e
  mkdir /tmp/unpacked && tar -xzf /tmp/archive.tar.gz -C /tmp/unpacked --strip-components=1
  cd /tmp/unpacked && sha256sum --check --quiet SHA256SUMS
  cp -r bin share /usr/local/
' || fail "unpacking"
serve_in_root "$work/archive.log" sensu-server start --dev --in-memory --port "$port" --agent-port 0
wait_ready "$url"
report_time "archive" "$started"
for program in sensu-server sensuctl; do
  python3 - "$root/usr/local/share/doc/$program/$program.cdx.json" <<'CHECK' || fail "SBOM of $program"
import json, sys
bom = json.load(open(sys.argv[1]))
names = {component["name"] for component in bom["components"]}
assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.6", bom["specVersion"]
assert {"tokio", "rustls", "serde_json"} <= names and "proptest" not in names, sorted(names)
print(f"SBOM: {len(names)} components")
CHECK
  [ -f "$root/usr/local/share/man/man1/$program.1" ] || fail "no manual page of $program"
done
stop_server
printf 'archive: unpacked, verified and used\n'
