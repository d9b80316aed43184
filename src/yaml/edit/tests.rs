//! Edits change the text as expected and nothing else.

use super::*;
use crate::limits::DOCUMENT_DEPTH;
use proptest::prelude::*;

fn steps(path: &str) -> Vec<YamlStep> {
    path.split('.').map(|part| part.parse().map_or_else(|_| YamlStep::from(part), YamlStep::Item)).collect()
}

fn set(path: &str, value: Node) -> TextEdit {
    TextEdit { path: steps(path), what: EditAction::Set(value) }
}

fn cut(path: &str, keep: usize) -> TextEdit {
    TextEdit { path: steps(path), what: EditAction::Cut { keep } }
}

fn add(path: &str, item: Node) -> TextEdit {
    TextEdit { path: steps(path), what: EditAction::Push(item) }
}

fn value(text: &str) -> Node {
    read(text).unwrap()
}

/// The text after all `edits` are applied together.
fn after(text: &str, edits: &[TextEdit]) -> Result<String, String> {
    let mut document = YamlDocument::new(text).unwrap();
    match document.change(edits) {
        Ok(_) => Ok(document.text().to_owned()),
        Err(failures) => Err(failures.iter().map(|(_, error)| error.to_string()).collect()),
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
        ("l:\n- a:\n  - 1\n  - 2 # two\n  b: 1\n", "l.0.a", "[x]", "l:\n- a:\n  - x # two\n  b: 1\n"),
        ("l:\n- a: # all\n  # of them\n  - 1\n  b: 1\n", "l.0.a", "5", "l:\n- a: 5 # all\n  b: 1\n"),
        ("a:\t# all\n- 1\nb: 1\n", "a", "5", "a: 5\t# all\nb: 1\n"),
        ("a:\t# all\n  c: 1\n", "a", "[]", "a: []\t# all\n"),
        ("a: &x#y # all #2\n- 1\n", "a", "5", "a: &x#y 5 # all #2\n"),
        ("a: [\n\t1,\n\t2]\n", "a.1", "5", "a: [\n\t1,\n\t5]\n"),
        ("b: {a: [\n\t1]}\n", "b.a.0", "5", "b: {a: [\n\t5]}\n"),
        ("a:\n- 1\n\n# b\nb: 1\n", "a", "{x: w}", "a: {x: w}\n\n# b\nb: 1\n"),
        ("a:\n- 1", "a", "[]", "a: []\n"),
        ("a:\r\n- 1\r\nb: 1\r\n", "a", "z", "a: z\r\nb: 1\r\n"),
        ("a:\n    - 1\n", "a", "[{name: x, v: [1]}, z]", "a:\n    - name: x\n      v: [1]\n    - z\n"),
        ("a:\n- - 1\n  - 2\n", "a.0", "[x, z]", "a:\n- - x\n  - z\n"),
        ("a:\n- - 1\n  - 2\n", "a.0", "x", "a:\n- x\n"),
        ("a:\n  b: 1\n  c: 2\nd: 3\n", "a", "4", "a: 4\nd: 3\n"),
        ("l:\n- a: 1\n  b: 2\n", "l.0", "4", "l:\n- 4\n"),
        ("a: &x # of no use\n- 1\n", "a", "4", "a: &x 4 # of no use\n"),
        ("a: &x\n- 1\n", "a", "[4]", "a: &x\n- 4\n"),
        ("\"a#: b\":\n- 1\n", "a#: b", "4", "\"a#: b\": 4\n"),
        ("a: ~ # none\n", "a.b", "4", "a: {b: 4} # none\n"),
        ("a: {b: null}\n", "a.b.c", "4", "a: {b: {c: 4}}\n"),
    ] {
        let got = after(text, &[set(path, value(new))]);
        assert_eq!(got.as_deref(), Ok(want), "{text}{path}");
    }
}

/// What a build reads can be edited. What is too deep has the error of the reader.
#[test]
fn documents_are_edited_up_to_the_depth_that_is_read() {
    let texts = |depth: usize| {
        let flow = format!("a: {}1{}\nb: 1\n", "[".repeat(depth - 1), "]".repeat(depth - 1));
        let lines: Vec<String> = (0..depth).map(|level| " ".repeat(level) + "a:\n").collect();
        [flow, lines.concat() + "b: 1\n", format!("b: 1\na:\n{}1\n", "- ".repeat(depth - 1))]
    };
    for text in texts(DOCUMENT_DEPTH) {
        let want = text.replace("b: 1\n", "b: 2\n");
        assert_eq!(after(&text, &[set("b", value("2"))]), Ok(want));
    }
    for text in texts(DOCUMENT_DEPTH + 1) {
        let error = YamlDocument::new(&text).unwrap_err().iter().map(ToString::to_string).collect::<String>();
        assert!(error.contains("nested more than 400 levels deep"), "{error}");
    }
}

#[test]
fn refused_edits_have_a_reason_and_a_location() {
    let change = |path: &str| set(path, value("2"));
    for (text, edit, why, at) in [
        ("a: &x 1\nb: *x\n", change("a"), "`a` cannot be changed: its anchor `&x` is used elsewhere", (1, 4)),
        ("x: &x {a: 1}\ny: {<<: *x}\n", change("x.a"), "`x.a` cannot be changed: its anchor `&x` is used", (1, 4)),
        ("l:\n- n: ü\n  v:\n    w: &w\n    - 1\n- *w\n", change("l.0.v"), "`v` cannot be changed: its anchor", (4, 8)),
        ("l:\n- v: &w 1\n- *w\n", cut("l.0", 1), "the entry cannot be removed: its anchor `&w` is used", (2, 6)),
        ("z: &x {c: 1}\na: *x\n", change("a.b"), "`a.b` cannot be changed: its value is the alias `*x`", (2, 4)),
        (
            "x: &x {a: 1}\ny:\n  <<: *x\n  b: 1\n",
            cut("y.a", 0),
            "`y.a` cannot be removed: it is merged with `<<`",
            (3, 3),
        ),
        ("a: 1\n", change("a.b"), "cannot set `b`: `a` must be a mapping, got an integer", (1, 4)),
        ("l:\n- a: {b: [x]}\n", change("l.0.a.b.c.d"), "cannot set `c`: `a.b` must be a mapping, got a list", (2, 10)),
        ("l:\n- a: 1\n- - b: 1\n", cut("l.1.0", 2), "the entry cannot be removed without changing other", (3, 5)),
    ] {
        let mut document = YamlDocument::in_file(text, FileId(0)).unwrap();
        let failures = document.change(&[change("other"), edit]).unwrap_err();
        let [(1, error)] = &failures[..] else { panic!("{text}: {failures:?}") };
        assert!(error.to_string().contains(why), "{text}: {error}");
        assert_eq!((error.parts().at.line, error.parts().at.column), at, "{text}");
        assert_eq!(document.text(), text);
    }
}

#[test]
fn parts_are_removed() {
    for (text, path, want) in [
        ("a: 1\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\nb:\n  c: 2\n\n# d\nd: 3\n", "b", "a: 1\n\n# d\nd: 3\n"),
        ("{a: 1, b: 2, c: 3}\n", "b", "{a: 1, c: 3}\n"),
        ("{a: 1, b: 2}\n", "b", "{a: 1}\n"),
        ("a: {b: 1, c: {d: 2}}\n", "a.c.d", "a: {b: 1}\n"),
        ("a:\n- b: 1\n  c: 2\n", "a.0.b", "a:\n- c: 2\n"),
        ("a:\n- b: 1 # b\n\n  # about c\n  c: 2\n", "a.0.b", "a:\n- # about c\n  c: 2\n"),
        ("a: {\n  b: 1, # b\n  c: 2 # c\n}\n", "a.c", "a: {\n  b: 1, # b\n}\n"),
        ("a: {\n  b: 1, # b\n  # about c\n  c: 2 # c\n}\n", "a.b", "a: {\n  # about c\n  c: 2 # c\n}\n"),
        ("a: {\n  b: 1,\n  c: 2\n}\n", "a.c", "a: {\n  b: 1\n}\n"),
        ("l: [\n  a, # a\n  b # b\n]\n", "l.0", "l: [\n  b # b\n]\n"),
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
        ("l:\n- # a - b\n  # c\n  a: 1\n- b\n", "l.0", "l:\n- b\n"),
        ("l:\n- a\n- &b # b\n  b: 1\n- !!str c\n", "l.1", "l:\n- a\n- !!str c\n"),
        ("l:\n- a\n- &x !!str c\n", "l.1", "l:\n- a\n"),
    ] {
        let got = after(text, &[cut(path, 1)]);
        assert_eq!(got.as_deref(), Ok(want), "{text}{path}");
    }
    let mut document = YamlDocument::new("a: 1\n").unwrap();
    assert_eq!(document.change(&[cut("b.c", 0)]), Ok(vec![false]));
    assert_eq!(document.text(), "a: 1\n");
}

#[test]
fn values_of_one_mapping_are_set_together() {
    let all = ["a.v.z", "a.x", "a.v.w"].map(|path| set(path, value("1")));
    for (text, want) in [
        ("b: 2\n", "b: 2\na: {v: {w: 1, z: 1}, x: 1}\n"),
        ("a: {} # none\n", "a: {v: {w: 1, z: 1}, x: 1} # none\n"),
        ("a: # none\nb: 2\n", "a: {v: {w: 1, z: 1}, x: 1} # none\nb: 2\n"),
        ("a: {v: ~}\n", "a: {v: {w: 1, z: 1}, x: 1}\n"),
        ("a: {u: 2}\n", "a: {u: 2, v: {w: 1, z: 1}, x: 1}\n"),
        ("a: {v: {z: 2}}\n", "a: {v: {z: 1, w: 1}, x: 1}\n"),
        ("a:\n  v: # two\n    u: 2\n", "a:\n  v: # two\n    u: 2\n    z: 1\n    w: 1\n  x: 1\n"),
    ] {
        assert_eq!(after(text, &all).as_deref(), Ok(want), "{text}");
    }
    let whole = [set("a.b", value("1")), set("a", value("{c: 2}")), set("a.c", value("3"))];
    assert_eq!(after("a: {b: 0, d: 0}\n", &whole).as_deref(), Ok("a: {c: 3}\n"));
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
        assert_eq!(after(text, &[add("l", value(item))]), Ok(want), "{text}");
    }
}

#[test]
fn all_items_of_a_list_can_be_replaced() {
    for (text, want) in [
        ("k: 1\nl:\n- a: 1\n\n# b\n- a: 2\n", "k: 1\nl:\n- x: 1\n- x: 2\n"),
        ("k: 1\n\n# All.\nl:\n- a: 1\n", "k: 1\n\n# All.\nl:\n- x: 1\n- x: 2\n"),
        ("l: # all\r\n  - a: 1\r\n", "l: # all\r\n- x: 1\r\n- x: 2\r\n"),
        ("l: [a, b, c]\n", "l:\n- x: 1\n- x: 2\n"),
    ] {
        let mut document = YamlDocument::new(text).unwrap();
        let count = document.data().get("l").and_then(Node::as_seq).unwrap().len();
        let all: Vec<TextEdit> = (0..count).map(|i| cut(&format!("l.{i}"), 1)).collect();
        document.change(&all).unwrap();
        document.change(&[add("l", value("x: 1")), add("l", value("x: 2"))]).unwrap();
        assert_eq!(document.text(), want, "{text}");
    }
}

/// Any scalar that a command line can contain.
fn scalars() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        "[a-z]{1,5}: [#\\[{]?[a-z]*",
        Just("a\nb\n".to_owned()),
        Just(" x ".to_owned())
    ]
}

/// Texts in many layouts with a list `l` of up to five mappings.
fn lists() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        Just("name: x"),
        Just("name: x # text"),
        Just("{name: x}"),
        Just("{name: 'x', b: {c: {}}} # text"),
        Just("name: \"x\"\n  b:\n    c: {e: 1} # text\n    # below"),
        Just("b:\n  name: >-\n    long\n    text\n"),
        Just("b: {c: {d: 1}}\n  # within\n\n  name: x"),
        Just("name: |\n    # text\n"),
        Just("# within -\n  name: x"),
        Just("&a # within\n  # and below\n  b: {}"),
        Just("o:\n  - a\n  - b # text\n  name: x"),
        Just("name: x\n  o: # all\n  # below\n  - a\n\n  - b"),
        Just("b: # it\n    c:\n    - a: 1\n      b: 2\n    d: [1]"),
        Just("b:\n    c:\n      - 1\n      # between\n      -\n  o:\n  -\n  - |\n    text\n"),
        Just("o: &o # of no use\n  - [a,\n     b]\n  b: ~"),
        Just("o:\n    p: 1\n    # of q\n    q:\n    - 1\n  b: null # none"),
    ];
    let above =
        prop_oneof![Just(""), Just(""), Just("\n"), Just("# about it\n"), Just("\n# about\n# it\n"), Just("# it\n\n")];
    let items = prop::collection::vec((above, item), 1..=5);
    let tail = prop_oneof![Just(""), Just("\n"), Just("# end\n"), Just("\n# about m\nm: 1\n"), Just("m: 1\n")];
    let block = (items, prop_oneof![Just(""), Just("  ")], tail, any::<bool>()).prop_map(|(items, pad, tail, end)| {
        let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{pad}{line}\n") };
        let items: String = items
            .iter()
            .flat_map(|(above, item)| {
                above
                    .lines()
                    .map(str::to_owned)
                    .chain(format!("- {item}").lines().map(str::to_owned))
                    .collect::<Vec<_>>()
            })
            .map(|text| line(&text))
            .collect();
        let text = format!("# head\nk: 1\nl: # all\n{items}{tail}");
        if end { text } else { text.trim_end().to_owned() }
    });
    let flow = (
        prop::collection::vec(prop_oneof![Just("{name: x}"), Just("{b: {}, name: 'x'}")], 1..=5),
        prop_oneof![Just(", "), Just(",\n  "), Just(", # text\n\n  ")],
    )
        .prop_map(|(items, between)| format!("l: [{}] # all\nm: 1\n", items.join(between)));
    (prop_oneof![4 => block, 1 => flow], any::<bool>())
        .prop_map(|(text, crlf)| if crlf { text.replace('\n', "\r\n") } else { text })
        .prop_filter("the text must be valid YAML", |text| YamlDocument::new(text).is_ok())
}

proptest! {
    #[test]
    fn any_string_can_be_set_at_any_path(text in scalars(), other in scalars()) {
        let start = "a: 'x' # kept\nb: {c: 1, d: \"2\"} # kept\nl: # kept\n- name: y # kept\n";
        let mut document = YamlDocument::new(start).unwrap();
        for (path, text) in [("a", &text), ("b.c", &other), ("b.d", &text), ("b.e", &text), ("l.0.f.g", &other), ("h", &text)] {
            prop_assert!(document.change(&[set(path, Node::str(text.as_str()))]).is_ok(), "{path} {text:?}");
            prop_assert_eq!(value_at(document.data(), &steps(path)).and_then(Node::as_str), Some(text.as_str()));
        }
        prop_assert_eq!(document.text().matches("# kept").count(), 4);
    }

    #[test]
    fn values_can_be_set_in_ordinary_layouts(
        text in lists(),
        path in prop_oneof![Just("name"), Just("o"), Just("b"), Just("b.c"), Just("new.x"), Just("o.q")],
        to in prop_oneof![Just("5"), Just("[x, {name: y, z: [1]}]"), Just("[]"), Just("{x: w}"), Just("{}"), Just("' #'")],
    ) {
        // A block scalar at the end without a line break gets one when a line is added below it.
        let text = if text.contains(['|', '>']) { text.trim_end().to_owned() + "\n" } else { text };
        let document = YamlDocument::new(&text).unwrap();
        let count = document.data().get("l").and_then(Node::as_seq).unwrap().len();
        for i in 0..count {
            let path = format!("l.{i}.{path}");
            let edit = set(&path, value(to));
            let above = steps(&path[..path.rfind('.').unwrap()]);
            // A value that is neither a mapping nor null has no keys.
            if value_at(document.data(), &above).is_some_and(|above| !above.is_null() && above.as_map().is_none()) {
                continue;
            }
            let mut document = document.clone();
            prop_assert!(document.change(&[edit]).is_ok(), "{path} {to}\n{text}");
            prop_assert_eq!(value_at(document.data(), &steps(&path)), Some(&value(to)));
            let others = |text: &str| text.matches("# head").count() + text.matches("# about m").count() + text.matches("# end").count();
            prop_assert_eq!(others(document.text()), others(&text));
        }
    }

    #[test]
    fn keys_are_removed_together_in_any_order(
        keys in Just(["a", "b", "c", "d", "e"]).prop_shuffle(),
        removed in prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..=5).prop_shuffle(),
        layout in 0..3_usize,
    ) {
        let (head, between) = [("m: {", ", "), ("m:\n  ", "\n  "), ("m:\n- ", "\n  ")][layout];
        let end = ["}\nz: 1\n", "\nz: 1\n", "\nz: 1\n"][layout];
        let above = ["m", "m", "m.0"][layout];
        let text = format!("{head}{}{end}", keys.map(|key| format!("{key}: 1")).join(between));
        let kept: Vec<String> =
            keys.iter().filter(|key| !removed.contains(*key)).map(|key| format!("{key}: 1")).collect();
        let cuts: Vec<TextEdit> = removed.iter().map(|key| cut(&format!("{above}.{key}"), 0)).collect();
        let want = match (&kept[..], layout) {
            ([], 2) => "m: []\nz: 1\n".to_owned(),
            ([], _) => "z: 1\n".to_owned(),
            _ => format!("{head}{}{end}", kept.join(between)),
        };
        prop_assert_eq!(after(&text, &cuts), Ok(want), "{}", text);
    }

    #[test]
    fn edits_together_equal_edits_one_after_the_other(
        text in lists(),
        actions in prop::collection::vec(0..7_usize, 5),
        added in prop::option::of(1..3_usize),
    ) {
        let count = YamlDocument::new(&text).unwrap().data().get("l").and_then(Node::as_seq).unwrap().len();
        let mut sets = Vec::new();
        let mut cuts = Vec::new();
        for (i, action) in actions.into_iter().take(count).enumerate() {
            match action {
                0 => sets.push(set(&format!("l.{i}.name"), Node::str("new: #1"))),
                1 => sets.push(set(&format!("l.{i}.new"), value("{a: 1}"))),
                2 => sets.push(set(&format!("l.{i}.b.c.d"), Node::int(2))),
                5 => sets.push(set(&format!("l.{i}.o"), Node::int(2))),
                6 => sets.push(set(&format!("l.{i}.o"), value("[x, y]"))),
                3 if added.is_none() => cuts.push(cut(&format!("l.{i}"), 1)),
                _ => {}
            }
        }
        let added = (0..added.unwrap_or(0)).map(|i| add("l", value(&format!("{{name: n{i}, b: 'x, y'}}"))));
        let all: Vec<TextEdit> = added.clone().chain(cuts.clone()).chain(sets.clone()).collect();
        let one = sets.into_iter().chain(cuts.into_iter().rev()).chain(added);
        let mut document = YamlDocument::new(&text).unwrap();
        // An edit that is refused alone may be accepted together with the others.
        if one.into_iter().try_for_each(|edit| document.change(&[edit]).map(drop)).is_ok() {
            prop_assert_eq!(after(&text, &all), Ok(document.text), "{}", text);
        }
    }
}
