#!/usr/bin/env bash
# Tests the Python wheel in a clean root file system: installed into a virtual environment, the server responds,
# and sensuctl works.
. "$(dirname "$0")/support.sh" "$@"

wheel=$(package 'sensu_server-*.whl')
new_root wheel
cp "$wheel" "$root/tmp/"

started=$(now)
# The last command is the server.
commands=$(documented "Python wheel" 1 | sed '$ s/^/exec /')
serve_in_root "$work/wheel.log" bash -e -c "cd /tmp; $commands"
wait_ready "$url"
report_time "Python wheel" "$started"

in_root /tmp/venv/bin/sensuctl configure -n --url "$url" --username admin --password 'P@ssw0rd!' >/dev/null || fail "configure"
in_root /tmp/venv/bin/sensuctl check create one --command true --interval 60 --subscriptions a >/dev/null || fail "create"
in_root /tmp/venv/bin/sensuctl check list | grep -q one || fail "list"
found=$(in_root /tmp/venv/bin/python -c 'import sensu_server; print(sensu_server.find_program())')
[ "$found" = /tmp/venv/bin/sensu-server ] || fail "find_program: $found"
in_root /tmp/venv/bin/python -m sensu_server --version | grep -q sensu-server || fail "python -m sensu_server"
stop_server
in_root /tmp/venv/bin/pip uninstall --quiet --yes sensu-server
[ ! -e "$root/tmp/venv/bin/sensuctl" ] || fail "uninstalling left sensuctl"
printf 'Python wheel: installed, used and uninstalled\n'
