//! `cargo xtask package`: builds packages of the server and of `sensuctl` from a checkout, and tests the finished
//! packages in clean root file systems.
//!
//! All packages contain the same two programs, built once in release mode. The packages are written to
//! `target/packages/`, with their checksums in `SHA256SUMS`. All times in them are that of the last commit, or
//! that of `--date`: the same programs result in the same packages.

mod archive;
mod checksums;
mod debian;
mod image;
mod image_root;
mod notices;
mod programs;
mod sbom;
mod source_date;
mod stage;
mod tarball;
mod tests_of_packages;
mod tools;
mod wheel;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};

use stage::Stage;

/// Version of all packages.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Build packages of the server and of `sensuctl`.
#[derive(Parser)]
#[command(name = "cargo xtask package")]
struct Arguments {
    /// Packages to build.
    #[arg(value_enum, default_value = "all")]
    packages: Vec<Package>,
    /// Package the programs in this folder instead of building them.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Time of all files in packages, in seconds since 1970-01-01 UTC [default: that of the last commit].
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS")]
    date: Option<u64>,
    /// Test the packages in clean root file systems afterwards. Requires root, debootstrap, lintian and promtool.
    #[arg(long)]
    test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Package {
    /// Debian packages sensu-server and sensuctl.
    Deb,
    /// Python wheel with both programs.
    Wheel,
    /// Archive with both programs, manual pages, completion scripts, licenses and SBOM.
    Archive,
    /// OCI image of the server.
    Image,
    /// The Rust crates of the client library and of sensuctl, each built from its package.
    Crates,
    /// All but crates.
    All,
}

#[expect(clippy::print_stderr, reason = "a task talks to the person who runs it")]
fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a task talks to the person who runs it")]
fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let is_selected = |package| {
        arguments.packages.contains(&package)
            || package != Package::Crates && arguments.packages.contains(&Package::All)
    };
    if is_selected(Package::Crates) {
        xtask::package::run()?;
    }
    let mut built: Vec<PathBuf> = Vec::new();
    if arguments.packages.iter().any(|package| *package != Package::Crates) {
        let date = arguments.date.map_or_else(source_date::last_commit, Ok)?;
        let stage = Stage::build(arguments.programs.as_deref(), date)?;
        println!("-- programs and documents ({} s)", started.elapsed().as_secs());
        if is_selected(Package::Deb) {
            built.extend(debian::build(&stage)?);
        }
        if is_selected(Package::Wheel) {
            built.push(wheel::build(&stage)?);
        }
        if is_selected(Package::Archive) {
            built.push(archive::build(&stage)?);
        }
        if is_selected(Package::Image) {
            built.push(image::build(&stage)?);
        }
        checksums::write(&folder())?;
    }
    for package in &built {
        let megabytes = std::fs::metadata(package)?.len() as f64 / 1e6;
        println!("{} ({megabytes:.1} MB)", package.display());
    }
    println!("package: {} s, {} packages", started.elapsed().as_secs(), built.len());
    if arguments.test {
        tests_of_packages::run()?;
    }
    Ok(())
}

/// The folder of finished packages.
fn folder() -> PathBuf {
    xtask::root().join("target/packages")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_installation_guide_names_packages_of_this_version() {
        let guide = std::fs::read_to_string(xtask::root().join("docs/install.md")).unwrap();
        let version = super::VERSION;
        for name in [
            format!("sensu_server-{version}-py3"),
            format!("sensu-server_{version}-1_amd64.deb"),
            format!("sensu-server-{version}-x86_64-linux.tar.gz"),
            format!("sensu-server-{version}-image.tar"),
        ] {
            assert!(guide.contains(&name), "docs/install.md does not contain {name}");
        }
    }
}
