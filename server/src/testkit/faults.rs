//! Whether it is time for a failure: what requests ask for in a header, what is planned for all of
//! them, and how often each has happened.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, bad};
use crate::error::Error;

/// The request header that asks for a failure.
const HEADER: &str = "sensu-dev-fault";

/// Different failures that are counted, and failures that are planned.
const MANY: usize = 1_000;

/// A failure for requests that do not ask for it themselves.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// As in the header.
    fault: String,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Only requests whose path starts like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

/// Failures that are planned, and how often each has still to happen.
pub(super) struct Faults(Mutex<State>);

struct State {
    /// Always the same numbers, so that a run can be repeated.
    dice: StdRng,
    left: HashMap<String, u32>,
    plans: Vec<Plan>,
}

impl Default for State {
    fn default() -> Self {
        Self { dice: StdRng::seed_from_u64(0), left: HashMap::new(), plans: Vec::new() }
    }
}

impl Faults {
    pub(super) fn none() -> Self {
        Self(Mutex::default())
    }

    /// Forgets plans and counts, and starts the dice over.
    pub(super) fn forget(&self) {
        *self.state() = State::default();
    }

    /// What is planned.
    pub(super) fn plans(&self) -> Vec<Plan> {
        self.state().plans.clone()
    }

    /// Plans these and nothing else. Counts begin anew.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one is no failure; nothing has changed then.
    pub(super) fn plan(&self, body: &[u8]) -> Result<Vec<Plan>, Error> {
        let plans: Vec<Plan> = serde_json::from_slice(body).map_err(|error| {
            Error::Invalid(format!(
                r#"{error}; write [{{"fault": "status=503; count=3", "method": "GET", "path": "/apis"}}]"#
            ))
        })?;
        if plans.len() > MANY {
            return Err(Error::Invalid(format!("at most {MANY} failures can be planned")));
        }
        for plan in &plans {
            Fault::read(&plan.fault)?;
        }
        let mut state = self.state();
        state.left.clear();
        state.plans.clone_from(&plans);
        Ok(plans)
    }

    /// The failure of a request, if it asks for one or one is planned for it, and it is time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if what it asks for is none, with what one looks like.
    pub(super) fn of(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Fault>, Error> {
        if let Some(value) = headers.get(HEADER) {
            let text = value.to_str().map_err(|_| bad("not ASCII"))?;
            return self.state().due(text, text);
        }
        let mut state = self.state();
        for (index, plan) in state.plans.clone().iter().enumerate() {
            let meant = plan.method.as_ref().is_none_or(|wanted| wanted == method.as_str())
                && plan.path.as_ref().is_none_or(|start| path.starts_with(start.as_str()));
            // No header begins like this, so the counts are apart.
            if meant && let Some(fault) = state.due(&format!("\n{index}"), &plan.fault)? {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The failure, if it is time; `key` is what it is counted under.
    fn due(&mut self, key: &str, text: &str) -> Result<Option<Fault>, Error> {
        let fault = Fault::read(text)?;
        if let Some(count) = fault.count {
            if self.left.len() == MANY && !self.left.contains_key(key) {
                return Err(bad("too many different counts; POST /dev/reset forgets them"));
            }
            if *self.left.entry(key.to_owned()).or_insert(count) == 0 {
                return Ok(None);
            }
        }
        if fault.probability < 1.0 && !self.dice.random_bool(fault.probability) {
            return Ok(None);
        }
        if let Some(left) = self.left.get_mut(key) {
            *left = left.saturating_sub(1);
        }
        Ok(Some(fault))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::super::fault::End;
    use super::*;

    const PATH: &str = "/apis/core/v2/namespaces";

    fn asked(faults: &Faults, value: &'static str) -> Result<Option<Fault>, Error> {
        let value = http::HeaderValue::from_static(value);
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), value)]);
        faults.of(&Method::GET, PATH, &headers)
    }

    fn ends(faults: &Faults, value: &'static str, times: usize) -> Vec<bool> {
        let fails = |_| asked(faults, value).expect("is a failure").is_some();
        (0..times).map(fails).collect()
    }

    #[test]
    fn failures_are_read_from_the_header() {
        let faults = Faults::none();
        assert_eq!(faults.of(&Method::GET, PATH, &HeaderMap::new()), Ok(None));
        let slow = asked(&faults, "delay=250ms; status=503").expect("reads").expect("fails");
        assert_eq!(slow.delay, Duration::from_millis(250));
        assert_eq!(slow.end, Some(End::Status(StatusCode::SERVICE_UNAVAILABLE)));
        let drop = asked(&faults, "drop").expect("reads").expect("fails");
        assert_eq!((drop.delay, drop.end), (Duration::ZERO, Some(End::Drop)));
        for bad in [
            "status=200",
            "status=x",
            "delay=soon",
            "delay=2h",
            "explode",
            "",
            "drop=1",
            "count=3",
            "drop; count=-1",
            "drop; probability=2",
            "drop; probability=NaN",
        ] {
            assert!(matches!(asked(&faults, bad), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn a_count_is_kept_for_each_failure_until_it_is_forgotten() {
        let faults = Faults::none();
        assert_eq!(ends(&faults, "status=503; count=2", 4), [true, true, false, false]);
        assert_eq!(ends(&faults, "status=500; count=1", 2), [true, false]);
        faults.forget();
        assert_eq!(ends(&faults, "status=503; count=2", 3), [true, true, false]);
    }

    #[test]
    fn a_probability_is_about_right_and_can_be_repeated() {
        let faults = Faults::none();
        let first = ends(&faults, "drop; probability=0.2", 1_000);
        let often = first.iter().filter(|failed| **failed).count();
        assert!((150..250).contains(&often), "{often}");
        faults.forget();
        assert_eq!(ends(&faults, "drop; probability=0.2", 1_000), first);
        assert_eq!(ends(&faults, "drop; probability=0", 5), [false; 5]);
    }

    #[test]
    fn what_is_planned_fails_without_a_header() {
        let faults = Faults::none();
        let plan =
            br#"[{"fault": "status=503; count=1", "method": "GET", "path": "/apis/core/v2"}]"#;
        faults.plan(plan).expect("is a plan");
        let of = |method, path| faults.of(&method, path, &HeaderMap::new()).expect("reads");
        assert_eq!(of(Method::POST, PATH), None);
        assert_eq!(of(Method::GET, "/health"), None);
        assert!(of(Method::GET, PATH).is_some());
        assert_eq!(of(Method::GET, PATH), None, "once was enough");
        faults.plan(plan).expect("is a plan");
        for bad in [&b"{}"[..], br#"[{"fault": "explode"}]"#, br#"[{"fault": "drop", "to": 1}]"#] {
            assert!(matches!(faults.plan(bad), Err(Error::Invalid(_))));
        }
        assert!(of(Method::GET, PATH).is_some(), "a bad plan changes nothing");
    }
}
