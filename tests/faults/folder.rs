//! Folders that cannot be written, and files that are not what they should be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use sensu_tests::process::{Process, start};

use crate::program;

/// The program as somebody whom permissions hold back: the superuser gives up that privilege.
fn bound_by_permissions(folder: &Path) -> Command {
    if fs::write(folder.join("probe"), "").is_err() {
        return program();
    }
    fs::remove_file(folder.join("probe")).expect("was just made");
    let mut without = Command::new("setpriv");
    without.args(["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]);
    without.arg(program().get_program());
    without
}

fn allow(folder: &Path, mode: u32) {
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("is ours");
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    allow(folder.path(), 0o500);
    let said = Process::launch(start(bound_by_permissions(folder.path()), &state)).err();
    let said = said.expect("a server without a store");
    assert!(said.contains(&state.display().to_string()), "{said}");
    assert!(said.contains("ermission denied"), "{said}");
    allow(folder.path(), 0o700);
    assert!(!state.exists());
}

#[test]
fn a_store_that_has_become_read_only_is_refused_and_unharmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    assert!(Process::launch(start(program(), &state)).expect("starts").stop());
    let files = ["sensu.db", "sensu.lock", "sensu.db-wal"].map(|file| state.join(file));
    let there: Vec<_> = files.iter().filter(|file| file.exists()).collect();
    let before: Vec<_> = there.iter().map(|file| fs::read(file).expect("is there")).collect();
    there.iter().for_each(|file| allow(file, 0o400));
    allow(&state, 0o500);
    let said = Process::launch(start(bound_by_permissions(&state), &state)).err();
    let said = said.expect("a server without a store");
    assert!(said.contains("cannot open the store in"), "{said}");
    assert!(said.contains("ermission denied") || said.contains("readonly"), "{said}");
    allow(&state, 0o700);
    there.iter().for_each(|file| allow(file, 0o600));
    let after: Vec<_> = there.iter().map(|file| fs::read(file).expect("is there")).collect();
    assert!(before == after, "a refused start has changed files");
    assert!(Process::launch(start(program(), &state)).expect("starts again").stop());
}

#[test]
fn a_file_of_another_program_is_refused_and_unharmed() {
    let state = tempfile::tempdir().expect("a folder");
    let file = state.path().join("sensu.db");
    let foreign = "neither a database nor anything else that we know\n".repeat(100);
    fs::write(&file, &foreign).expect("writes");
    let said = Process::launch(start(program(), state.path())).err();
    let said = said.expect("a server without a store");
    assert!(said.contains("not a database"), "{said}");
    assert_eq!(fs::read_to_string(&file).expect("is there"), foreign);
}
