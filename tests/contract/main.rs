//! The contract: document, server and generated client agree, and this suite can fail.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot continue has failed"
)]

mod bounds;
mod combinations;
mod dry_run;
mod generated;
mod introduction;
mod mutations;
mod routes;
mod samples;
mod scenario;
mod served_documents;
mod tour;
mod validation;
