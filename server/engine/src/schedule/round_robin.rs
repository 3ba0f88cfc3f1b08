//! Round robin: which agents execute a run of a check of which only one agent at a time executes a run.
//!
//! A check has one ring: the agents with at least one of its subscriptions. In Sensu Go each subscription has
//! its own, so that a check with two subscriptions runs twice (sensu-go#1973).

use std::collections::{BTreeSet, HashSet};

/// The members of the ring of a check, in byte order of their names. `agents` are the connected agents with
/// their subscriptions.
pub fn members<'a>(
    subscriptions: &[String],
    agents: impl IntoIterator<Item = (&'a str, &'a [String])>,
) -> BTreeSet<&'a str> {
    let subscriptions: HashSet<&str> = subscriptions.iter().map(String::as_str).collect();
    let is_member = |own: &[String]| {
        own.iter().any(|subscription| subscriptions.contains(subscription.as_str()))
    };
    agents.into_iter().filter(|(_, own)| is_member(own)).map(|(name, _)| name).collect()
}

/// The agents that execute the next `count` requests.
///
/// They are the members after `last_used` in byte order, then those from the beginning. More requests than members are
/// distributed evenly. `last_used` need not be a member any more. The last name of the result is `last_used` of the
/// next call. Empty if there are no members.
#[must_use]
pub fn next_agents(members: &BTreeSet<&str>, last_used: Option<&str>, count: usize) -> Vec<String> {
    let is_before = |name: &&str| last_used.is_some_and(|last| *name <= last);
    let start = members.iter().take_while(|name| is_before(name)).count();
    members.iter().cycle().skip(start).take(count).map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
        names.iter().copied().collect()
    }

    /// B18.
    #[test]
    fn agents_take_turns_in_byte_order() {
        let mut used: Vec<String> = Vec::new();
        let mut connected = ring(&["b", "a", "c"]);
        for run in 0..12 {
            if run == 6 {
                connected.remove("b");
            }
            let next = next_agents(&connected, used.last().map(String::as_str), 1);
            assert_eq!(next.len(), 1);
            used.extend(next);
        }
        assert_eq!(used.concat(), "abcabcacacac");
    }

    #[test]
    fn the_agent_after_one_that_left_is_next() {
        for (last, next) in
            [(None, "Z"), (Some("Z"), "a"), (Some("b"), "c"), (Some("c"), "Z"), (Some("zz"), "Z")]
        {
            assert_eq!(next_agents(&ring(&["a", "c", "Z"]), last, 1), [next], "{last:?}");
        }
        assert!(next_agents(&ring(&[]), Some("a"), 3).is_empty());
    }

    #[test]
    fn proxy_requests_are_distributed_evenly() {
        let names = ring(&["a", "b", "c"]);
        assert_eq!(next_agents(&names, Some("a"), 7).concat(), "bcabcab");
        assert!(next_agents(&names, None, 0).is_empty());
    }

    /// B19.
    #[test]
    fn a_check_with_two_subscriptions_has_one_ring() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (both, first, second, other) =
            (list(&["linux", "web"]), list(&["linux"]), list(&["entity:x", "web"]), list(&["db"]));
        let agents = [("d", &*both), ("c", &*second), ("b", &*other), ("a", &*first)];
        assert_eq!(members(&list(&["linux", "web"]), agents), ring(&["a", "c", "d"]));
        assert_eq!(members(&list(&["entity:x"]), agents), ring(&["c"]));
        assert_eq!(members(&[], agents), ring(&[]));
    }
}
