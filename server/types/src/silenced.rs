//! Silenced entries: events that nobody needs to hear of for a while.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Invalid, Namespaced, ObjectMeta, Resource, Scene, name};

/// An entry that silences the events of a check, of a subscription, or of a check within one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Silenced {
    /// Namespace, labels and annotations. The name is made from subscription and check:
    /// `subscription:check`, with `*` for one that is not given.
    pub metadata: ObjectMeta,
    /// Seconds that the entry lasts, counted from `begin`. -1 or 0 for no end; read back as -1.
    pub expire: i64,
    /// Whether the entry goes when an event that it silences is resolved.
    pub expire_on_resolve: bool,
    /// The user who wrote the entry. Set by the server.
    pub creator: String,
    /// The check whose events are silenced. Absent for all of the subscription.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub check: String,
    /// Why. Absent when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The subscription whose events are silenced: those of entities and checks that both have it.
    /// `entity:<name>` is the subscription of one entity. Absent for all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subscription: String,
    /// When the entry begins to act, in seconds since 1970-01-01 UTC. Now, if left out.
    pub begin: i64,
    /// When the entry ends, in seconds since 1970-01-01 UTC. Absent when it has no end. Set by the
    /// server.
    #[serde(skip_serializing_if = "is_zero")]
    pub expire_at: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Stands for any check or any subscription in the name of an entry.
const ANY: &str = "*";

impl Resource for Silenced {
    const KIND: &'static str = "Silenced";
    const NOUN: &'static str = "silenced entry";
    const PLURAL: &'static str = "silenced";
    type Scope = Namespaced;

    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn namespace(&self) -> &str {
        &self.metadata.namespace
    }

    /// The name of an entry is never what somebody says it is: it follows from what is silenced.
    /// Where the body says neither, both are taken from the name in the URL.
    fn adopt(&mut self, namespace: &str, name: &str) {
        if self.subscription.is_empty()
            && self.check.is_empty()
            && let Some((subscription, check)) = name.rsplit_once(':')
        {
            let given = |text: &str| if text == ANY { String::new() } else { text.to_owned() };
            (self.subscription, self.check) = (given(subscription), given(check));
        }
        let or_any = |text: &str| if text.is_empty() { ANY.to_owned() } else { text.to_owned() };
        self.metadata.name = match self.subscription.is_empty() && self.check.is_empty() {
            true => String::new(),
            false => format!("{}:{}", or_any(&self.subscription), or_any(&self.check)),
        };
        self.metadata.adopt(namespace, "");
    }

    fn prepare(&mut self, scene: &Scene<'_>, _previous: Option<&Self>) {
        scene.caller.clone_into(&mut self.creator);
        if self.begin == 0 {
            self.begin = scene.now;
        }
        if self.expire > 0 {
            // From now, if the entry should have begun in the past: as long as was asked for.
            self.expire_at = self.begin.max(scene.now).saturating_add(self.expire);
        } else {
            (self.expire, self.expire_at) = (-1, 0);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        let all = |text: &str| text.is_empty() || text == ANY;
        if all(&self.subscription) && all(&self.check) {
            return Invalid::because("must provide check or subscription");
        }
        if !all(&self.subscription) {
            name::with_colon(&self.subscription)
                .map_err(|why| Invalid(format!("Subscription {why}")))?;
        }
        if !all(&self.check) {
            name::plain(&self.check).map_err(|why| Invalid(format!("Check {why}")))?;
        }
        if self.metadata.namespace.is_empty() {
            return Invalid::because("namespace must be set");
        }
        Ok(())
    }

    fn expires_at(&self) -> Option<i64> {
        (self.expire_at > 0).then_some(self.expire_at)
    }
}

#[cfg(any(test, feature = "fixtures"))]
impl Silenced {
    /// A valid entry, prepared at second 0.
    #[must_use]
    pub fn fixture(subscription: &str, check: &str) -> Self {
        let mut entry =
            Self { subscription: subscription.into(), check: check.into(), ..Self::default() };
        entry.adopt("default", "");
        entry.prepare(&Scene { caller: "admin", now: 0 }, None);
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_what_is_silenced() {
        assert_eq!(Silenced::fixture("linux", "cpu").name(), "linux:cpu");
        assert_eq!(Silenced::fixture("entity:web", "").name(), "entity:web:*");
        assert_eq!(Silenced::fixture("", "cpu").name(), "*:cpu");
        let mut entry = Silenced::default();
        entry.adopt("default", "entity:web:*");
        assert_eq!((&*entry.subscription, &*entry.check), ("entity:web", ""));
    }

    #[test]
    fn times_are_kept_as_configured() {
        let at = |expire, begin| {
            let mut entry = Silenced { expire, begin, ..Silenced::fixture("a1", "") };
            entry.prepare(&Scene { caller: "bob", now: 100 }, None);
            (entry.expire, entry.begin, entry.expire_at, entry.creator)
        };
        assert_eq!(at(60, 0), (60, 100, 160, "bob".into()));
        assert_eq!(at(60, 200), (60, 200, 260, "bob".into()));
        assert_eq!(at(60, 50), (60, 50, 160, "bob".into()));
        assert_eq!(at(0, 0), (-1, 100, 0, "bob".into()));
        assert_eq!(at(-5, 0), (-1, 100, 0, "bob".into()));
    }

    #[test]
    fn rules_have_the_messages_of_the_reference() {
        let refused =
            |s: &str, c: &str| Silenced::fixture(s, c).validate().expect_err("is refused").0;
        assert_eq!(refused("", ""), "must provide check or subscription");
        assert_eq!(refused("*", "*"), "must provide check or subscription");
        assert_eq!(refused("*", ""), "must provide check or subscription");
        assert!(refused("a b", "").starts_with("Subscription cannot"));
        assert!(refused("", "a b").starts_with("Check cannot"));
        assert_eq!(Silenced::fixture("linux", "").validate(), Ok(()));
    }
}
