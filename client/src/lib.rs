//! A client for the Sensu Go `core/v2` API.
