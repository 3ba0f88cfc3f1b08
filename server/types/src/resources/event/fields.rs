//! The fields of an event, its check and its entity that field selectors can use.

use super::Event;
use crate::grammar::selector::Fields;

pub(super) fn fields(event: &Event) -> Fields<'_> {
    let mut fields = Fields::new();
    if let Some(entity) = &event.entity {
        fields = fields
            .text("entity.name", &entity.metadata.name)
            .text("entity.entity_class", &entity.entity_class)
            .flag("entity.deregister", entity.deregister)
            .list("entity.subscriptions", &entity.subscriptions);
    }
    let Some(check) = &event.check else {
        return fields.flag("is_silenced", false);
    };
    let silenced = check.is_silenced.unwrap_or(!check.silenced.is_empty());
    fields
        .flag("is_silenced", silenced)
        .flag("check.is_silenced", silenced)
        .text("check.name", &check.metadata.name)
        .text("check.state", &check.state)
        .number("check.status", check.status)
        .flag("check.publish", check.publish)
        .flag("check.round_robin", check.round_robin)
        .list("check.handlers", &check.handlers)
        .list("check.runtime_assets", &check.runtime_assets)
        .list("check.subscriptions", &check.subscriptions)
}
