//! Fault injection: by a request header, or planned for requests that meet conditions.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::fault::{Fault, invalid};
use super::matcher::{Matcher, Subject};
use super::plan::{FaultInput, PlannedFault};
use crate::error::Error;

/// The request header with the specification of a fault.
pub(super) const HEADER: &str = "sensu-dev-fault";

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
