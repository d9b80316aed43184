//! Places within a scalar, for YAML that stands in YAML: an inline patch, a JSON text.

use crate::node::{Node, Style};
use crate::source::{Place, Project};

/// From a line and column of the text of `scalar` to a place in its file. Only a literal block keeps its lines; for any
/// other style it is the place of the whole scalar.
pub fn inset(project: &Project, scalar: &Node) -> impl Fn(usize, usize, usize) -> Place + use<> {
    let at = scalar.at;
    let indentation = indentation(project, scalar);
    move |line, column, len| match (indentation, at.file()) {
        (Some(indentation), Some(file)) => Place::new(file, at.line as usize + line, column + indentation, len),
        _ => at,
    }
}

/// How far the lines of a literal block are indented in the file.
fn indentation(project: &Project, scalar: &Node) -> Option<usize> {
    let value = scalar.as_scalar().filter(|value| value.style == Style::Block)?;
    let file = project.file_at(scalar.at)?;
    let header = file.text().ok()?.lines().nth(scalar.at.line.checked_sub(1)? as usize)?;
    if !header.chars().skip(usize::from(scalar.at.column) - 1).take(1).eq(['|']) {
        return None;
    }
    let (index, line) = value.text.lines().enumerate().find(|(_, line)| !line.trim_start_matches(' ').is_empty())?;
    let source = file.text().ok()?.lines().nth(scalar.at.line as usize + index)?;
    spaces(source).checked_sub(spaces(line))
}

fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
