//! Fault injection: by a request header, or planned for requests that meet conditions.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::fault::{Fault, invalid};
use super::matcher::{Matcher, Subject};
use super::plan::{FaultInput, PlannedFault};
use crate::error::Error;

/// The request header with the specification of a fault.
const HEADER: &str = "sensu-dev-fault";

/// Maximum number of counted faults, and of planned faults.
const MAX_FAULTS: usize = 1_000;

/// Planned faults, and the remaining counts of faults of the header.
pub(super) struct FaultInjector {
    state: Mutex<State>,
    /// All operation IDs.
    operations: Vec<String>,
}

struct State {
    /// Seeded with a constant, so that test runs are repeatable.
    random: StdRng,
    /// Injections of each fault of the header with a count.
    injected: HashMap<String, u32>,
    plans: Vec<Plan>,
    /// Number of faults that were planned.
    planned: u64,
}

struct Plan {
    fault: Fault,
    matcher: Matcher,
    shown: PlannedFault,
}

impl Default for State {
    fn default() -> Self {
        let random = StdRng::seed_from_u64(0);
        Self { random, injected: HashMap::new(), plans: Vec::new(), planned: 0 }
    }
}

impl FaultInjector {
    /// No planned faults. `operations` are the valid operation IDs.
    pub(super) fn new(operations: Vec<String>) -> Self {
        Self { state: Mutex::default(), operations }
    }

    /// All operation IDs.
    pub(super) fn operations(&self) -> &[String] {
        &self.operations
    }

    /// Removes plans and counts, and restarts the random numbers.
    pub(super) fn clear(&self) {
        *self.state() = State::default();
    }

    /// The planned faults; with `has_matched`, only those that have matched a request, or only the others.
    pub(super) fn plans(&self, has_matched: Option<bool>) -> Vec<PlannedFault> {
        let state = self.state();
        let all = state.plans.iter().map(|plan| &plan.shown);
        all.filter(|shown| has_matched.is_none_or(|wanted| (shown.matched > 0) == wanted))
            .cloned()
            .collect()
    }

    /// A planned fault.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub(super) fn planned(&self, id: &str) -> Result<PlannedFault, Error> {
        let state = self.state();
        let index = state.position(id)?;
        state.plans.get(index).map(|plan| plan.shown.clone()).ok_or_else(Error::not_found)
    }

    /// Replaces the planned faults and restarts the counts.
    ///
    /// # Errors
    /// [`Error::Invalid`] if one is invalid: nothing changes.
    pub(super) fn replace(&self, inputs: Vec<FaultInput>) -> Result<Vec<PlannedFault>, Error> {
        if inputs.len() > MAX_FAULTS {
            return Err(too_many());
        }
        let compiled: Vec<(Matcher, Fault)> = inputs
            .iter()
            .zip(0..)
            .map(|(input, index): (_, usize)| {
                input.compile(&self.operations).map_err(|error| in_list(error, index))
            })
            .collect::<Result<_, Error>>()?;
        let mut state = self.state();
        state.injected.clear();
        state.plans.clear();
        for (input, (matcher, fault)) in inputs.into_iter().zip(compiled) {
            state.add(input, matcher, fault);
        }
        Ok(state.plans.iter().map(|plan| plan.shown.clone()).collect())
    }

    /// Plans a fault after the others.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is invalid, or there are too many.
    pub(super) fn add(&self, input: FaultInput) -> Result<PlannedFault, Error> {
        let (matcher, fault) = input.compile(&self.operations)?;
        let mut state = self.state();
        if state.plans.len() >= MAX_FAULTS {
            return Err(too_many());
        }
        Ok(state.add(input, matcher, fault))
    }

    /// Removes a planned fault.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub(super) fn remove(&self, id: &str) -> Result<(), Error> {
        let mut state = self.state();
        let index = state.position(id)?;
        state.plans.remove(index);
        Ok(())
    }

    /// The fault to inject into a request: that of its header, or else the first planned one that matches.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an invalid header.
    pub(super) fn next_fault(&self, request: &Subject<'_>) -> Result<Option<Fault>, Error> {
        let mut state = self.state();
        if let Some(value) = request.headers.get(HEADER) {
            return state.draw(value.to_str().map_err(|_| invalid("not ASCII"))?);
        }
        let State { random, plans, .. } = &mut *state;
        for Plan { fault, matcher, shown } in plans {
            if !matcher.matches(request) {
                continue;
            }
            shown.matched = shown.matched.saturating_add(1);
            let is_used_up = fault.count.is_some_and(|count| shown.injected >= u64::from(count));
            if shown.matched >= u64::from(fault.nth) && !is_used_up && happens(fault, random) {
                shown.injected = shown.injected.saturating_add(1);
                return Ok(Some(fault.clone()));
            }
        }
        Ok(None)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, input: FaultInput, matcher: Matcher, fault: Fault) -> PlannedFault {
        self.planned = self.planned.saturating_add(1);
        let id = format!("fault-{}", self.planned);
        let shown = PlannedFault { id, input, matched: 0, injected: 0 };
        self.plans.push(Plan { fault, matcher, shown: shown.clone() });
        shown
    }

    fn position(&self, id: &str) -> Result<usize, Error> {
        let position = self.plans.iter().position(|plan| plan.shown.id == id);
        position.ok_or_else(|| {
            let message = format!("fault {id:?} does not exist; GET /dev/faults lists the faults");
            Error::NotFound(message.into())
        })
    }

    /// The fault of a header, unless its count is used up or its probability spares the request.
    fn draw(&mut self, text: &str) -> Result<Option<Fault>, Error> {
        let fault = Fault::parse(text)?;
        if let Some(count) = fault.count {
            if self.injected.len() == MAX_FAULTS && !self.injected.contains_key(text) {
                return Err(invalid("too many different counts; POST /dev/reset clears them"));
            }
            if *self.injected.entry(text.to_owned()).or_default() >= count {
                return Ok(None);
            }
        }
        if !happens(&fault, &mut self.random) {
            return Ok(None);
        }
        if let Some(injected) = self.injected.get_mut(text) {
            *injected = injected.saturating_add(1);
        }
        Ok(Some(fault))
    }
}

/// Whether the probability of the fault selects the next request.
fn happens(fault: &Fault, random: &mut StdRng) -> bool {
    fault.probability >= 1.0 || random.random_bool(fault.probability)
}

/// The error about a fault of a list.
fn in_list(error: Error, index: usize) -> Error {
    match error {
        Error::Invalid(mut reason) => {
            reason.field = Some(format!("/{index}{}", reason.field.unwrap_or_default()));
            Error::Invalid(reason)
        }
        other => other,
    }
}

fn too_many() -> Error {
    Error::invalid(format!(
        "the maximum is {MAX_FAULTS} planned faults; DELETE /dev/faults removes all"
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, Method, StatusCode};

    use super::super::fault::Failure;
    use super::*;

    const PATH: &str = "/apis/core/v2/namespaces";

    fn injector() -> FaultInjector {
        FaultInjector::new(vec!["check_list".into(), "check_create".into()])
    }

    fn next(
        faults: &FaultInjector,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Fault>, Error> {
        let operation = Some("check_list");
        faults.next_fault(&Subject { operation, method, path, query: None, headers })
    }

    fn by_header(faults: &FaultInjector, value: &'static str) -> Result<Option<Fault>, Error> {
        let value = http::HeaderValue::from_static(value);
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), value)]);
        next(faults, &Method::GET, PATH, &headers)
    }

    fn inputs(json: &str) -> Vec<FaultInput> {
        serde_json::from_str(json).unwrap()
    }

    fn outcomes(faults: &FaultInjector, value: &'static str, times: usize) -> Vec<bool> {
        let fails = |_| by_header(faults, value).unwrap().is_some();
        (0..times).map(fails).collect()
    }

    #[test]
    fn the_header_specifies_a_fault() {
        let faults = injector();
        assert_eq!(next(&faults, &Method::GET, PATH, &HeaderMap::new()), Ok(None));
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
        let faults = injector();
        assert_eq!(outcomes(&faults, "status=503; count=2", 4), [true, true, false, false]);
        assert_eq!(outcomes(&faults, "status=500; count=1", 2), [true, false]);
        faults.clear();
        assert_eq!(outcomes(&faults, "status=503; count=2", 3), [true, true, false]);
    }

    #[test]
    fn a_probability_is_met_and_runs_are_repeatable() {
        let faults = injector();
        let first = outcomes(&faults, "drop; probability=0.2", 1_000);
        let failed = first.iter().filter(|fails| **fails).count();
        assert!((150..250).contains(&failed), "{failed}");
        faults.clear();
        assert_eq!(outcomes(&faults, "drop; probability=0.2", 1_000), first);
        assert_eq!(outcomes(&faults, "drop; probability=0", 5), [false; 5]);
    }

    #[test]
    fn planned_faults_need_no_header() {
        let faults = injector();
        let plan =
            r#"[{"fault": "status=503; count=1", "method": "GET", "path": "/apis/core/v2"}]"#;
        faults.replace(inputs(plan)).unwrap();
        let fault = |method, path| next(&faults, &method, path, &HeaderMap::new()).unwrap();
        assert_eq!(fault(Method::POST, PATH), None);
        assert_eq!(fault(Method::GET, "/health"), None);
        assert!(fault(Method::GET, PATH).is_some());
        assert_eq!(fault(Method::GET, PATH), None, "its count is used up");
        faults.replace(inputs(plan)).unwrap();
        for bad in [r#"[{"fault": "explode"}]"#, "[{}]"] {
            assert!(matches!(faults.replace(inputs(bad)), Err(Error::Invalid(_))));
        }
        assert!(fault(Method::GET, PATH).is_some(), "an invalid plan changes nothing");
    }

    #[test]
    fn matches_and_injections_are_counted_per_fault() {
        let faults = injector();
        faults
            .replace(inputs(r#"[{"status": 503, "nth": 3}, {"drop": true, "times": 2}]"#))
            .unwrap();
        faults.add(inputs(r#"[{"operation": "check_create", "reset": true}]"#).remove(0)).unwrap();
        let headers = HeaderMap::new();
        let failures: Vec<Option<Failure>> =
            (0..5).map(|_| next(&faults, &Method::GET, PATH, &headers).unwrap()?.failure).collect();
        let status = Failure::Status(StatusCode::SERVICE_UNAVAILABLE);
        let drop = Some(Failure::Drop);
        assert_eq!(failures, [drop.clone(), drop, Some(status), None, None]);
        let counts = |plans: Vec<PlannedFault>| -> Vec<(String, u64, u64)> {
            plans.into_iter().map(|plan| (plan.id, plan.matched, plan.injected)).collect()
        };
        let third = ("fault-3".to_owned(), 0, 0);
        assert_eq!(
            counts(faults.plans(None)),
            [("fault-1".into(), 5, 1), ("fault-2".into(), 4, 2), third.clone()]
        );
        assert_eq!(counts(faults.plans(Some(false))), [third]);
        faults.remove("fault-3").unwrap();
        assert!(matches!(faults.remove("fault-3"), Err(Error::NotFound(_))));
        assert_eq!(faults.plans(None).len(), 2);
    }

    #[test]
    fn errors_state_what_to_change() {
        let faults = injector();
        for (input, message) in [
            (
                r#"{"operation": "check_creat", "drop": true}"#,
                "did you mean one of check_list, check_create?",
            ),
            (r#"{"status": 200}"#, "400 to 599"),
            (r#"{"status": 200, "body": "x", "drop": true}"#, "only one of"),
            (r#"{"method": "get", "drop": true}"#, "in capitals"),
            (r#"{"nth": 0, "drop": true}"#, "counted from 1"),
            (r#"{"delay": "2h"}"#, "at most 60s"),
            (r#"{"drop": true, "content_type": "text/html"}"#, "without body"),
        ] {
            let input = serde_json::from_str(input).unwrap();
            let error = faults.add(input).unwrap_err();
            assert!(error.message().contains(message), "{error:?}");
        }
    }
}
