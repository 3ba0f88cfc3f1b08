#!/usr/bin/env bash
# Tests the Debian packages in a clean root file system: lintian, installation, the command line of the unit, init,
# log-in, an upgrade that keeps data, removal and purge.
. "$(dirname "$0")/support.sh" "$@"
require lintian dpkg-deb

deb=$(package 'sensu-server_*-1_amd64.deb')
sensuctl=$(package 'sensuctl_*-1_amd64.deb')
for file in "$deb" "$sensuctl"; do
  # A package outside the archive of Debian closes no bug of its tracker.
  lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$file" || fail "lintian: $file"
done
printf 'lintian: no errors, no warnings\n'

new_root debian
state=/var/lib/sensu-server
config=/etc/sensu-server/sensu.toml

# Starts the command line of the unit as its user.
start() {
  local line
  line=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/sensu-server.service")
  [ -n "$line" ] || fail "the unit has no command line"
  # shellcheck disable=SC2086 # The line has several words.
  (confined sensu-server:sensu-server "$state" $line) 2>>"$work/debian.log" &
  server=$!
  wait_ready "$url"
}

if command -v systemd-analyze >/dev/null; then
  cp "$(dirname "$0")/../../xtask/package/debian/server/service" "$work/sensu-server.service"
  # The exposure is at most 2.0 of 10.
  systemd-analyze security --offline=true --threshold=20 --no-pager "$work/sensu-server.service" | tail -1 ||
    fail "the unit is not confined"
fi

: >"$work/debian.log"
cp "$deb" "$sensuctl" "$root/tmp/"
started=$(now)
in_root bash -e -c "cd /tmp; $(documented "Debian package" 1)" >"$work/apt.log" 2>&1 ||
  fail "apt-get install: $(tail -20 "$work/apt.log")"
grep -q 'sensu-server init' "$work/apt.log" || fail "the installation does not print how to continue"
# There is no systemd here: `start` replaces the last command.
init=$(documented "Debian package" 2 | grep -v systemctl)
in_root env SENSU_BACKEND_CLUSTER_ADMIN_PASSWORD="$password" bash -e -c "cd /; $init" 2>>"$work/debian.log" || fail "init"
start
token=$(token $url alice "$password")
create_check $url "$token" before-upgrade
report_time "Debian package" "$started"

[ "$(in_root stat -c '%U:%G %a' $config)" = 'root:sensu-server 640' ] || fail "mode of $config"
[ "$(in_root stat -c '%U:%G %a' $state)" = 'sensu-server:sensu-server 700' ] || fail "mode of $state"
in_root sensuctl configure -n --url $url --username alice --password "$password" >/dev/null || fail "sensuctl configure"
in_root sensuctl check list | grep -q before-upgrade || fail "sensuctl check list"
in_root sensu-server healthcheck --config-file $config >/dev/null || fail "healthcheck"
in_root sensu-server --version | grep -q sensu-server || fail "--version"
for page in sensu-server sensu-server-start sensuctl sensuctl-check-create; do
  [ -s "$root/usr/share/man/man1/$page.1.gz" ] || fail "no manual page $page"
done
for file in usr/share/bash-completion/completions/sensuctl usr/share/zsh/vendor-completions/_sensu-server \
  usr/share/fish/vendor_completions.d/sensu-server.fish; do
  [ -s "$root/$file" ] || fail "no /$file"
done

# An upgrade: the same files with a higher version. A changed configuration is kept.
printf 'log-format = "json"\n' >>"$root/$config"
stop_server
rm -rf "$work/newer" && dpkg-deb -R "$deb" "$work/newer"
sed -i 's/^Version: .*/&.1/' "$work/newer/DEBIAN/control"
dpkg-deb --root-owner-group -b "$work/newer" "$root/tmp/newer.deb" >/dev/null
rm -rf "$work/newer"
in_root dpkg -i /tmp/newer.deb >"$work/apt.log" 2>&1 || fail "upgrade: $(tail -20 "$work/apt.log")"
grep -q 'sensu-server init' "$work/apt.log" && fail "the upgrade prints the message of the first installation"
[ "$(in_root stat -c '%U:%G %a' $config)" = 'root:sensu-server 640' ] || fail "mode of $config after the upgrade"
grep -q '^log-format' "$root/$config" || fail "the configuration was replaced"
start
token=$(token $url alice "$password")
has_check $url "$token" before-upgrade || fail "the upgrade lost the check"
create_check $url "$token" after-upgrade

# Rollback to the older version.
stop_server
in_root dpkg -i "/tmp/$(basename "$deb")" >"$work/apt.log" 2>&1 || fail "rollback: $(tail -20 "$work/apt.log")"
start
token=$(token $url alice "$password")
has_check $url "$token" after-upgrade || fail "the rollback lost the check"
stop_server

in_root dpkg -r sensu-server >/dev/null 2>&1 || fail "remove"
for path in $config $state; do
  [ -e "$root/$path" ] || fail "removal deleted $path"
done
in_root dpkg -P sensu-server >/dev/null 2>&1 || fail "purge"
in_root getent passwd sensu-server >/dev/null && fail "purge left the user"
in_root getent group sensu-server >/dev/null && fail "purge left the group"
for path in $state /etc/sensu-server /usr/bin/sensu-server; do
  [ ! -e "$root/$path" ] || fail "purge left $path"
done
in_root dpkg -P sensuctl >/dev/null 2>&1 || fail "purge of sensuctl"
printf 'Debian packages: installed, upgraded and rolled back with data kept, purged\n'
