//! Cooperative scheduling: long loops on the threads that serve requests let other requests run.

/// Bytes of stored values to process before the task yields: about a millisecond of decoding.
const BYTES: usize = 64 << 10;

/// Counts the work of a task since it last yielded.
#[derive(Debug, Default)]
pub(crate) struct YieldBudget {
    spent: usize,
}

impl YieldBudget {
    /// Counts `bytes` bytes of processed values. Yields once the budget is spent, so that other tasks
    /// wait for at most that much work.
    pub(crate) async fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent >= BYTES {
            self.spent = 0;
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_task_yields_once_its_budget_is_spent() {
        let mut budget = YieldBudget::default();
        assert_eq!(budget.spend(BYTES - 1).now_or_never(), Some(()));
        assert_eq!(budget.spend(1).now_or_never(), None, "yields");
        assert_eq!(budget.spend(1).now_or_never(), Some(()), "starts over");
        assert_eq!(budget.spend(usize::MAX).now_or_never(), None);
    }
}
