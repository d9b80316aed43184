//! Numbers of the spec keep their text where a template writes them, and are computed with elsewhere.

use super::*;

const NUMBERS: &str = "
values:
  version: 1.10
  build: 0012
  hex: 0x1F
  ratio: 0.50
  whole: 1.0
  big: 1_000
  short: 1234e56
  zero: 0.0
  n: 3
  list: [1.10, 2, 0x10]
  map: {v: 1.20}
  flags: [{name: a, at: 007, n: 4}]
";

/// The YAML and the text that a template gives, or the messages of errors.
fn both(template: &str) -> [Result<String, Vec<String>>; 2] {
    let files = [
        ("a.yaml.j2", template),
        ("m.j2", "{% macro m(x) %}m{{ x }}-{{ x * 2 }}{% endmacro %}"),
        ("numbers.yaml", NUMBERS),
    ];
    let test = TemplateTest::new(&files);
    let spec = test.project.file(&RelPath::new("numbers.yaml").unwrap()).unwrap().id;
    let locate = |line, column, len| Location::new(spec, line, column, len);
    let variables = yaml::parse(NUMBERS, Dialect::Kubernetes, &locate).unwrap().remove(0);
    let context = TemplateContext::new(&variables).unwrap();
    let documents = test.engine.documents(&test.file, &context, Dialect::Kubernetes);
    let write =
        |nodes: Vec<Node>| yaml::stream(&nodes, |out, node| yaml::write(out, node, Quoting::Kustomize)).unwrap();
    [documents.map(write), test.engine.text(&test.file, &context)]
        .map(|result| result.map_err(|errors| errors.iter().map(ToString::to_string).collect()))
}

#[test]
fn numbers_keep_their_text_in_text() {
    for (template, want) in [
        ("v{{ values.version }}", "v1.10"),
        ("\"{{ values.build }}\"", "\"0012\""),
        ("x {{ 'c-' ~ values.short }}", "x c-1234e56"),
        ("x {{ values.list | join(',') }}", "x 1.10,2,0x10"),
        ("x {{ '%s/%s' | format(values.version, values.n) }}", "x 1.10/3"),
        ("x {{ values.hex | string }}", "x 0x1F"),
        ("x {{ ('v' ~ values.version)[1:] }}", "x 1.10"),
        ("x {{ values.version | string | list | length }}", ""),
        ("x {% for v in values.list %}{{ v }};{% endfor %}", "x 1.10;2;0x10;"),
        ("x {% set v = values.version %}{{ v }}", "x 1.10"),
        ("x {% set v %}{{ values.version }}.{% endset %}{{ v }}{{ v }}", "x 1.10.1.10."),
        ("x {% from 'm.j2' import m %}{{ m(values.ratio) }}", "x m0.50-1"),
        ("x {{ values.nothing | default(values.version) }}", "x 1.10"),
        ("x {{ values.map.v if values.map.v > 1.1 else 'no' }}", "x 1.20"),
        ("x {{ values.flags | map(attribute='at') | join }}", "x 007"),
        ("x {{ (values.flags | selectattr('at', 'eq', 7) | first).at }}", "x 007"),
    ] {
        let [yaml, text] = both(&format!("a: {template}\n"));
        if want.is_empty() {
            assert!(yaml.is_err() && text.is_err(), "{template}");
            continue;
        }
        let want = Ok(format!("a: {want}\n"));
        assert_eq!([yaml, text], [want.clone(), want], "{template}");
    }
}

#[test]
fn numbers_are_keys_with_their_text() {
    let [yaml, _] = both("a: {\"{{ values.build }}\": 1, v{{ values.version }}: 2}\n{{ values.hex }}: 3\n");
    assert_eq!(yaml.unwrap(), "\"0x1F\": 3\na:\n  \"0012\": 1\n  v1.10: 2\n");
}

#[test]
fn numbers_are_computed_with() {
    for (template, want) in [
        ("{{ values.build + 1 }}", "11"),
        ("{{ values.ratio * values.n }}", "1.5"),
        ("{{ 10 // values.build }}", "1"),
        ("{{ values.hex % 10 - values.whole }}", "0"),
        ("{{ values.version | float + 1 }}", "2.1"),
        ("{{ values.version | int }}", "1"),
        ("{{ (values.build + 1) ~ '-' ~ values.build }}", "11-0012"),
        ("{{ 'y' if values.version == 1.1 else 'n' }}", "\"y\""),
        ("{{ 'yes' if values.version >= 1.10 and values.version < 2 else 'no' }}", "\"yes\""),
        ("{{ values.build == 10 }}", "true"),
        ("{{ values.whole != 1 }}", "false"),
        ("{{ values.build is even }}", "true"),
        ("{{ values.version is number and values.build is integer }}", "true"),
        ("{{ values.build is gt 9 }}", "true"),
        ("{% if values.zero %}1{% else %}2{% endif %}", "2"),
        ("{% if values.ratio > 0.4 %}{{ values.ratio }}{% endif %}", "0.5"),
        ("{{ [values.version, values.map.v] | max }}", "1.2"),
        ("{{ values.list | sum }}", "19.1"),
        ("{{ values.flags | sum(attribute='n') }}", "4"),
        ("{{ values.version | round(precision=1) }}", "1.1"),
    ] {
        let [yaml, _] = both(&format!("a: {template}\n"));
        assert_eq!(yaml, Ok(format!("a: {want}\n")), "{template}");
    }
}

#[test]
fn a_number_as_a_whole_value_has_its_canonical_form() {
    let [yaml, _] = both(
        "a: {{ values.build }}\nb: {{ values.version }}\nc: {{ values.list }}\nd: {{ {'k': values.big} }}\ne: {{ values.n }}\n",
    );
    assert_eq!(yaml.unwrap(), "a: 10\nb: 1.1\nc:\n- 1.1\n- 2\n- 16\nd:\n  k: 1000\ne: 3\n");
    let [yaml, text] = both("a: '{{ [values.n, values.build + 1] | tojson }} {{ values.n | toyaml }}'\n");
    assert_eq!([yaml.unwrap(), text.unwrap()], ["a: '[3,11] 3'\n", "a: '[3,11] 3'\n"]);
}

/// What needs both the text and the value of a number is an error, never another result.
#[test]
fn a_number_whose_text_is_inspected_is_an_error() {
    for template in [
        "x {{ ('v' ~ values.version) | length }}",
        "x {{ ('v' ~ values.version) | replace('.', '-') }}",
        "x {{ ('v' ~ values.version)[:2] }}",
        "x {{ ('v' ~ values.version) | upper == 'V1.1' }}",
        "x {{ 'y' if 1.1 in values.list else 'n' }}",
        "x {{ values.build | b64encode }}",
        "x {{ {1.1: 'y'}[values.version] | default('n') }}",
        "x {{ [values.version, 1.2] | sort | join(' ') }}",
        "x {% for i in range(values.build) %}{{ i }}{% endfor %}",
        "x {{ -values.version }}",
        "x {{ 'y' if values.version | string == '1.10' else 'n' }}",
        "x {{ 'y' if values.version ~ '' == '1.1' else 'n' }}",
        "x {{ 'y' if values.version | string is in(['1.10']) else 'n' }}",
        "x {{ {'1.10': 'y'}[values.version | string] | default('n') }}",
        "x {{ ['1.9', values.version | string] | sort | first }}",
        "x {{ ['1.10', values.version | string] | unique | join }}",
        "x {{ '%s' | format(values.short) }}",
        "x {{ values.flags | tojson }}",
        "x {{ {values.version: 'x'} | tojson }}",
        "x {{ {'a': [values.version]} | toyaml }}",
        "x {{ values.flags | tojson(indent=2) }}",
        "x {{ values.build | tojson }}",
    ] {
        for result in both(&format!("a: {template}\n")) {
            let errors = result.expect_err(template);
            assert!(matches!(&errors[..], [error] if error.starts_with("the number `")), "{template}: {errors:?}");
        }
    }
}

#[test]
fn the_error_of_an_operation_on_a_number_has_its_location() {
    let text = "values: {port: 8080, version: 1.10, few: 1}\n";
    for (template, want) in [
        ("{{ values.version | length }}", Some(31)),
        ("{{ values.port | split('0') | first }}", Some(16)),
        ("{{ values.port[:3] }}", Some(16)),
        ("{% for c in values.version %}{{ c }}{% endfor %}", Some(31)),
        ("{{ fail('too few') if values.few < 2 }}", None),
        ("{{ values.few | nothing }}", None),
    ] {
        let test = TemplateTest::new(&[("a.yaml.j2", &format!("a: {template}\n")), ("numbers.yaml", text)]);
        let spec = test.project.file(&RelPath::new("numbers.yaml").unwrap()).unwrap().id;
        let locate = |line, column, len| Location::new(spec, line, column, len);
        let context =
            TemplateContext::new(&yaml::parse(text, Dialect::Kubernetes, &locate).unwrap().remove(0)).unwrap();
        let yaml = test.engine.documents(&test.file, &context, Dialect::Kubernetes).unwrap_err();
        let text = test.engine.text(&test.file, &context).unwrap_err();
        for errors in [yaml, text] {
            let [error] = &errors.iter().collect::<Vec<_>>()[..] else { panic!("{template}") };
            let notes = error.parts().notes.iter().filter(|note| note.text() == "this is a number");
            let column = notes.map(|note| note.at().column).next();
            assert_eq!(column.map(usize::from), want, "{template}");
            let has_help = error.parts().help.iter().any(|help| help.starts_with("quote it if it is text: `"));
            assert_eq!(has_help, want.is_some(), "{template}");
        }
    }
}

/// 10,000 short hashes, half of them of characters that often make a number.
fn short_hashes() -> Vec<String> {
    let mut state: u64 = 7;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut hash = |digits: &[u8]| (0..7).map(|_| char::from(digits[random(digits.len())])).collect::<String>();
    (0..5000).flat_map(|_| [hash(b"0123456789abcdef"), hash(b"00123456789e")]).collect()
}

#[test]
fn short_hashes_without_quotes_keep_their_text() {
    const TEMPLATE: &str = "{% macro m(x) %}{{ x }}{% endmacro %}{% for v in values.list %}\
        {% set block %}{{ v }}{% endset %}{% set w = v %}\
        - [\"{{ v }}.\", \"{{ '.' ~ v }}\", \"{{ [v, 'x'] | join('.') }}\", \"{{ v | string }}.\", \
        \"{{ m(v) }}.\", \"{{ block }}.\", \"{{ w | default('x') }}.\", \"{{ {'k': v}.k }}.\", \"{{ [v] | first }}.\", {\"{{ v }}\": 1}]\n\
        {% endfor %}";
    for hashes in short_hashes().chunks(500) {
        let variables = read(&format!("values: {{list: [{}]}}\n", hashes.join(", ")));
        let test = TemplateTest::new(&[("a.yaml.j2", TEMPLATE)]);
        let documents = test.documents(&variables).unwrap();
        let items = documents[0].as_seq().unwrap();
        assert_eq!(items.len(), hashes.len());
        for (hash, item) in hashes.iter().zip(items) {
            let forms: Vec<&Node> = item.as_seq().unwrap().iter().collect();
            let (key, texts) = forms.split_last().unwrap();
            let texts: Vec<&str> = texts.iter().map(|node| node.as_str().unwrap()).collect();
            let after = format!("{hash}.");
            let mut want = vec![after.as_str(); texts.len()];
            let (before, joined) = (format!(".{hash}"), format!("{hash}.x"));
            (want[1], want[2]) = (&before, &joined);
            assert_eq!(texts, want);
            assert!(key.get(hash).is_some(), "{hash}");
        }
    }
}
