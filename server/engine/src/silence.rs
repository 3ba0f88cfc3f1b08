//! Determines which silenced entries apply to an event, and which it ends (D24).

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

pub(crate) fn evaluate(
    entity: &Entity,
    check: &Check,
    silences: &[Silenced],
    resolved: bool,
    now: i64,
) -> MatchingSilences {
    let mut matching = MatchingSilences { applying: Vec::new(), expired: Vec::new() };
    for name in names(entity, check) {
        let is_active = |entry: &&Silenced| {
            entry.name() == name
                && entry.begin <= now
                && entry.expires_at().is_none_or(|end| now < end)
        };
        let Some(entry) = silences.iter().find(is_active) else { continue };
        let list = match resolved && entry.expire_on_resolve {
            true => &mut matching.expired,
            false => &mut matching.applying,
        };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    matching
}

/// The possible names of entries that apply to the event.
fn names(entity: &Entity, check: &Check) -> Vec<String> {
    let check_name = &check.metadata.name;
    let own = format!("entity:{}", entity.metadata.name);
    let shared = check.subscriptions.iter().filter(|name| entity.subscriptions.contains(name));
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
        let silences = [
            Silenced::entry("", "cpu"),
            Silenced::entry("linux", "cpu"),
            Silenced::entry("linux", ""),
            Silenced::entry("entity:web", ""),
            Silenced::entry("entity:web", "cpu"),
            Silenced::entry("db", ""),
            Silenced::entry("entity:other", ""),
            Silenced::entry("", "disk"),
        ];
        assert_eq!(
            silenced_by(&silences, 1),
            ["entity:web:*", "entity:web:cpu", "linux:*", "linux:cpu", "*:cpu"]
        );
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
