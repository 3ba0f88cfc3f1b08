//! Tests that the queries in `docs/monitoring/` use only metrics and labels that the server exports.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use prometheus::core::Collector;

use super::Metrics;

/// Labels that Prometheus adds.
const ADDED: [&str; 3] = ["job", "instance", "le"];

thread_local! {
    /// Name and labels of each metric that was registered in this thread.
    static REGISTERED: RefCell<BTreeMap<String, Vec<String>>> = RefCell::default();
}

pub(super) fn record(collector: &impl Collector) {
    for description in collector.desc() {
        let labels = description.variable_labels.clone();
        REGISTERED.with_borrow_mut(|all| all.insert(description.fq_name.clone(), labels));
    }
}

/// The metrics in a query, with the labels in their selectors.
fn used(query: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut used = Vec::new();
    let mut rest = query;
    while let Some(start) = rest.find(is_name) {
        let (_, named) = rest.split_at(start);
        let end = named.find(|letter| !is_name(letter)).unwrap_or(named.len());
        let (name, after) = named.split_at(end);
        rest = after;
        if !name.starts_with("sensu_server_") && !name.starts_with("process_") {
            continue;
        }
        let selector = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let matchers = selector.map_or("", |(matchers, _)| matchers).split(',');
        let labels = matchers.filter_map(|one| Some(one.split_once(['=', '!'])?.0.trim()));
        used.push((name, labels.collect()));
    }
    used
}

/// All queries of the alert rules and of the dashboard. Other texts of these files name no metrics.
fn queries() -> Vec<String> {
    let dashboard = include_str!("../../../docs/monitoring/grafana-dashboard.json");
    let dashboard: serde_json::Value = serde_json::from_str(dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let mut queries: Vec<String> =
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    queries.extend(variables.iter().filter_map(|one| Some(one["query"]["query"].as_str()?.into())));
    queries.push(include_str!("../../../docs/monitoring/prometheus-alerts.yml").to_owned());
    queries
}

#[test]
fn queries_of_dashboard_and_alerts_use_exported_metrics_and_labels() {
    Metrics::new().unwrap();
    record(&prometheus::process_collector::ProcessCollector::for_self());
    let mut count = 0;
    for query in queries() {
        for (name, labels) in used(&query) {
            let found = REGISTERED.with_borrow(|all| {
                let base = name.strip_suffix("_bucket").unwrap_or(name);
                all.get(base).cloned()
            });
            let known = found.unwrap_or_else(|| panic!("{name} is not exported: {query}"));
            for label in labels {
                let is_known = ADDED.contains(&label) || known.iter().any(|one| one == label);
                assert!(is_known, "{name} has no label {label}: {query}");
            }
            count += 1;
        }
    }
    assert!(count > 50, "only {count} uses were found");
}

#[test]
fn metrics_and_labels_of_a_query_are_found() {
    let query =
        r#"sum by (x) (rate(sensu_server_a_total{job=~"$job",status!="5.."}[5m])) / process_b > 1"#;
    let expected = vec![
        ("sensu_server_a_total", BTreeSet::from(["job", "status"])),
        ("process_b", BTreeSet::new()),
    ];
    assert_eq!(used(query), expected);
}
