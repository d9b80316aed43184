//! The types of scalars, the quoting of strings, and the values of numbers and dates.

pub(super) mod date;
pub(crate) mod number;
pub(super) mod quoting;
pub(super) mod resolve;
