//! Replay: recorded requests to Sensu Go 5.0.0, sent to our server, and the answers compared.
//!
//! `scenarios/` holds the requests, `recordings/` what a freshly started Sensu Go 5.0.0 answered, and
//! `deviations.json` every way in which we answer differently on purpose: the steps, the number of the
//! decision, and what we answer instead, which is asserted. A difference that no entry covers fails
//! the suite, and so does an entry that no longer covers anything. `answers/` has the whole of what we
//! answer to those steps.
//!
//! `UPDATE_GOLDEN=1` writes `answers/` anew: review the difference.
//! `REPLAY_DUMP=DIR` writes what we answered into a folder, a file for each scenario.
//! `REPLAY_ONLY=checks,events` runs some scenarios; entries that these do not need are then fine.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod answers;
mod compare;
mod deviations;
mod events;
mod exchange;
mod rules;
mod scenario;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use deviations::{Deviations, Verdict};
use exchange::Answer;
use scenario::{Record, Scenario};
use sensu_tests::TestServer;

/// How one scenario went.
struct Outcome {
    name: String,
    equal: usize,
    accepted: usize,
    decisions: BTreeMap<String, usize>,
    failed: Vec<String>,
    used: Vec<usize>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("replay")
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
async fn recorded_answers_are_ours() {
    let only = std::env::var("REPLAY_ONLY").unwrap_or_default();
    let wanted: Vec<&str> = only.split(',').filter(|name| !name.is_empty()).collect();
    let deviations = Arc::new(Deviations::read(&folder()));
    let mut runs = Vec::new();
    for scenario in Scenario::all(&folder()) {
        if wanted.is_empty() || wanted.contains(&scenario.name.as_str()) {
            runs.push(tokio::spawn(replay(scenario, Arc::clone(&deviations))));
        }
    }
    let (mut failed, mut used, mut report) = (0, Vec::new(), String::new());
    let mut total: (usize, usize, BTreeMap<String, usize>) = (0, 0, BTreeMap::new());
    for run in runs {
        let outcome = run.await.expect("a scenario runs to its end");
        let Outcome { name, equal, accepted, .. } = &outcome;
        let bad = outcome.failed.len();
        writeln!(report, "{name:16} {equal:5} equal {accepted:5} accepted {bad:5} failed")
            .expect("writes");
        for line in &outcome.failed {
            writeln!(report, "  {line}").expect("writes");
        }
        failed += bad;
        total.0 += equal;
        total.1 += accepted;
        used.extend(outcome.used);
        for (decision, count) in outcome.decisions {
            *total.2.entry(decision).or_default() += count;
        }
    }
    println!("{report}");
    println!("accepted by decision (a step may need several): {:?}", total.2);
    println!("replay: {} equal, {} accepted, {failed} failed", total.0, total.1);
    assert_eq!(failed, 0, "answers differ from the recordings and no decision covers them");
    if wanted.is_empty() {
        let unused = deviations.unused(&used);
        assert!(unused.is_empty(), "deviations that no longer occur:\n{}", unused.join("\n"));
    }
}

/// Replays one scenario against a server of its own.
#[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
async fn replay(scenario: Scenario, deviations: Arc<Deviations>) -> Outcome {
    let server = TestServer::start().await;
    let recorded = Record::read(&folder(), &scenario.name);
    let answered = scenario.run(server.address()).await;
    server.stop().await;
    dump(&scenario.name, &recorded, &answered);
    let mut outcome = Outcome {
        name: scenario.name.clone(),
        equal: 0,
        accepted: 0,
        decisions: BTreeMap::new(),
        failed: Vec::new(),
        used: Vec::new(),
    };
    let mut whole = Vec::new();
    for record in &recorded {
        let Some(answer) = answered.get(&record.id) else {
            outcome.failed.push(format!("{}: the step is missing", record.id));
            continue;
        };
        match deviations.judge(record, answer) {
            Verdict::Equal => outcome.equal += 1,
            Verdict::Accepted { decisions, rule, whole: compare } => {
                outcome.accepted += 1;
                for decision in decisions {
                    *outcome.decisions.entry(decision).or_default() += 1;
                }
                outcome.used.extend(rule);
                if compare {
                    whole.push((record.id.clone(), answers::settled(record, answer)));
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
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    outcome.failed.extend(answers::differences(&folder(), &scenario.name, &whole, update));
    outcome
}

/// Writes what we answered, if anybody wants it.
#[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
fn dump(name: &str, recorded: &[Record], answered: &HashMap<String, Answer>) {
    let Ok(folder) = std::env::var("REPLAY_DUMP") else { return };
    let lines = recorded.iter().filter_map(|record| {
        let answer = answered.get(&record.id)?;
        let line = serde_json::json!({
            "scenario": name,
            "id": record.id,
            "time": answer.time,
            "response": answer.document(),
        });
        Some(line.to_string() + "\n")
    });
    let text: String = lines.collect();
    std::fs::write(PathBuf::from(folder).join(format!("{name}.jsonl")), text).expect("writes");
}

#[test]
fn every_recording_equals_itself_and_no_altered_one() {
    for scenario in Scenario::all(&folder()) {
        for record in Record::read(&folder(), &scenario.name) {
            let own = record.as_answer();
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
fn every_deviation_has_a_decision() {
    Deviations::read(&folder()).check();
}
