//! Which silenced entries apply to an event, and which end with it (D24).

use sensu_types::Resource as _;
use sensu_types::entity::Entity;
use sensu_types::event::Check;
use sensu_types::silenced::Silenced;

/// What the silenced entries of a namespace mean for an event.
pub(crate) struct Verdict {
    /// Names of the entries that apply, those for the entity first, then those for subscriptions,
    /// then those for the check everywhere.
    pub(crate) applying: Vec<String>,
    /// Names of the entries that end.
    pub(crate) ended: Vec<String>,
}

pub(crate) fn judge(
    entity: &Entity,
    check: &Check,
    silences: &[Silenced],
    resolved: bool,
    now: i64,
) -> Verdict {
    let mut verdict = Verdict { applying: Vec::new(), ended: Vec::new() };
    for name in names(entity, check) {
        let acting = |entry: &&Silenced| {
            entry.name() == name
                && entry.begin <= now
                && entry.expires_at().is_none_or(|end| now < end)
        };
        let Some(entry) = silences.iter().find(acting) else { continue };
        let list = match resolved && entry.expire_on_resolve {
            true => &mut verdict.ended,
            false => &mut verdict.applying,
        };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    verdict
}

/// The names that an entry for this event can have.
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

    fn applying(silences: &[Silenced], now: i64) -> Vec<String> {
        apply(None, event(1), silences, now).event.check.unwrap().silenced
    }

    #[test]
    fn entries_apply_by_entity_shared_subscription_and_check() {
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
            applying(&silences, 1),
            ["entity:web:*", "entity:web:cpu", "linux:*", "linux:cpu", "*:cpu"]
        );
    }

    #[test]
    fn an_entry_acts_from_its_begin_until_its_end() {
        let entry = Silenced { begin: 10, expire_at: 20, ..Silenced::entry("", "cpu") };
        let acts = |now| !applying(std::slice::from_ref(&entry), now).is_empty();
        assert_eq!([9, 10, 19, 20].map(acts), [false, true, true, false]);
    }

    #[test]
    fn an_entry_may_end_with_the_resolution() {
        let entry = Silenced { expire_on_resolve: true, ..Silenced::entry("", "cpu") };
        let silences = [entry, Silenced::entry("linux", "")];
        let failing = apply(None, event(1), &silences, 1);
        assert_eq!(failing.ended, [""; 0]);
        assert_eq!(failing.event.check.as_ref().unwrap().silenced, ["linux:*", "*:cpu"]);
        let resolved = apply(Some(&failing.event), event(0), &silences, 2);
        assert_eq!(resolved.ended, ["*:cpu"]);
        assert_eq!(resolved.event.check.unwrap().silenced, ["linux:*"]);
    }
}
