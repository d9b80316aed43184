//! The command `pleach`: everything is in the library.

fn main() {}
