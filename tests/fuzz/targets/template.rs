//! Templates: a value cannot change the structure of a document.

use super::Reader;
use super::archive::parts;
use crate::node::{Node, Value};
use crate::source::{Project, RelPath};
use crate::template::{TemplateContext, TemplateEngine};
use crate::yaml::Dialect;

/// Where a value can be: whole, in quotes, in a block, in a key, in a flow collection, after a filter.
const TEMPLATE: &str = "\
a: {{ v }}
b: 'x {{ v }} y'
c: |
  one {{ v }}
  {{ v }}
\"{{ v }}\": key
d: [{{ v }}, {k: {{ v }}}]
e: {{ v | upper }} # {{ v }}
f: >-
  {{ v }}
{% if v %}g: {{ v ~ v }}
{% else %}g: {{ v }}
{% endif %}";

/// Fills a fixed template with any value, and any template with two values.
pub(super) fn fill(data: &[u8], _: Reader) {
    let Some([template, value]) = parts(data) else { return };
    if let Ok(filled) = filled(TEMPLATE, value) {
        let plain = self::filled(TEMPLATE, "word").expect("the fixed template is valid");
        assert_eq!(shape(&filled), shape(&plain), "{value:?}");
        assert_eq!(filled[0].get("a").and_then(Node::as_str), Some(value));
        assert_eq!(filled[0].get("b").and_then(Node::as_str), Some(&*format!("x {value} y")));
        assert_eq!(filled[0].at_path(&["d"]).and_then(|list| list.as_seq()?[0].as_str()), Some(value));
    }
    // Any template may inspect its value, so that only the absence of a panic is known.
    let _ = filled(template, value);
}

fn filled(template: &str, value: &str) -> crate::diagnostic::Result<Vec<Node>> {
    let project = Project::in_memory([("a.yaml.j2", template)]);
    let file = project.file(&RelPath::new("a.yaml.j2").expect("a path")).expect("the file exists");
    let variables = [("v", Node::str(value))].into_iter().collect::<crate::node::Map>();
    let context = TemplateContext::new(&variables.into())?;
    TemplateEngine::new(&project).documents(&file, &context, Dialect::Kubernetes)
}

/// The kinds of the values of documents, without texts.
fn shape(documents: &[Node]) -> String {
    documents.iter().map(kind).collect::<Vec<_>>().join(",")
}

fn kind(node: &Node) -> String {
    match &node.value {
        Value::Scalar(_) => "s".to_owned(),
        Value::Seq(items) => format!("[{}]", shape(items)),
        Value::Map(map) => {
            // The value is a key too, which changes the order.
            let mut kinds: Vec<String> = map.iter().map(|entry| kind(&entry.value)).collect();
            kinds.sort();
            format!("{{{}}}", kinds.join(","))
        }
    }
}
