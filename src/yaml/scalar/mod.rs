//! Scalars: their types, how strings are quoted, and the values of numbers and dates.

pub(super) mod date;
pub mod number;
pub(super) mod quoting;
pub(super) mod resolve;
