//! Resources to the files of a namespace folder.

pub mod lock;
mod name;
