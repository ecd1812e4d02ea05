//! The program: parses, runs, and says how it went by its exit code.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    keywarden::cli::run()
}
