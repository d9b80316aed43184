//! Source locations in YAML that is the text of a scalar: an inline patch, a JSON text.

use crate::node::{Node, Style};
use crate::source::{Location, Project};

/// Returns a [`Locator`](super::super::Locator) for the text of `scalar`. For a literal block it returns locations in the
/// block. For other styles it returns the location of the whole scalar.
pub(crate) fn scalar_locator(project: &Project, scalar: &Node) -> impl Fn(usize, usize, usize) -> Location + use<> {
    let at = scalar.at;
    let block = block(project, scalar);
    move |line, column, len| match (block, at.file()) {
        (Some(block), Some(file)) => Location::new(file, block.above + line, column + block.indentation, len),
        _ => at,
    }
}

/// The position of a literal block in its file.
#[derive(Clone, Copy)]
struct BlockPosition {
    /// The number of lines of the file above its text.
    above: usize,
    /// The indentation of its lines.
    indentation: usize,
}

/// The position of `scalar` if it is a literal block whose lines are found in the file: at the location of the scalar, or
/// one line below it if the location is that of the `|`.
fn block(project: &Project, scalar: &Node) -> Option<BlockPosition> {
    let value = scalar.as_scalar().filter(|value| value.style == Style::Block)?;
    let file = project.file_at(scalar.at)?;
    let (index, line) = value.text.lines().enumerate().find(|(_, line)| !line.trim_start_matches(' ').is_empty())?;
    let here = (scalar.at.line as usize).checked_sub(1)?;
    let mut lines = file.text().ok()?.lines().skip(here + index);
    let found = [here, here + 1].into_iter().find_map(|above| Some((above, lines.next()?.strip_suffix(line)?)));
    let (above, indent) = found.filter(|(_, indent)| indent.bytes().all(|b| b == b' '))?;
    Some(BlockPosition { above, indentation: indent.len() })
}

#[cfg(test)]
mod tests {
    use super::scalar_locator;
    use crate::source::Project;
    use crate::yaml::{self, Dialect};

    #[test]
    fn locations_in_a_block_are_those_of_the_file() {
        for (text, line, column, want) in [
            ("a: |\n  b: c\n  d: e\n", 1, 1, (2, 3)),
            ("a: |\n  b: c\n  d: e\n", 2, 4, (3, 6)),
            ("- a: |-\n    b\n\n    c\n", 3, 1, (4, 5)),
            ("a: |\n\n  b\n", 2, 1, (3, 3)),
            ("a: |2\n    b\n  c\n", 2, 1, (3, 3)),
            // Not a block: the location of the scalar.
            ("a: \"b\\nc\"\n", 2, 1, (1, 4)),
        ] {
            let project = Project::in_memory([("k.yaml", text)]);
            let file = project.file(&crate::source::RelPath::new("k.yaml").unwrap()).unwrap();
            let node = yaml::documents(&file, Dialect::Yaml11).unwrap().remove(0);
            let node = if node.as_seq().is_some() { node.as_seq().unwrap()[0].clone() } else { node };
            let at = scalar_locator(&project, node.get("a").unwrap())(line, column, 1);
            assert_eq!((at.line as usize, usize::from(at.column)), want, "{text:?} {line}:{column}");
        }
    }
}
