//! Fields of an object by field spec: found, made where the spec says so, changed.
