#!/usr/bin/env bash
# Tests the Prometheus alert rules and the Grafana dashboard in docs/monitoring with promtool: syntax, the conditions
# of alerts, and every query of the dashboard.
set -euo pipefail
cd "$(dirname "$0")/../.."

promtool check rules docs/monitoring/prometheus-alerts.yml
promtool test rules tests/packages/prometheus-alerts.test.yml

rules=$(mktemp --suffix .yml)
trap 'rm -f "$rules"' EXIT
# promtool checks rules only: each query becomes one. JSON is YAML.
python3 - >"$rules" <<'RULES'
import json

dashboard = json.load(open("docs/monitoring/grafana-dashboard.json"))
queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
for variable, value in {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}.items():
    queries = [query.replace(variable, value) for query in queries]
rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
print(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
RULES
promtool check rules "$rules"
