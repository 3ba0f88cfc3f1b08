//! The Ruby client of openapi-generator.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use super::{copied, generate, sources};
use crate::tools::{self, run, tool};

pub(super) fn build(document: &Path, folder: &Path) -> anyhow::Result<Command> {
    let packages =
        "Ruby or its package typhoeus is missing; on Debian: apt-get install ruby ruby-typhoeus";
    ensure!(tools::find("ruby").is_some(), packages);
    ensure!(tools::try_run(tool("ruby").args(["-e", "require 'typhoeus'"]))?.succeeded, packages);
    let names = "gemName=sensu_openapi,moduleName=SensuOpenapi";
    generate("ruby", document, folder, &["--additional-properties", names])?;
    let library = folder.join("generated/lib");
    let mut files = vec![copied("generators/scenario.rb", folder, "scenario.rb")?];
    sources(&library, "rb", &mut files)?;
    // Ruby checks the syntax of one file at a time.
    let check = "ARGV.each { |file| RubyVM::InstructionSequence.compile_file(file) }";
    run(tool("ruby").args(["-e", check]).args(&files))?;
    let mut command = tool("ruby");
    command.arg("-I").arg(library).arg(folder.join("scenario.rb"));
    Ok(command)
}
