//! Determines which silenced entries apply to an event, and which it ends (D24).

use std::collections::HashSet;

use sensu_types::Resource as _;
use sensu_types::entity::Entity;
use sensu_types::event::Check;
use sensu_types::silenced::Silenced;

/// The silenced entries that match an event.
pub(crate) struct MatchingSilences {
    /// Names of the entries that apply: first those for the entity, then those for subscriptions, then
    /// the one for the check alone.
    pub(crate) applying: Vec<String>,
    /// Names of the entries that end with the event, because they have `expire_on_resolve`.
    pub(crate) expired: Vec<String>,
}

/// Evaluates the silenced entries of a namespace, which are sorted by name. The time is that of one
/// lookup for each subscription, whatever their number.
pub(crate) fn evaluate(
    entity: &Entity,
    check: &Check,
    silences: &[Silenced],
    resolved: bool,
    now: i64,
) -> MatchingSilences {
    let mut matching = MatchingSilences { applying: Vec::new(), expired: Vec::new() };
    if silences.is_empty() {
        return matching;
    }
    let mut seen = HashSet::new();
    for name in names(entity, check) {
        let found = silences.binary_search_by(|entry| entry.name().cmp(&name));
        let Some(entry) = found.ok().and_then(|index| silences.get(index)) else { continue };
        let is_active = entry.begin <= now && entry.expires_at().is_none_or(|end| now < end);
        if !is_active || !seen.insert(entry.name()) {
            continue;
        }
        match resolved && entry.expire_on_resolve {
            true => matching.expired.push(name),
            false => matching.applying.push(name),
        }
    }
    matching
}

/// The possible names of entries that apply to the event.
fn names(entity: &Entity, check: &Check) -> Vec<String> {
    let check_name = &check.metadata.name;
    let own = format!("entity:{}", entity.metadata.name);
    let subscribed: HashSet<&String> = entity.subscriptions.iter().collect();
    let shared = check.subscriptions.iter().filter(|name| subscribed.contains(name));
    let mut names: Vec<String> = std::iter::once(&own)
        .chain(shared)
        .flat_map(|subscription| {
            [format!("{subscription}:*"), format!("{subscription}:{check_name}")]
        })
        .collect();
    names.push(format!("*:{check_name}"));
    names
}

#[cfg(test)]
mod tests {
    use sensu_types::event::Event;

    use super::*;
    use crate::apply;

    fn event(status: u32) -> Event {
        let mut event = Event::with_status("web", "cpu", status);
        event.check.as_mut().unwrap().subscriptions = vec!["linux".into(), "db".into()];
        event.entity.as_mut().unwrap().subscriptions = vec!["linux".into()];
        event
    }

    fn silenced_by(silences: &[Silenced], now: i64) -> Vec<String> {
        apply(None, event(1), silences, now).event.check.unwrap().silenced
    }

    #[test]
    fn entries_apply_by_entity_common_subscription_and_check() {
        let mut silences = [
            Silenced::entry("", "cpu"),
            Silenced::entry("linux", "cpu"),
            Silenced::entry("linux", ""),
            Silenced::entry("entity:web", ""),
            Silenced::entry("entity:web", "cpu"),
            Silenced::entry("db", ""),
            Silenced::entry("entity:other", ""),
            Silenced::entry("", "disk"),
        ];
        silences.sort_by(|one, next| one.name().cmp(next.name()));
        assert_eq!(
            silenced_by(&silences, 1),
            ["entity:web:*", "entity:web:cpu", "linux:*", "linux:cpu", "*:cpu"]
        );
    }

    /// Compared one by one, these lists would take hours.
    #[test]
    fn many_subscriptions_and_entries_are_not_compared_one_by_one() {
        let mut event = event(1);
        let named = |prefix: char| (0..300_000).map(move |n| format!("{prefix}{n}")).collect();
        event.check.as_mut().unwrap().subscriptions = named('a');
        event.entity.as_mut().unwrap().subscriptions = named('b');
        let mut silences: Vec<Silenced> =
            (0..1_000).map(|n| Silenced::entry(&format!("a{n}"), "")).collect();
        silences.sort_by(|one, next| one.name().cmp(next.name()));
        let check = apply(None, event.clone(), &silences, 1).event.check.unwrap();
        assert_eq!(check.silenced, [""; 0]);
        event.entity.as_mut().unwrap().subscriptions = named('a');
        let check = apply(None, event, &silences, 1).event.check.unwrap();
        assert_eq!(check.silenced.len(), 1_000);
    }

    #[test]
    fn an_entry_of_a_repeated_subscription_applies_once() {
        let mut event = event(1);
        let repeated = vec!["linux".to_owned(), "entity:web".to_owned(), "linux".to_owned()];
        event.check.as_mut().unwrap().subscriptions = repeated.clone();
        event.entity.as_mut().unwrap().subscriptions = repeated;
        let silences = [Silenced::entry("entity:web", ""), Silenced::entry("linux", "")];
        let silenced = apply(None, event, &silences, 1).event.check.unwrap().silenced;
        assert_eq!(silenced, ["entity:web:*", "linux:*"]);
    }

    #[test]
    fn an_entry_is_active_from_its_begin_until_before_its_end() {
        let entry = Silenced { begin: 10, expire_at: 20, ..Silenced::entry("", "cpu") };
        let is_active = |now| !silenced_by(std::slice::from_ref(&entry), now).is_empty();
        assert_eq!([9, 10, 19, 20].map(is_active), [false, true, true, false]);
    }

    #[test]
    fn an_entry_with_expire_on_resolve_ends_with_the_resolution() {
        let entry = Silenced { expire_on_resolve: true, ..Silenced::entry("", "cpu") };
        let silences = [entry, Silenced::entry("linux", "")];
        let failing = apply(None, event(1), &silences, 1);
        assert_eq!(failing.expired_silences, [""; 0]);
        assert_eq!(failing.event.check.as_ref().unwrap().silenced, ["linux:*", "*:cpu"]);
        let resolved = apply(Some(&failing.event), event(0), &silences, 2);
        assert_eq!(resolved.expired_silences, ["*:cpu"]);
        assert_eq!(resolved.event.check.unwrap().silenced, ["linux:*"]);
    }
}
