//! What processes the events of a namespace: handlers, pipelines, filters, mutators and assets, by name.

use std::collections::HashMap;
use std::sync::Arc;

use sensu_store::{Entry, Prefix, Store};
use sensu_types::Resource;
use sensu_types::asset::Asset;
use sensu_types::filter::EventFilter;
use sensu_types::handler::Handler;
use sensu_types::mutator::Mutator;
use sensu_types::pipeline::Pipeline;

use crate::error::Error;
use crate::keyspace::{self, Snapshots, View};
use crate::runtime::context::Context;

/// The definitions of each namespace, cached until one of them is written.
#[derive(Default)]
pub(crate) struct DefinitionCache(Snapshots<Definitions>);

/// The definitions of a namespace.
#[derive(Default)]
pub(crate) struct Definitions {
    /// Handlers.
    pub(crate) handlers: ByName<Handler>,
    /// Pipelines.
    pub(crate) pipelines: ByName<Pipeline>,
    /// Event filters.
    pub(crate) filters: ByName<EventFilter>,
    /// Mutators.
    pub(crate) mutators: ByName<Mutator>,
    /// Assets.
    pub(crate) assets: ByName<Asset>,
}

/// Objects of a kind by name.
pub(crate) type ByName<T> = HashMap<String, Arc<T>>;

/// One object.
pub(crate) enum Definition {
    Handler(Arc<Handler>),
    Pipeline(Arc<Pipeline>),
    Filter(Arc<EventFilter>),
    Mutator(Arc<Mutator>),
    Asset(Arc<Asset>),
}

impl DefinitionCache {
    /// The definitions of a namespace. A caller that starts after one was written sees it.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub(crate) async fn of_namespace(
        &self,
        store: &Arc<dyn Store>,
        namespace: &str,
    ) -> Result<Arc<Definitions>, Error> {
        let revision = Snapshots::<Definitions>::revision(store.as_ref()).await?;
        self.0.at(revision, store, namespace).await
    }
}

impl View for Definitions {
    type Item = Definition;
    const COLLECTIONS: &'static [&'static str] =
        &[Handler::PLURAL, Pipeline::PLURAL, EventFilter::PLURAL, Mutator::PLURAL, Asset::PLURAL];

    fn prefix(collection: &'static str, namespace: &str) -> Option<Prefix> {
        keyspace::in_namespace(collection, namespace)
    }

    fn decode(entry: &Entry) -> Result<Definition, Error> {
        Ok(match entry.key.collection() {
            Handler::PLURAL => Definition::Handler(Arc::new(keyspace::parse(entry)?)),
            Pipeline::PLURAL => Definition::Pipeline(Arc::new(keyspace::parse(entry)?)),
            EventFilter::PLURAL => Definition::Filter(Arc::new(keyspace::parse(entry)?)),
            Mutator::PLURAL => Definition::Mutator(Arc::new(keyspace::parse(entry)?)),
            _ => Definition::Asset(Arc::new(keyspace::parse(entry)?)),
        })
    }

    async fn build(objects: Vec<Arc<Definition>>) -> Self {
        let mut all = Self::default();
        for object in objects {
            match object.as_ref() {
                Definition::Handler(object) => insert(&mut all.handlers, object),
                Definition::Pipeline(object) => insert(&mut all.pipelines, object),
                Definition::Filter(object) => insert(&mut all.filters, object),
                Definition::Mutator(object) => insert(&mut all.mutators, object),
                Definition::Asset(object) => insert(&mut all.assets, object),
            }
        }
        all
    }
}

/// Number of stored handlers and mutators with commands, in all namespaces.
///
/// # Errors
/// [`Error`] if the store fails.
pub(crate) async fn number_with_commands(cx: &Context) -> Result<usize, Error> {
    let store = cx.resources.store.as_ref();
    let handlers = keyspace::whole_collection(Handler::PLURAL)?;
    let handlers: Vec<Handler> = keyspace::all(store, &handlers).await?;
    let mutators = keyspace::whole_collection(Mutator::PLURAL)?;
    let mutators: Vec<Mutator> = keyspace::all(store, &mutators).await?;
    let handlers = handlers.iter().filter(|handler| handler.kind == "pipe").count();
    Ok(handlers + mutators.iter().filter(|mutator| !mutator.command.is_empty()).count())
}

fn insert<T: Resource>(objects: &mut ByName<T>, object: &Arc<T>) {
    objects.insert(object.name().to_owned(), Arc::clone(object));
}

impl sensu_engine::pipeline::Definitions for Definitions {
    fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.get(name).map(Arc::as_ref)
    }

    fn pipeline(&self, name: &str) -> Option<&Pipeline> {
        self.pipelines.get(name).map(Arc::as_ref)
    }
}
