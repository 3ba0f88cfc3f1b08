//! Fault injection: by a request header, or planned for all requests that match a method and a path.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, invalid};
use crate::error::Error;

/// The request header with the specification of a fault.
const HEADER: &str = "sensu-dev-fault";

/// Maximum number of counted faults, and of planned faults.
const MAX_FAULTS: usize = 1_000;

/// A fault for requests without the header.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// Specification, as in the header.
    fault: String,
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// Only requests whose path starts like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

/// Planned faults, and the remaining counts of all faults.
pub(super) struct FaultInjector(Mutex<State>);

struct State {
    /// Seeded with a constant, so that test runs are repeatable.
    random: StdRng,
    remaining: HashMap<String, u32>,
    plans: Vec<Plan>,
}

impl Default for State {
    fn default() -> Self {
        Self { random: StdRng::seed_from_u64(0), remaining: HashMap::new(), plans: Vec::new() }
    }
}

impl FaultInjector {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Removes plans and counts, and restarts the random numbers.
    pub(super) fn clear(&self) {
        *self.state() = State::default();
    }

    pub(super) fn plans(&self) -> Vec<Plan> {
        self.state().plans.clone()
    }

    /// Replaces the plans, given as JSON, and restarts the counts.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a plan is invalid: nothing changes.
    pub(super) fn plan(&self, body: &[u8]) -> Result<Vec<Plan>, Error> {
        let plans: Vec<Plan> = serde_json::from_slice(body).map_err(|error| {
            Error::invalid(format!(
                r#"{error}; expected [{{"fault": "status=503; count=3", "method": "GET", "path": "/apis"}}]"#
            ))
        })?;
        if plans.len() > MAX_FAULTS {
            return Err(Error::invalid(format!("the maximum is {MAX_FAULTS} planned faults")));
        }
        for plan in &plans {
            Fault::parse(&plan.fault)?;
        }
        let mut state = self.state();
        state.remaining.clear();
        state.plans.clone_from(&plans);
        Ok(plans)
    }

    /// The fault to inject into a request: that of its header, or else the first planned one that matches.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid header.
    pub(super) fn next_fault(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Fault>, Error> {
        if let Some(value) = headers.get(HEADER) {
            let text = value.to_str().map_err(|_| invalid("not ASCII"))?;
            return self.state().draw(text, text);
        }
        let mut state = self.state();
        for (index, plan) in state.plans.clone().iter().enumerate() {
            let matches = plan.method.as_ref().is_none_or(|wanted| wanted == method.as_str())
                && plan.path.as_ref().is_none_or(|start| path.starts_with(start.as_str()));
            // No header contains a newline, so planned faults have their own counts.
            if matches && let Some(fault) = state.draw(&format!("\n{index}"), &plan.fault)? {
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
    /// The fault, unless its count is used up or its probability spares the request. `key` identifies its
    /// count.
    fn draw(&mut self, key: &str, text: &str) -> Result<Option<Fault>, Error> {
        let fault = Fault::parse(text)?;
        if let Some(count) = fault.count {
            if self.remaining.len() == MAX_FAULTS && !self.remaining.contains_key(key) {
                return Err(invalid("too many different counts; POST /dev/reset clears them"));
            }
            if *self.remaining.entry(key.to_owned()).or_insert(count) == 0 {
                return Ok(None);
            }
        }
        if fault.probability < 1.0 && !self.random.random_bool(fault.probability) {
            return Ok(None);
        }
        if let Some(remaining) = self.remaining.get_mut(key) {
            *remaining = remaining.saturating_sub(1);
        }
        Ok(Some(fault))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::super::fault::Failure;
    use super::*;

    const PATH: &str = "/apis/core/v2/namespaces";

    fn by_header(faults: &FaultInjector, value: &'static str) -> Result<Option<Fault>, Error> {
        let value = http::HeaderValue::from_static(value);
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), value)]);
        faults.next_fault(&Method::GET, PATH, &headers)
    }

    fn outcomes(faults: &FaultInjector, value: &'static str, times: usize) -> Vec<bool> {
        let fails = |_| by_header(faults, value).unwrap().is_some();
        (0..times).map(fails).collect()
    }

    #[test]
    fn the_header_specifies_a_fault() {
        let faults = FaultInjector::new();
        assert_eq!(faults.next_fault(&Method::GET, PATH, &HeaderMap::new()), Ok(None));
        let slow = by_header(&faults, "delay=250ms; status=503").unwrap().unwrap();
        assert_eq!(slow.delay, Duration::from_millis(250));
        assert_eq!(slow.failure, Some(Failure::Status(StatusCode::SERVICE_UNAVAILABLE)));
        let drop = by_header(&faults, "drop").unwrap().unwrap();
        assert_eq!((drop.delay, drop.failure), (Duration::ZERO, Some(Failure::Drop)));
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
            assert!(matches!(by_header(&faults, bad), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn each_fault_has_a_count_until_they_are_cleared() {
        let faults = FaultInjector::new();
        assert_eq!(outcomes(&faults, "status=503; count=2", 4), [true, true, false, false]);
        assert_eq!(outcomes(&faults, "status=500; count=1", 2), [true, false]);
        faults.clear();
        assert_eq!(outcomes(&faults, "status=503; count=2", 3), [true, true, false]);
    }

    #[test]
    fn a_probability_is_met_and_runs_are_repeatable() {
        let faults = FaultInjector::new();
        let first = outcomes(&faults, "drop; probability=0.2", 1_000);
        let failed = first.iter().filter(|fails| **fails).count();
        assert!((150..250).contains(&failed), "{failed}");
        faults.clear();
        assert_eq!(outcomes(&faults, "drop; probability=0.2", 1_000), first);
        assert_eq!(outcomes(&faults, "drop; probability=0", 5), [false; 5]);
    }

    #[test]
    fn planned_faults_need_no_header() {
        let faults = FaultInjector::new();
        let plan =
            br#"[{"fault": "status=503; count=1", "method": "GET", "path": "/apis/core/v2"}]"#;
        faults.plan(plan).unwrap();
        let fault = |method, path| faults.next_fault(&method, path, &HeaderMap::new()).unwrap();
        assert_eq!(fault(Method::POST, PATH), None);
        assert_eq!(fault(Method::GET, "/health"), None);
        assert!(fault(Method::GET, PATH).is_some());
        assert_eq!(fault(Method::GET, PATH), None, "its count is used up");
        faults.plan(plan).unwrap();
        for bad in [&b"{}"[..], br#"[{"fault": "explode"}]"#, br#"[{"fault": "drop", "to": 1}]"#] {
            assert!(matches!(faults.plan(bad), Err(Error::Invalid(_))));
        }
        assert!(fault(Method::GET, PATH).is_some(), "an invalid plan changes nothing");
    }
}
