//! The command `pleach`: everything is in the library.

use std::process::ExitCode;

/// A build makes and drops many small values on all cores at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(pleach::cli::run(std::env::args_os()))
}
