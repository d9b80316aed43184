//! Teardown plans as `pleach teardown` reports them: text, JSON, YAML for `kubectl`, image references, a shell script.

mod images;
mod json;
mod kubectl;
mod listed;
mod script;
mod text;

pub use images::render as images;
pub use json::render as json;
pub use kubectl::render as kubectl;
pub use listed::ListedPlan;
pub use script::render as script;
pub use text::render as text;
