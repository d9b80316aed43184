//! What texts become, and that nothing else of them changes.

use super::*;
use proptest::prelude::*;

fn steps(path: &str) -> Vec<Step<'_>> {
    path.split('.').map(|part| part.parse().map_or_else(|_| Step::from(part), Step::Item)).collect()
}

fn value(text: &str) -> Node {
    read(text).unwrap()
}

fn after(text: &str, edit: impl FnOnce(&mut Document) -> Result<()>) -> Result<String, String> {
    let mut document = Document::new(text).unwrap();
    match edit(&mut document) {
        Ok(()) => Ok(document.text().to_owned()),
        Err(errors) => Err(errors.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn values_are_set() {
    for (text, path, new, want) in [
        ("a: 1 # one\n", "a", "2", "a: 2 # one\n"),
        ("a:   1\nb: 2\n", "a", "x", "a:   x\nb: 2\n"),
        ("a: \"x\"\n", "a", "y", "a: \"y\"\n"),
        ("a: 'x'\n", "a", "it's", "a: 'it''s'\n"),
        ("a: 'x'\n", "a", "\"l\\nm\"", "a: \"l\\nm\"\n"),
        ("a: x\n", "a", "'yes'", "a: \"yes\"\n"),
        ("a: x\n", "a", "'5'", "a: \"5\"\n"),
        ("a: 5\n", "a", "'b: c'", "a: 'b: c'\n"),
        ("{a: 1, b: 2}\n", "b", "'x, y'", "{a: 1, b: \"x, y\"}\n"),
        ("a: {b: {}} # c\n", "a.b.c", "1", "a: {b: {c: 1}} # c\n"),
        ("a: {b: 1}\n", "a.c", "r.example.com/x:1", "a: {b: 1, c: r.example.com/x:1}\n"),
        ("a: {\n  b: 1, # one\n}\n", "a.c", "2", "a: {\n  b: 1, c: 2, # one\n}\n"),
        ("a:\n  b: 1 # one\n  # two\nc: 3\n", "a.d", "4", "a:\n  b: 1 # one\n  d: 4\n  # two\nc: 3\n"),
        ("a:\n- b: 1\n\n- b: 2\n", "a.0.c", "3", "a:\n- b: 1\n  c: 3\n\n- b: 2\n"),
        ("a:\n-   b: 1\n", "a.0.c.d", "[3]", "a:\n-   b: 1\n    c: {d: [3]}\n"),
        ("a:\n- {b: 1}\n- {}\n", "a.1.c", "3", "a:\n- {b: 1}\n- {c: 3}\n"),
        ("a: # nothing\nb: 1\n", "a.c", "3", "a: {c: 3} # nothing\nb: 1\n"),
        ("a:\n", "a", "[x, {z: 'a: b'}]", "a: [x, {z: 'a: b'}]\n"),
        ("a: null\n", "a", "x", "a: x\n"),
        ("a: |\n  long\n  text\nb: 1\n", "a", "x", "a: x\nb: 1\n"),
        ("a: |\n  long\n  text\n", "b", "x", "a: |\n  long\n  text\nb: x\n"),
        ("a: |+\n  long\n\n\nb: 1\n", "c", "x", "a: |+\n  long\n\n\nb: 1\nc: x\n"),
        ("a: b c\n   d\n", "e", "x", "a: b c\n   d\ne: x\n"),
        ("a: 1", "b", "2", "a: 1\nb: 2\n"),
        ("a: 1\r\nb: 2\r\n", "c", "3", "a: 1\r\nb: 2\r\nc: 3\r\n"),
        ("\u{feff}a: 1\n", "a", "2", "\u{feff}a: 2\n"),
        ("# head\n---\na: 1\n", "a", "2", "# head\n---\na: 2\n"),
        ("\"a b\" : ü\nc: 1\n", "c", "2", "\"a b\" : ü\nc: 2\n"),
        ("a: [1, 2]\n", "a", "3", "a: 3\n"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n", "y.a", "3", "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\n  a: 3\n"),
        ("a: &x 1\nb: *x\n", "b", "2", "a: &x 1\nb: 2\n"),
    ] {
        let got = after(text, |document| document.set(&steps(path), &value(new)));
        assert_eq!(got.as_deref(), Ok(want), "{text}{path}");
    }
}

#[test]
fn what_others_share_is_not_changed() {
    for (text, path) in
        [("a: &x 1\nb: *x\n", "a"), ("x: &x {a: 1}\ny: {<<: *x}\n", "x.a"), ("a: *x\n", "a.b"), ("a: 1\n", "a.b")]
    {
        let text = text.replace("a: *x\n", "z: &x {c: 1}\na: *x\n");
        let text = if path == "a" { text.replace("z: &x {c: 1}\na: *x\n", "a: &x 1\nb: *x\n") } else { text };
        let got = after(&text, |document| document.set(&steps(path), &value("2")));
        assert!(got.clone().is_err_and(|why| why.contains("cannot be changed")), "{text}{path}: {got:?}");
    }
}

#[test]
fn parts_are_taken_out() {
    for (text, path, want) in [
        ("a: 1\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\nb:\n  c: 2\n\n# d\nd: 3\n", "b", "a: 1\n\n# d\nd: 3\n"),
        ("{a: 1, b: 2, c: 3}\n", "b", "{a: 1, c: 3}\n"),
        ("{a: 1, b: 2}\n", "b", "{a: 1}\n"),
        ("a: {b: 1, c: {d: 2}}\n", "a.c.d", "a: {b: 1}\n"),
        ("a:\n- b: 1\n  c: 2\n", "a.0.b", "a:\n- c: 2\n"),
        ("a:\n- b: 1\n  c: {d: 2}\n- e: 3\n", "a.0.c.d", "a:\n- b: 1\n- e: 3\n"),
        ("l: [a, b, c]\n", "l.0", "l: [b, c]\n"),
        ("l: [a, b]\n", "l.1", "l: [a]\n"),
        ("l: [a]\n", "l.0", "l: []\n"),
        ("l:\n# all\n- a\n- b\n", "l.0", "l:\n# all\n- b\n"),
        ("l:\n- a\n# about b\n- b # b\n- c\n", "l.1", "l:\n- a\n- c\n"),
        ("l:\n- a: 1\n\n# about b\n- a: 2\n  b: 1\n\n- a: 3\n", "l.1", "l:\n- a: 1\n\n- a: 3\n"),
        ("l:\n\n- a\n\n- b\n", "l.1", "l:\n\n- a\n"),
        ("l: # all\n- a\nm: 1\n", "l.0", "l: [] # all\nm: 1\n"),
        ("l:\n  - a\n", "l.0", "l: []\n"),
    ] {
        let got = after(text, |document| document.remove(&steps(path), 1).map(|there| assert!(there)));
        assert_eq!(got.as_deref(), Ok(want), "{text}{path}");
    }
    let got = after("a: 1\n", |document| document.remove(&steps("b.c"), 0).map(|there| assert!(!there)));
    assert_eq!(got.as_deref(), Ok("a: 1\n"));
}

#[test]
fn items_are_added() {
    let item = "{name: x, owner: 'a: b', images: {web: 'r:1'}}";
    let block = |pad: &str| format!("{pad}- name: x\n{pad}  images: {{web: r:1}}\n{pad}  owner: 'a: b'\n");
    for (text, want) in [
        ("l:\n- name: a\n", format!("l:\n- name: a\n{}", block(""))),
        ("l:\n  - name: a # a\nm: 1\n", format!("l:\n  - name: a # a\n{}m: 1\n", block("  "))),
        ("l:\n- name: a\n\n- name: b\n", format!("l:\n- name: a\n\n- name: b\n\n{}", block(""))),
        (
            "l:\n- name: a\n\n# b\n- name: b\n# end\n",
            format!("l:\n- name: a\n\n# b\n- name: b\n\n{}# end\n", block("")),
        ),
        ("l: [] # none\nm: 1\n", format!("l: # none\n{}m: 1\n", block(""))),
        ("l:\nm: 1\n", format!("l:\n{}m: 1\n", block(""))),
        ("m: 1\n", format!("m: 1\nl:\n{}", block(""))),
        ("l: [{name: a}]\n", "l: [{name: a}, {images: {web: r:1}, name: x, owner: 'a: b'}]\n".to_owned()),
    ] {
        assert_eq!(after(text, |document| document.push(&steps("l"), &value(item))), Ok(want), "{text}");
    }
}

/// Any scalar that a command line can give.
fn scalars() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        "[a-z]{1,5}: [#\\[{]?[a-z]*",
        Just("a\nb\n".to_owned()),
        Just(" x ".to_owned())
    ]
}

proptest! {
    #[test]
    fn any_string_arrives_wherever_it_is_set(text in scalars(), other in scalars()) {
        let start = "a: 'x' # kept\nb: {c: 1, d: \"2\"} # kept\nl: # kept\n- name: y # kept\n";
        let mut document = Document::new(start).unwrap();
        for (path, text) in [("a", &text), ("b.c", &other), ("b.d", &text), ("b.e", &text), ("l.0.f.g", &other), ("h", &text)] {
            prop_assert!(document.set(&steps(path), &Node::str(text.as_str())).is_ok(), "{path} {text:?}");
            prop_assert_eq!(at(document.data(), &steps(path)).and_then(Node::as_str), Some(text.as_str()));
        }
        prop_assert_eq!(document.text().matches("# kept").count(), 4);
    }
}
