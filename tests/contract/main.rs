//! The contract: document, server and client agree, and this suite can tell when they do not.

mod agree;
mod broken;
mod generated;
mod served;
mod tour;
