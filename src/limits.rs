//! Limits on the work for one input. Input may come from a stranger, so nothing may run without end or use all memory.
//!
//! No ordinary workspace comes near them. `docs/src/reference/limits.md` lists them.

/// The largest file that is read, in bytes.
pub(crate) const FILE_BYTES: u64 = 128 << 20;
