//! The text that a template writes, up to a limit.
//!
//! A few instructions can write a large text many times, so the limit counts while the engine writes, not afterwards.

use crate::limits::TEMPLATE_BYTES;
use std::io::{Error, ErrorKind, Result, Write};

/// What a template has written so far.
#[derive(Default)]
pub(super) struct TemplateOutput(Vec<u8>);

impl TemplateOutput {
    /// The text.
    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.0).expect("the engine writes text")
    }
}

impl Write for TemplateOutput {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.0.len() + bytes.len() > TEMPLATE_BYTES {
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
