//! Teardown plans as `pleach teardown` reports them: text, JSON, YAML for `kubectl`, image references, a shell script.

mod images;
mod json;
mod kubectl;
mod listed;
mod script;
mod text;

pub(crate) use images::render as images;
pub(crate) use json::render as json;
pub(crate) use kubectl::render as kubectl;
pub(crate) use listed::ListedPlan;
pub(crate) use script::render as script;
pub(crate) use text::render as text;
