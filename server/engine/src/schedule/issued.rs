//! Time of issue of check requests: never repeated for a check and a proxy entity, never 0.
//!
//! Agents from 6.7.3 on drop a request whose `issued` is not greater than that of the last request of the check
//! and the proxy entity.

use std::collections::BTreeMap;

/// The last `issued` of each check and proxy entity.
///
/// The state is lost in a restart: `issued` then begins at the clock again, unless [`Issued::raise`] restores it,
/// for example from `check.issued` of stored events.
#[derive(Clone, Debug, Default)]
pub struct Issued {
    /// By namespace, check and proxy entity.
    last: BTreeMap<(String, String), BTreeMap<String, i64>>,
}

impl Issued {
    /// The `issued` of the next request, in seconds since 1970-01-01 UTC: `now`, or one more than the last one if the
    /// clock has not advanced since then or was set back. `proxy_entity` is empty for the entity of the agent.
    pub fn next(&mut self, namespace: &str, check: &str, proxy_entity: &str, now: i64) -> i64 {
        let last = self.entry(namespace, check, proxy_entity);
        *last = next_after(*last, now);
        *last
    }

    /// Records an `issued` that was used, unless a later one is recorded.
    pub fn raise(&mut self, namespace: &str, check: &str, proxy_entity: &str, issued: i64) {
        let last = self.entry(namespace, check, proxy_entity);
        *last = issued.max(*last);
    }

    /// Removes a check that was deleted.
    pub fn remove(&mut self, namespace: &str, check: &str) {
        self.last.remove(&(namespace.to_owned(), check.to_owned()));
    }

    fn entry(&mut self, namespace: &str, check: &str, proxy_entity: &str) -> &mut i64 {
        let of_check = self.last.entry((namespace.to_owned(), check.to_owned())).or_default();
        of_check.entry(proxy_entity.to_owned()).or_default()
    }
}

fn next_after(last: i64, now: i64) -> i64 {
    now.max(last.saturating_add(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B14 and B16.
    #[test]
    fn issued_increases_even_if_the_clock_does_not() {
        let mut issued = Issued::default();
        let clock = [0, 100, 100, 100, 101, 50, 200, i64::MIN];
        let times = clock.map(|now| issued.next("default", "cpu", "", now));
        assert_eq!(times, [1, 100, 101, 102, 103, 104, 200, 201]);
        issued.raise("default", "cpu", "", 500);
        issued.raise("default", "cpu", "", 400);
        assert_eq!(issued.next("default", "cpu", "", 300), 501);
        assert_eq!(issued.next("default", "cpu", "", i64::MAX), i64::MAX);
        assert_eq!(issued.next("default", "cpu", "", 1), i64::MAX);
    }

    /// B9.
    #[test]
    fn proxy_entities_and_namespaces_are_independent() {
        let mut issued = Issued::default();
        for (namespace, check, entity) in [
            ("a", "cpu", ""),
            ("a", "cpu", "x"),
            ("a", "cpu", "y"),
            ("b", "cpu", ""),
            ("a", "b", ""),
        ] {
            assert_eq!(issued.next(namespace, check, entity, 7), 7, "{namespace} {check} {entity}");
        }
        issued.remove("a", "cpu");
        assert_eq!(issued.next("a", "cpu", "x", 7), 7);
    }
}
