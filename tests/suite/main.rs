//! All end-to-end tests in one binary; `kit` is what they share.

mod errors;
mod golden;
mod house;
mod kit;
mod nginx;
mod readme;
mod sample;
