//! Replay: sends the recorded requests to Sensu Go 5.0.0 to our server, and compares the responses.
//!
//! `scenarios/` holds the requests, `recordings/` the responses of a newly started Sensu Go 5.0.0, and
//! `deviations.json` every deliberate deviation: the steps, the number of the difference in
//! `docs/differences.md`, and our response, which is asserted. A deviation without an entry fails the suite, and so
//! does an entry without a deviation. `golden/` has our whole response to those steps.
//!
//! `UPDATE_EXPECT=1` writes `golden/`: review the diff.
//! `REPLAY_DUMP=DIR` writes our responses to a folder, one file for each scenario.
//! `REPLAY_ONLY=checks,events` runs some scenarios; unused entries are then allowed.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot continue has failed"
)]

mod compare;
mod deviations;
mod events;
mod exchange;
mod golden;
mod rules;
mod scenario;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use deviations::{Deviations, Verdict};
use exchange::Response;
use scenario::{Record, Scenario};
use sensu_server::Limits;
use sensu_store::ManualClock;
use sensu_tests::TestServer;

/// Where the server's clock stands when a scenario begins: 2026-01-01T00:00:00Z. Only scenarios advance it.
const START: i64 = 1_767_225_600;

/// The result of one scenario.
#[derive(Default)]
struct Outcome {
    name: String,
    equal: usize,
    accepted: usize,
    /// Steps by difference.
    differences: BTreeMap<String, usize>,
    failed: Vec<String>,
    /// Indices of the entries that were needed.
    used: Vec<usize>,
    /// Our responses to the steps with a golden one.
    golden: Vec<(String, String)>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("replay")
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
async fn responses_equal_the_recordings_or_cite_a_difference() {
    let only = std::env::var("REPLAY_ONLY").unwrap_or_default();
    let only: Vec<&str> = only.split(',').filter(|name| !name.is_empty()).collect();
    let deviations = Arc::new(Deviations::read(&folder()));
    let mut runs = Vec::new();
    for scenario in Scenario::all(&folder()) {
        if only.is_empty() || only.contains(&scenario.name.as_str()) {
            runs.push(tokio::spawn(replay(scenario, Arc::clone(&deviations))));
        }
    }
    let (mut total, mut golden, mut report) = (Outcome::default(), Vec::new(), String::new());
    for run in runs {
        let outcome = run.await.expect("a scenario runs to its end");
        let Outcome { name, equal, accepted, failed, .. } = &outcome;
        let count = failed.len();
        writeln!(report, "{name:16} {equal:5} equal {accepted:5} accepted {count:5} failed")
            .expect("writes");
        for line in failed {
            writeln!(report, "  {line}").expect("writes");
        }
        total.equal += outcome.equal;
        total.accepted += outcome.accepted;
        total.failed.extend(outcome.failed);
        total.used.extend(outcome.used);
        for (difference, count) in outcome.differences {
            *total.differences.entry(difference).or_default() += count;
        }
        golden.push((outcome.name, outcome.golden));
    }
    let failed = total.failed.len();
    println!("{report}");
    println!("accepted by difference (a step may need several): {:?}", total.differences);
    println!("replay: {} equal, {} accepted, {failed} failed", total.equal, total.accepted);
    assert_eq!(failed, 0, "responses deviate from the recordings and no difference covers them");
    if only.is_empty() {
        let unused = deviations.unused(&total.used);
        assert!(unused.is_empty(), "deviations that no longer occur:\n{}", unused.join("\n"));
    }
    for (scenario, responses) in golden {
        golden::check(&folder(), &scenario, &responses);
    }
}

/// Replays one scenario against a server of its own.
async fn replay(scenario: Scenario, deviations: Arc<Deviations>) -> Outcome {
    let clock = Arc::new(ManualClock::at(START));
    let server = TestServer::start_with(Limits::default(), Arc::clone(&clock) as _).await;
    let recorded = Record::read(&folder(), &scenario.name);
    let responses = scenario.run(server.address(), &clock).await;
    server.stop().await;
    dump(&scenario.name, &recorded, &responses);
    let mut outcome = Outcome { name: scenario.name.clone(), ..Outcome::default() };
    for record in &recorded {
        let Some(response) = responses.get(&record.id) else {
            outcome.failed.push(format!("{}: the step is missing", record.id));
            continue;
        };
        match deviations.judge(record, response) {
            Verdict::Equal => outcome.equal += 1,
            Verdict::Accepted { differences, entry, is_golden } => {
                outcome.accepted += 1;
                for difference in differences {
                    *outcome.differences.entry(difference).or_default() += 1;
                }
                outcome.used.extend(entry);
                if is_golden {
                    outcome.golden.push((record.id.clone(), golden::stable(record, response)));
                }
            }
            Verdict::Failed(why) => {
                let Record { id, method, path, .. } = record;
                outcome
                    .failed
                    .push(format!("{id}  {method} {path}\n      {}", why.join("\n      ")));
            }
        }
    }
    outcome
}

/// Writes our responses to the folder `REPLAY_DUMP`, if it is set.
#[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
fn dump(name: &str, recorded: &[Record], responses: &HashMap<String, Response>) {
    let Ok(folder) = std::env::var("REPLAY_DUMP") else { return };
    let lines = recorded.iter().filter_map(|record| {
        let response = responses.get(&record.id)?;
        let line = serde_json::json!({
            "scenario": name,
            "id": record.id,
            "time": response.time,
            "response": response.document(),
        });
        Some(line.to_string() + "\n")
    });
    let text: String = lines.collect();
    std::fs::write(PathBuf::from(folder).join(format!("{name}.jsonl")), text).expect("writes");
}

#[test]
fn a_recording_equals_itself_and_no_altered_one() {
    for scenario in Scenario::all(&folder()) {
        for record in Record::read(&folder(), &scenario.name) {
            let own = record.response.clone();
            assert_eq!(compare::differences(&record, &own), [""; 0], "{}", record.id);
            let mut altered = own.clone();
            altered.status += 1;
            if record.options.get("status_any").is_none() {
                assert_ne!(compare::differences(&record, &altered), [""; 0], "{}", record.id);
            }
        }
    }
}

#[test]
fn every_deviation_cites_a_difference_and_states_why() {
    Deviations::read(&folder()).check();
}
