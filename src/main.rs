//! The command `pleach`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pleach::cli::run(std::env::args_os()))
}
