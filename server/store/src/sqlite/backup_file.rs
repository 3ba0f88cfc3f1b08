//! Reads, verifies and writes backup files for all engines. The public path is [`crate::backup`].

use std::path::Path;
use std::sync::atomic::AtomicBool;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::paths::{with_path, write_new_file};
use super::{OpenError, copy, export, schema, verify};
use crate::{Clock, Export, StoreError, VerifyReport};

/// Reads everything in a backup file. Blocks.
///
/// # Errors
/// The first inconsistency, or another [`OpenError`].
pub fn verify(file: &Path, clock: &dyn Clock) -> Result<VerifyReport, OpenError> {
    let mut copy = open(file)?;
    schema::format(&copy)?;
    Ok(verify::read_all(&mut copy, clock.now())?)
}

/// Verifies a backup file and exports its entries, to load them into a store. Blocks until the
/// backup is verified.
///
/// # Errors
/// The first inconsistency, or another [`OpenError`].
pub fn read(file: &Path) -> Result<Export, OpenError> {
    let mut copy = open(file)?;
    verify::read_all(&mut copy, 0)?;
    if schema::format(&copy)? < schema::known() {
        // The file is read-only, so it is migrated in a temporary database of this connection.
        let mut current = Connection::open("")?;
        copy::copy_pages(&copy, &mut current, &AtomicBool::new(false))?;
        schema::migrate(&mut current)?;
        copy = current;
    }
    let (started, export) = oneshot::channel();
    // The channels report a failure: before the start as closed, later as an early end.
    let send = move || drop(export::export(&mut copy, started));
    std::thread::Builder::new()
        .name("store-export".to_owned())
        .spawn(send)
        .map_err(with_path(file))?;
    match export.blocking_recv() {
        Ok(export) => Ok(export),
        Err(_) => Err(OpenError::Source(StoreError::Failed("the backup cannot be read".into()))),
    }
}

/// Writes an export to a new backup file.
pub(crate) async fn write(mut export: Export, to: &Path) -> Result<(), StoreError> {
    let to = to.to_owned();
    let write = move || {
        write_new_file(&to, |partial| copy::write_export(&mut export, partial, |last| last))
    };
    match tokio::task::spawn_blocking(write).await {
        Ok(written) => written.map_err(|error| StoreError::Failed(error.to_string())),
        Err(stopped) => Err(StoreError::Stopped(stopped.to_string())),
    }
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
}
