//! Budgets of buffered bytes: what all requests together may hold in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A budget of bytes, shared by all requests.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    limit: usize,
    used: AtomicUsize,
}

/// Bytes charged to a budget, returned to it when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Arc<ByteBudget>,
    bytes: usize,
}

impl ByteBudget {
    /// A budget of `limit` bytes.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    /// An empty charge, to be extended.
    pub(crate) fn open(self: &Arc<Self>) -> Charge {
        Charge { budget: Arc::clone(self), bytes: 0 }
    }

    /// Charges bytes, even beyond the limit.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> Charge {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        Charge { budget: Arc::clone(self), bytes }
    }

    /// Charges bytes; `None` if the budget does not have them. A budget that is not used at all accepts
    /// any size, because the limits of single requests and responses can be configured.
    pub(crate) fn try_charge(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let mut charge = self.open();
        charge.try_extend(bytes).then_some(charge)
    }

    /// Whether the limit is reached.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.used() >= self.limit
    }

    /// Whether more than half of the limit is used.
    pub(crate) fn is_scarce(&self) -> bool {
        self.used() > self.limit / 2
    }

    /// Bytes charged at present.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

impl Charge {
    /// Charges further bytes; `false`, and no change, if the budget does not have them.
    pub(crate) fn try_extend(&mut self, bytes: usize) -> bool {
        let (budget, own) = (&self.budget, self.bytes);
        let fits = |used: usize| {
            let total = used.saturating_add(bytes);
            (total <= budget.limit || used == own).then_some(total)
        };
        let charged = budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if charged {
            self.bytes = self.bytes.saturating_add(bytes);
        }
        charged
    }

    /// Charges this number of bytes in all; `false`, and no change, if the budget does not have them.
    pub(crate) fn resize(&mut self, bytes: usize) -> bool {
        let Some(surplus) = self.bytes.checked_sub(bytes) else {
            return self.try_extend(bytes.saturating_sub(self.bytes));
        };
        self.budget.used.fetch_sub(surplus, Ordering::Relaxed);
        self.bytes = bytes;
        true
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_refused_beyond_the_limit_and_returned_when_dropped() {
        let budget = ByteBudget::new(100);
        let first = budget.try_charge(60).unwrap();
        assert!(budget.is_scarce() && !budget.is_exhausted());
        assert!(budget.try_charge(41).is_none());
        let mut second = budget.try_charge(30).unwrap();
        assert!(!second.resize(41) && second.resize(40));
        assert!(budget.is_exhausted());
        drop(first);
        assert_eq!((budget.used(), second.bytes), (40, 40));
        assert!(second.resize(5));
        assert_eq!((budget.used(), second.bytes), (5, 5));
    }

    #[test]
    fn a_single_charge_may_exceed_the_limit() {
        let budget = ByteBudget::new(100);
        let mut only = budget.open();
        assert!(only.try_extend(90) && only.try_extend(90));
        assert!(budget.try_charge(1).is_none());
        drop(budget.charge(1_000));
        drop(only);
        assert_eq!(budget.used(), 0);
    }
}
