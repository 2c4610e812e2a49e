//! The `mayorline` binary: see `mayorline --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mayorline::app::cli::run()
}
