//! State directories that cannot be written, and database files of other programs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use sensu_tests::process::{Process, start};

use crate::program;

/// The program without the privilege of the superuser to ignore permissions.
fn bound_by_permissions(dir: &Path) -> Command {
    if fs::write(dir.join("probe"), "").is_err() {
        return program();
    }
    fs::remove_file(dir.join("probe")).expect("was just created");
    let mut without = Command::new("setpriv");
    without.args(["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]);
    without.arg(program().get_program());
    without
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("changes the mode");
}

/// The output of a server that does not start.
fn start_error(program: Command, state: &Path) -> String {
    Process::launch(start(program, state)).err().expect("a server that does not start")
}

#[test]
fn the_error_names_a_directory_that_cannot_be_created() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path().join("state");
    set_mode(dir.path(), 0o500);
    let error = start_error(bound_by_permissions(dir.path()), &state);
    assert!(error.contains(&state.display().to_string()), "{error}");
    assert!(error.contains("ermission denied"), "{error}");
    set_mode(dir.path(), 0o700);
    assert!(!state.exists());
}

#[test]
fn a_read_only_store_is_rejected_and_unchanged() {
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path().join("state");
    assert!(Process::launch(start(program(), &state)).expect("starts").stop());
    let files = ["sensu.db", "sensu.lock", "sensu.db-wal"].map(|file| state.join(file));
    let existing: Vec<_> = files.iter().filter(|file| file.exists()).collect();
    let content = || -> Vec<_> {
        existing.iter().map(|file| fs::read(file).expect("a readable file")).collect()
    };
    let before = content();
    existing.iter().for_each(|file| set_mode(file, 0o400));
    set_mode(&state, 0o500);
    let error = start_error(bound_by_permissions(&state), &state);
    assert!(error.contains("cannot open the store in"), "{error}");
    assert!(error.contains("ermission denied") || error.contains("readonly"), "{error}");
    set_mode(&state, 0o700);
    existing.iter().for_each(|file| set_mode(file, 0o600));
    assert!(before == content(), "a failed start has changed files");
    assert!(Process::launch(start(program(), &state)).expect("starts again").stop());
}

#[test]
fn a_file_of_another_program_is_rejected_and_unchanged() {
    let state = tempfile::tempdir().expect("a directory");
    let file = state.path().join("sensu.db");
    let foreign = "not a database, and in no format that the server knows\n".repeat(100);
    fs::write(&file, &foreign).expect("writes");
    let error = start_error(program(), state.path());
    assert!(error.contains("not a database"), "{error}");
    assert_eq!(fs::read_to_string(&file).expect("a readable file"), foreign);
}

#[test]
fn an_existing_directory_is_restricted_to_its_owner_unless_it_has_other_files() {
    let mode = |path: &Path| fs::metadata(path).expect("exists").permissions().mode() & 0o777;
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path().join("state");
    fs::create_dir(&state).expect("creates");
    set_mode(&state, 0o777);
    for _ in 0..2 {
        let (process, log) = Process::launch_with(start(program(), &state), drop).expect("starts");
        assert_eq!(mode(&state), 0o700);
        assert!(!log.contains("accessible to other users"), "{log}");
        assert!(process.stop());
        set_mode(&state, 0o755);
    }
    fs::write(state.join("other"), "").expect("writes");
    let (process, log) = Process::launch_with(start(program(), &state), drop).expect("starts");
    assert_eq!(mode(&state), 0o755, "it may be shared with other programs");
    assert!(log.contains("accessible to other users"), "{log}");
    for file in fs::read_dir(&state).expect("reads") {
        let path = file.expect("a file").path();
        assert!(path.ends_with("other") || mode(&path) == 0o600, "{}", path.display());
    }
    assert!(process.stop());
}
