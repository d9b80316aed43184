//! The documentation: what it shows is what happens, its links resolve, its reference is generated.

mod console;
mod links;
mod pages;
mod reference;
