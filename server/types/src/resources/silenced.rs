//! Silenced entries: they suppress the handling of events for a time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::grammar::combination::{Rejected, Values};
use crate::grammar::selector::{Field, fields};
use crate::grammar::{name, number, schema};
use crate::invalid::Validated as _;
use crate::{Invalid, Namespaced, ObjectMeta, Resource, WriteContext};

/// An entry that silences the events of a check, of a subscription, or of a check in a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default)]
pub struct Silenced {
    /// Namespace, labels and annotations. The server sets the name to `subscription:check`, with `*` in
    /// place of an empty subscription or check.
    pub metadata: ObjectMeta,
    /// Duration of the entry, in seconds, from `begin`. -1 or 0 for an entry that does not expire; 0 is
    /// stored as -1. Default: -1.
    pub expire: i64,
    /// Whether the entry is deleted when an event that it silences is resolved.
    pub expire_on_resolve: bool,
    /// User who last wrote the entry. Set by the server; ignored in requests.
    #[schemars(schema_with = "schema::read_only::<String>")]
    pub creator: String,
    /// Name of the check whose events are silenced. Default: all checks of the subscription. Omitted if
    /// empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "check")]
    pub check: String,
    /// Reason for the entry. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Subscription whose events are silenced: events whose entity and check both have it. `entity:<name>`
    /// silences one entity. Default: all subscriptions. Omitted if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(schema_with = "subscription")]
    pub subscription: String,
    /// Start of the entry, in seconds since 1970-01-01 UTC. Default: the time of the request.
    pub begin: i64,
    /// End of the entry, in seconds since 1970-01-01 UTC. Takes precedence over `expire`, except in an
    /// update that changes `expire` or `begin` but not `expire_at`. Default: derived from `begin` and
    /// `expire`. Omitted if the entry does not expire.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub expire_at: i64,
    /// Stored for clients that send it, without effect. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub default_silenced_expiry: i64,
    /// Stored for clients that send it, without effect. Omitted if 0.
    #[serde(skip_serializing_if = "number::is_zero")]
    pub max_silenced_expiry_allowed: i64,
}

fn check(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    name_or_any(name::PLAIN)
}

fn subscription(_: &mut schemars::r#gen::SchemaGenerator) -> schemars::schema::Schema {
    name_or_any(name::WITH_COLON)
}

fn name_or_any(format: name::Format) -> schemars::schema::Schema {
    schema::pattern(&format!("^({}|\\*)?$", format.expression)).into()
}

/// Any check or any subscription, in the name of an entry.
const ANY: &str = "*";

/// An entry needs a subscription or a check.
pub(super) const REJECTED: Rejected = Rejected {
    combinations: &[&[
        ("check", Values::UnsetOr(&[ANY])),
        ("subscription", Values::UnsetOr(&[ANY])),
    ]],
    name_fields: &["check", "subscription"],
};

impl Resource for Silenced {
    const KIND: &'static str = "Silenced";
    const PLURAL: &'static str = "silenced";
    const NAME_IS_COMPUTED: bool = true;
    const NAMES: name::Format = name::Format {
        description: "`SUBSCRIPTION:CHECK`, with `*` for any",
        expression: concat!(
            r"(([A-Za-z0-9_.-]{2,}|[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+)",
            r":(\*|(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9_.-]*)",
            r"|\*:(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9_.-]*)",
        ),
    };
    const SINGULAR: &'static str = "silenced";
    const NOUN: &'static str = "silenced entry";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("begin", |entry| fields::number(entry.begin)),
        Field::new("check", |entry| fields::text(&entry.check)),
        Field::new("creator", |entry| fields::text(&entry.creator)),
        Field::new("expire", |entry| fields::number(entry.expire)),
        Field::new("expire_on_resolve", |entry| fields::flag(entry.expire_on_resolve)),
        Field::new("reason", |entry| fields::text(&entry.reason)),
        Field::new("subscription", |entry| fields::text(&entry.subscription)),
    ];
    type Scope = Namespaced;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }

    fn metadata_mut(&mut self) -> Option<&mut ObjectMeta> {
        Some(&mut self.metadata)
    }

    /// The name is derived from subscription and check, whatever the body contains. If the body has
    /// neither, both are taken from the name in the URL.
    fn fill_identity(&mut self, namespace: &str, name: &str) {
        if self.subscription.is_empty()
            && self.check.is_empty()
            && let Some((subscription, check)) = name.rsplit_once(':')
        {
            let unless_any = |text: &str| if text == ANY { String::new() } else { text.to_owned() };
            (self.subscription, self.check) = (unless_any(subscription), unless_any(check));
        }
        let or_any = |text: &str| if text.is_empty() { ANY.to_owned() } else { text.to_owned() };
        self.metadata.name = match self.subscription.is_empty() && self.check.is_empty() {
            true => String::new(),
            false => format!("{}:{}", or_any(&self.subscription), or_any(&self.check)),
        };
        self.metadata.fill_identity(namespace, "");
    }

    fn prepare(&mut self, context: &WriteContext<'_>, previous: Option<&Self>) {
        context.caller.clone_into(&mut self.creator);
        if self.begin == 0 {
            self.begin = context.now;
        }
        // An entry that begins in the past still lasts for the whole duration.
        let start = self.begin.max(context.now);
        // A client that reads an entry and sends it back with another `expire` also sends the end that was
        // derived from the old one.
        let is_outdated = previous.is_some_and(|before| {
            before.expire_at == self.expire_at
                && (before.expire, before.begin) != (self.expire, self.begin)
        });
        if self.expire_at > 0 && !is_outdated {
            if self.expire <= 0 {
                self.expire = self.expire_at.saturating_sub(start).max(0);
            }
        } else if self.expire > 0 {
            self.expire_at = start.saturating_add(self.expire);
        } else {
            (self.expire, self.expire_at) = (-1, 0);
        }
    }

    fn validate(&self) -> Result<(), Invalid> {
        let is_any = |text: &str| text.is_empty() || text == ANY;
        if is_any(&self.subscription) && is_any(&self.check) {
            return Err(Invalid::new("must provide check or subscription").at("/subscription"));
        }
        if !is_any(&self.subscription) {
            name::with_colon("Subscription", &self.subscription).at("/subscription")?;
        }
        if !is_any(&self.check) {
            name::plain("Check", &self.check).at("/check")?;
        }
        self.metadata.require_namespace()
    }

    fn expires_at(&self) -> Option<i64> {
        (self.expire_at > 0).then_some(self.expire_at)
    }

    /// `name` is `subscription:check`, or a subscription.
    fn example(name: &str) -> Value {
        let (subscription, check) = name.rsplit_once(':').unwrap_or((name, ANY));
        json!({"subscription": subscription, "check": check})
    }
}

#[cfg(any(test, feature = "fixtures"))]
impl Silenced {
    /// A valid entry in the namespace `default`, created at second 0.
    #[must_use]
    pub fn entry(subscription: &str, check: &str) -> Self {
        let mut entry =
            Self { subscription: subscription.into(), check: check.into(), ..Self::default() };
        entry.fill_identity("default", "");
        entry.prepare(&WriteContext { caller: "admin", now: 0 }, None);
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_derived_from_subscription_and_check() {
        assert_eq!(Silenced::entry("linux", "cpu").name(), "linux:cpu");
        assert_eq!(Silenced::entry("entity:web", "").name(), "entity:web:*");
        assert_eq!(Silenced::entry("", "cpu").name(), "*:cpu");
        let mut entry = Silenced::default();
        entry.fill_identity("default", "entity:web:*");
        assert_eq!((&*entry.subscription, &*entry.check), ("entity:web", ""));
    }

    #[test]
    fn the_end_is_derived_from_begin_and_expire() {
        let at = |expire, begin| {
            let mut entry = Silenced { expire, begin, ..Silenced::entry("a1", "") };
            entry.prepare(&WriteContext { caller: "bob", now: 100 }, None);
            (entry.expire, entry.begin, entry.expire_at, entry.creator)
        };
        assert_eq!(at(60, 0), (60, 100, 160, "bob".into()));
        assert_eq!(at(60, 200), (60, 200, 260, "bob".into()));
        assert_eq!(at(60, 50), (60, 50, 160, "bob".into()));
        assert_eq!(at(0, 0), (-1, 100, 0, "bob".into()));
        assert_eq!(at(-5, 0), (-1, 100, 0, "bob".into()));
    }

    #[test]
    fn a_changed_end_takes_precedence_over_expire() {
        let before = {
            let mut entry = Silenced { expire: 60, begin: 100, ..Silenced::entry("a1", "") };
            entry.prepare(&WriteContext { caller: "bob", now: 100 }, None);
            entry
        };
        let sent = |change: fn(&mut Silenced)| {
            let mut entry = before.clone();
            change(&mut entry);
            entry.prepare(&WriteContext { caller: "bob", now: 130 }, Some(&before));
            (entry.expire, entry.expire_at)
        };
        assert_eq!(sent(|_| {}), (60, 160), "nothing changed");
        assert_eq!(sent(|e| e.reason = "x".into()), (60, 160));
        assert_eq!(sent(|e| e.expire = 10), (10, 140));
        assert_eq!(sent(|e| e.expire = -1), (-1, 0));
        assert_eq!(sent(|e| e.begin = 200), (60, 260));
        assert_eq!(sent(|e| e.expire_at = 500), (60, 500));
        assert_eq!(sent(|e| e.expire_at = 0), (60, 190), "as in 5.0.0, the duration starts again");
        let mut new = Silenced { expire: 0, expire_at: 500, ..Silenced::entry("a1", "") };
        new.prepare(&WriteContext { caller: "bob", now: 130 }, None);
        assert_eq!((new.expire, new.expire_at), (370, 500));
    }

    #[test]
    fn validation_messages_are_those_of_sensu_go() {
        let error =
            |s: &str, c: &str| Silenced::entry(s, c).validate().expect_err("invalid").message;
        assert_eq!(error("", ""), "must provide check or subscription");
        assert_eq!(error("*", "*"), "must provide check or subscription");
        assert_eq!(error("*", ""), "must provide check or subscription");
        assert!(error("a b", "").starts_with("Subscription cannot"));
        assert!(error("", "a b").starts_with("Check cannot"));
        assert_eq!(Silenced::entry("linux", "").validate(), Ok(()));
    }
}
