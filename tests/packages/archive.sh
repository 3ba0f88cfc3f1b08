#!/usr/bin/env bash
# Tests the archive in a clean root file system: checksums, installation into /usr/local, first response, SBOM.
. "$(dirname "$0")/support.sh" "$@"

archive=$(package 'sensu-server-*-x86_64-linux.tar.gz')
(cd "$packages" && sha256sum --check --quiet SHA256SUMS) || fail "SHA256SUMS of the packages"
new_root archive
cp "$archive" "$root/tmp/"

started=$(now)
in_root bash -e -c "cd /tmp; $(documented Archive 1)" || fail "the documented commands"
serve_in_root "$work/archive.log" sensu-server start --dev --in-memory
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
