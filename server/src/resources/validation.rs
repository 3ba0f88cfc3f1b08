//! Validation of objects. Objects with expressions are validated on a pool, because expressions are
//! compiled, which takes long for some texts.

use futures::future::BoxFuture;
use sensu_types::Resource;
use serde::Serialize;

use crate::error::Error;
use crate::limits::workers::Workers;

/// Validates the object of one request.
///
/// After a write conflict a request validates again, but compiles again only if the object differs.
#[derive(Debug, Default)]
pub(super) struct Validation<T> {
    /// The last valid object, if it has expressions.
    valid: Option<T>,
}

impl<T: Resource> Validation<T> {
    pub(super) fn new() -> Self {
        Self { valid: None }
    }

    /// Returns the object if it is valid.
    ///
    /// The future is boxed, because it holds the object, and so do the futures that wait for it.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Unavailable`] if too many objects with expressions are being
    /// validated.
    pub(super) fn run<'a>(
        &'a mut self,
        compilers: &'a Workers,
        value: T,
    ) -> BoxFuture<'a, Result<T, Error>> {
        Box::pin(async move {
            if !value.has_expressions() {
                value.validate()?;
                return Ok(value);
            }
            if self.valid.as_ref().is_some_and(|valid| is_same(valid, &value)) {
                return Ok(value);
            }
            let work = move || value.validate().map(|()| value);
            let value = compilers.run(work).await??;
            self.valid = Some(value.clone());
            Ok(value)
        })
    }
}

fn is_same<T: Serialize>(one: &T, other: &T) -> bool {
    match (serde_json::to_vec(one), serde_json::to_vec(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use sensu_types::ObjectMeta;
    use sensu_types::check::CheckConfig;
    use sensu_types::filter::EventFilter;

    use super::*;

    fn filter(expression: &str) -> EventFilter {
        EventFilter {
            metadata: ObjectMeta::new("default", "a"),
            action: "allow".into(),
            expressions: vec![expression.into()],
            ..EventFilter::default()
        }
    }

    /// A pool that accepts nothing.
    fn full() -> Workers {
        Workers::new("testing", 0, 0)
    }

    #[tokio::test]
    async fn only_objects_with_expressions_are_validated_on_the_pool() {
        let pool = Workers::new("testing", 1, 0);
        assert!(Validation::new().run(&pool, filter("true")).await.is_ok());
        let invalid = Validation::new().run(&pool, filter("(")).await;
        assert!(matches!(invalid, Err(Error::Invalid(_))), "{invalid:?}");
        let rejected = Validation::new().run(&full(), filter("true")).await;
        assert!(matches!(rejected, Err(Error::Unavailable(_))), "{rejected:?}");

        let check =
            CheckConfig { metadata: ObjectMeta::new("default", "a"), ..CheckConfig::default() };
        let expected = check.validate().map_err(Error::from);
        let validated = Validation::new().run(&full(), check).await.map(drop);
        assert_eq!(validated, expected);
    }

    #[tokio::test]
    async fn an_object_that_did_not_change_is_not_compiled_again() {
        let mut validation = Validation::new();
        let pool = Workers::new("testing", 1, 0);
        assert!(validation.run(&pool, filter("true")).await.is_ok());
        assert!(validation.run(&full(), filter("true")).await.is_ok());
        let changed = validation.run(&full(), filter("false")).await;
        assert!(matches!(changed, Err(Error::Unavailable(_))), "{changed:?}");
    }
}
