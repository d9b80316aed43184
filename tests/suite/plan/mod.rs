//! What a plan derives from the spec.

mod databases;
