//! No report shows a secret value, in any format, also when it is about the line that has one.

use crate::tests::kit::Workspace;

const VALUE: &str = "hunter22-hunter22";
const BASE64: &str = "aHVudGVyMjItaHVudGVyMjI=";
const FORMATS: [&str; 3] = ["human", "short", "json"];
const REPORTS: [&str; 6] = ["text", "json", "github", "gitlab-codequality", "junit", "sarif"];

fn workspace(files: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::small();
    for (path, text) in files {
        workspace.write(path, text.replace("VALUE", VALUE).replace("BASE64", BASE64));
    }
    workspace
}

/// Runs a command with each format of messages, and checks its output.
fn shows_no_value(workspace: &Workspace, args: &[&str], message: &str) {
    for format in FORMATS {
        let args: Vec<&str> = args.iter().copied().chain(["--message-format", format]).collect();
        let ran = workspace.run(&args);
        let text = ran.out() + &ran.err();
        assert!(text.contains(message), "{args:?}: {text}");
        assert!(!text.contains("hunter22") && !text.contains(BASE64), "{args:?}: {text}");
    }
    workspace.run(&["check", "--format", &REPORTS.map(|format| format!("{format}=report.{format}")).join(",")]);
    for format in REPORTS {
        let text = workspace.read(&format!("report.{format}"));
        assert!(!text.is_empty() && !text.contains("hunter22") && !text.contains(BASE64), "{format}: {text}");
    }
}

#[test]
fn an_error_about_a_secret_does_not_show_its_values() {
    let head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n";
    for (data, message) in [
        ("data:\n  a: VALUE\n", "is not base64"),
        ("data:\n  a: \"VALUE\n", "yaml"),
        ("data: {a: 'VALUE' b}\n", "yaml"),
        ("stringData:\n  a: [VALUE]\n", "must be a string"),
        ("stringData:\n  a: VALUE\n  a: VALUE\n", "yaml"),
        ("stringData:\n  a: |\n    VALUE\n   x: y\n", "yaml"),
        ("stringData:\n  VALUE\n", "must be a mapping"),
        ("stringData:\n  a: !VALUE x\n", "yaml"),
        ("stringData:\n  a: *VALUE\n", "yaml"),
    ] {
        let workspace = workspace(&[("base/secret.yaml", &format!("{head}{data}"))]);
        shows_no_value(&workspace, &["build"], message);
        let templated = self::workspace(&[("base/secret.yaml.j2", &format!("{head}{data}"))]);
        shows_no_value(&templated, &["build"], message);
    }
}

#[test]
fn an_error_about_a_generator_does_not_show_its_values() {
    let kustomization = |entry: &str| format!("resources: [service.yaml]\nsecretGenerator:\n- name: db\n  {entry}\n");
    for (entry, message) in [
        ("literals: [VALUE]", "VALUE"),
        ("literals:\n  - a=VALUE\n  - a=VALUE", "a"),
        ("literals:\n  - a=VALUE\n  -- b", "yaml"),
        ("envs: [db.env]", "is not a valid key"),
    ] {
        let workspace =
            workspace(&[("base/kustomization.yaml", &kustomization(entry)), ("base/db.env", "a=VALUE\nVALUE VALUE\n")]);
        shows_no_value(&workspace, &["build"], if message == "VALUE" { "error" } else { message });
    }
}

/// The text of a file does not show that its values are secret: another file, a target or a template says so.
#[test]
fn values_that_end_up_in_a_secret_are_not_shown() {
    let head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n";
    let secret = &format!("{head}stringData:\n  a: x\n");
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: db\n";
    let patched = |target: &str| format!("resources: [object.yaml]\npatches:\n- path: p.yaml\n  target: {target}\n");
    let included = &format!("{head}stringData:\n  {{% include \"part.j2\" %}}\n");
    let cases: [&[(&str, &str)]; 11] = [
        &[("p.yaml", "- {op: replace, path: /stringData/b/c, value: VALUE}\n")],
        &[("p.yaml", "- op: replace\n  path: /stringData/a\n  value: [VALUE]\n")],
        &[("p.yaml", "stringData: {a: [VALUE]}\n")],
        &[("p.yaml", "data: {a: [VALUE]}\n")],
        &[("p.yaml", "apiVersion: v1\nkind: x\nmetadata: {name: db}\ndata: {a: [VALUE]}\n")],
        &[("s.yaml.j2", included), ("part.j2", "name: [VALUE]\n")],
        &[("s.yaml.j2", "{% include 'head.j2' %}\nstringData: {a: [VALUE]}\n"), ("head.j2", head)],
        &[
            ("s.yaml.j2", "{% include 'head.j2' %}\n{% include 'part.j2' %}\n"),
            ("head.j2", head),
            ("part.j2", "data: {a: [VALUE]}\n"),
        ],
        &[("s.yaml.j2", &head.replace("Secret", "{{ 'Secret' }}").replace("db\n", "db\ndata: {a: [VALUE]}\n"))],
        &[("s.yaml.j2", &head.replace("Secret", "Sec{{ 'ret' }}").replace("db\n", "db\nstringData: {a: [VALUE]}\n"))],
        &[("s.yaml.j2", &format!("{config}data: {{\"pass{{{{ 'word' }}}}\": [VALUE]}}\n"))],
    ];
    for files in cases {
        let files: Vec<_> = files.iter().map(|(path, text)| (format!("base/{path}"), *text)).collect();
        let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsecrets: {mode: allow, keys: [password]}\nbranches:\n- name: main\n";
        files.push(("branches.yaml", spec));
        let is_patch = files[0].0 == "base/p.yaml";
        for target in ["{kind: Secret}", "{name: db}", "{kind: Sec.*}"].into_iter().take(if is_patch { 3 } else { 1 }) {
            let kustomization = patched(target);
            let patch_files = [("base/kustomization.yaml", kustomization.as_str()), ("base/object.yaml", secret)];
            let all: Vec<_> = files.iter().copied().chain(patch_files.into_iter().filter(|_| is_patch)).collect();
            let workspace = workspace(&all);
            shows_no_value(&workspace, &["check"], "error");
        }
    }
    // A patch turns a ConfigMap into a Secret.
    let kustomization = patched("{kind: ConfigMap}");
    let object = format!("{config}data:\n  a: VALUE\n");
    for patch in [
        "- {op: replace, path: /kind, value: Secret}\n",
        "- {op: replace, path: /kind, value: Secret}\n- {op: add, path: /data/b/c, value: VALUE}\n",
    ] {
        let files = [
            ("base/kustomization.yaml", kustomization.as_str()),
            ("base/object.yaml", &object),
            ("base/p.yaml", patch),
        ];
        shows_no_value(&workspace(&files), &["check"], "error");
    }
}

/// What is about other objects keeps its excerpts, also beside Secrets.
#[test]
fn errors_of_other_objects_show_their_lines() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  {% include 'values.j2' %}\n";
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n";
    let kustomization = "resources: [s.yaml.j2, c.yaml.j2]\npatches:\n- {path: s/p.yaml, target: {kind: Secret}}\n- {path: c/p.yaml, target: {kind: ConfigMap}}\n";
    for files in [
        [
            ("base/c.yaml.j2", format!("{config}data: {{a: [shown-line]}}\n")),
            ("base/c/p.yaml", "- {op: test, path: /metadata/name, value: x}\n".to_owned()),
        ],
        [
            ("base/c.yaml.j2", format!("{config}data:\n  {{% include 'part.j2' %}}\n")),
            ("base/part.j2", "a: [shown-line]\n".to_owned()),
        ],
        [
            ("base/c.yaml.j2", format!("{config}data: {{a: x}}\n")),
            ("base/c/p.yaml", "- {op: add, path: /data/a/b, value: shown-line}\n".to_owned()),
        ],
        // A template without a kind, which has that of a macro.
        [
            ("base/c.yaml.j2", "{% from 'lib.j2' import object -%}\n{{ object('shown-line' + nothing) }}\n".to_owned()),
            ("base/lib.j2", format!("{{%- macro object(a) %}}\n{config}data: {{a: {{{{ a }}}}}}\n{{%- endmacro %}}\n")),
        ],
    ] {
        let workspace = workspace(&[
            ("base/kustomization.yaml", kustomization),
            ("base/s.yaml.j2", secret),
            ("base/values.j2", "a: x"),
            ("base/c/p.yaml", "- {op: test, path: /metadata/name, value: x}\n"),
            ("base/s/p.yaml", "- {op: test, path: /metadata/name, value: db}\n"),
        ]);
        for (path, text) in &files {
            workspace.write(path, text);
        }
        let error = workspace.run(&["check"]).exits(2).err();
        assert!(error.contains("| ") && error.contains("shown-line"), "{error}");
    }
}

#[test]
fn an_error_about_a_secret_key_does_not_show_its_value() {
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsecrets:\n  keys: ['*Password', '*_PASSWORD']\nbranches:\n\
                - name: main\n  values:\n    dbPassword: VALUE\n";
    let config = |text: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  a: {text}\n");
    for (spec, file, text, message) in [
        (spec.to_owned(), "base/a.yaml.j2", config("{{ values.dbPassword + 1 }}"), "template"),
        (spec.to_owned(), "base/a.yaml.j2", config("{{ values.dbPassword | int }}"), "template"),
        (spec.to_owned(), "base/a.yaml.j2", config("[\"{{ values.dbPassword }}\"]"), "must be a string"),
        (spec.to_owned(), "base/a.yaml", config("x\n  myPassword: [VALUE]"), "must be a string"),
        (spec.to_owned() + "    dbPassword: VALUE\n", "base/a.yaml", config("x"), "yaml"),
        (spec.replace("VALUE", "\"VALUE"), "base/a.yaml", config("x"), "yaml"),
        (spec.to_owned(), "base/a.yaml", config("x") + "env:\n- name: X_PASSWORD\n  value: 'VALUE' x\n", "yaml"),
    ] {
        let workspace = workspace(&[("branches.yaml", &spec), (file, &text)]);
        shows_no_value(&workspace, &["build"], message);
    }
}

#[test]
fn a_diff_shows_that_a_secret_changed_and_nothing_of_it() {
    let secret = |value: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: {value}\n  b: other\n")
    };
    let workspace = workspace(&[("base/secret.yaml", &secret("VALUE"))]);
    let report = |format: &str| workspace.run(&["diff", "--format", format]).exits(1).out();
    for format in ["text", "markdown", "summary", "json", "patch"] {
        assert!(!report(format).contains("hunter22"), "{format}");
    }
    workspace.run(&["build"]).exits(0);
    workspace.write("base/secret.yaml", secret("another-and-longer-hunter22"));
    for format in ["text", "markdown"] {
        let text = report(format);
        assert!(text.contains("\n!   stringData.a: (secret, changed)\n"), "{text}");
        assert!(!text.contains("hunter22") && !text.contains("other"), "{text}");
    }
    let json = report("json");
    assert!(json.contains("\"addedLines\": 1") && !json.contains("hunter22"), "{json}");
}

#[test]
fn allowed_secrets_and_keys_that_match_nothing_are_reported() {
    let workspace = workspace(&[(
        "base/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: VALUE\n",
    )]);
    let set = |secrets: &str| {
        let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n- name: main\n";
        workspace.write("branches.yaml", format!("{spec}secrets: {secrets}\n"));
        workspace.run(&["build"])
    };
    assert!(set("refuse").exits(2).err().contains("`Secret db` contains the value of `a`"));
    assert!(set("{mode: refuse}").exits(2).err().contains("`Secret db` contains the value of `a`"));
    assert_eq!(set("{mode: refuse, allow: [db]}").exits(0).err(), "");
    let error = set("{mode: refuse, allow: [dbs]}").exits(2).err();
    assert!(error.contains("`Secret db` contains"), "{error}");
    let warning = set("{mode: warn, allow: [db, dc], keys: [token]}").exits(0).err();
    assert!(warning.contains("no branch has a Secret `dc`") && warning.contains("did you mean `db`?"), "{warning}");
    assert!(warning.contains("no value and no object has a key that matches `token`"), "{warning}");
    assert!(set("{mode: allow, allow: [db]}").exits(2).err().contains("`allow` has no effect"));
    let error = set("refused").exits(2).err();
    assert!(
        error.contains("`secrets` must be `refuse`, `warn` or `allow`, got `refused`")
            && error.contains("did you mean `refuse`?"),
        "{error}"
    );
}

#[test]
fn values_in_other_fields_are_refused_and_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n";
    let applied =
        "  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"BASE64\"}}'\n";
    let sealed =
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: db\nspec:\n  template:\n    data:\n";
    for (object, message) in [
        (format!("{secret}stringdata:\n  a: VALUE\n"), "`Secret db` contains the value of `a`"),
        (format!("{secret}Data:\n  a: BASE64\n"), "`Secret db` contains the value of `a`"),
        (format!("{secret}{applied}"), "contains the value of `kubectl.kubernetes.io/last-applied-configuration`"),
        (format!("{sealed}      a: VALUE\n"), "`SealedSecret db` contains the value of `a`"),
    ] {
        let workspace = workspace(&[("base/secret.yaml", &object)]);
        for format in ["text", "markdown", "json"] {
            shows_no_value(&workspace, &["diff", "--format", format], message);
        }
        let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsecrets: refuse\nbranches:\n- name: main\n";
        workspace.write("branches.yaml", spec);
        shows_no_value(&workspace, &["build"], message);
        workspace.write("branches.yaml", spec.replace("refuse", "{mode: refuse, allow: [db]}"));
        assert_eq!(workspace.run(&["build"]).exits(0).err().matches("contains the value").count(), 0);
    }
    let filled = format!("{sealed}      a: 'x {{% raw %}}{{{{ .a }}}}{{% endraw %}}'\n");
    let workspace = workspace(&[("base/secret.yaml.j2", &filled)]);
    assert_eq!(workspace.run(&["build"]).exits(0).err(), "");
}

#[test]
fn a_diff_does_not_show_a_known_value_under_another_key() {
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsecrets:\n  keys: ['*Password']\nbranches:\n\
                - name: main\n  values:\n    dbPassword: VALUE\n";
    let config =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  url: db://u:{{ values.dbPassword }}@db\n";
    let workspace = workspace(&[("branches.yaml", spec), ("base/a.yaml.j2", config)]);
    workspace.run(&["build"]).exits(0);
    let next = "another-hunter22";
    workspace.write("branches.yaml", spec.replace("VALUE", next));
    for format in ["text", "markdown"] {
        let text = workspace.run(&["diff", "--format", format]).exits(1).out();
        assert!(text.contains("\n!   data.url: (secret, changed)\n"), "{text}");
        assert!(!text.contains("hunter22"), "{text}");
    }
}

#[test]
fn other_commands_show_no_value() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: VALUE\n";
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsecrets: {mode: allow, keys: ['*Password']}\nbranches:\n\
                - name: main\n  values:\n    dbPassword: VALUE\n";
    let config =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  myPassword: '{{ values.dbPassword }}'\n";
    let workspace = workspace(&[("branches.yaml", spec), ("base/secret.yaml", secret), ("base/a.yaml.j2", config)]);
    shows_no_value(&workspace, &["check"], "30-configmap-x.yaml");
    workspace.run(&["build"]).exits(0);
    workspace.write("base/secret.yaml", secret.replace("VALUE", "other-hunter22"));
    shows_no_value(&workspace, &["check"], "26-secret-db.yaml");
    shows_no_value(&workspace, &["branch", "list"], "main");
    shows_no_value(&workspace, &["branch", "list", "--format", "json"], "main");
    shows_no_value(&workspace, &["branch", "set", "main", "--value", "other=x", "--dry-run"], "main");
    shows_no_value(&workspace, &["teardown"], "");
    workspace
        .write("k/kustomization.yaml", format!("secretGenerator:\n- name: a\n  literals: [a={VALUE}, a={VALUE}]\n"));
    shows_no_value(&workspace, &["kustomize", "k"], "error");
    workspace.write("k/kustomization.yaml", "resources: [s.yaml]\npatches:\n- patch: '[{op: test, path: /stringData/a, value: other-value}]'\n  target: {kind: Secret}\n");
    workspace.write("k/s.yaml", secret.replace("VALUE", VALUE));
    shows_no_value(&workspace, &["kustomize", "k"], "error");
}

#[test]
fn a_secret_is_a_warning_by_default_and_refused_in_a_new_workspace() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: VALUE}\n";
    let workspace = workspace(&[("base/secret.yaml", secret)]);
    let warned = workspace.run(&["build"]).exits(0).err();
    assert!(warned.starts_with("warning[") && warned.contains("Secret db"), "{warned}");
    assert!(workspace.run(&["build", "--strict"]).exits(2).err().starts_with("error["));
    let new = Workspace::empty();
    new.run(&["init", "."]).exits(0);
    assert!(new.read("branches.yaml").contains("\nsecrets: refuse\n"));
}

#[test]
fn a_literal_under_a_secret_key_is_not_shown() {
    let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nsecrets: {mode: refuse, keys: ['*Password']}\n\
                branches: [{name: main}]\n";
    let generator = |entry: &str| format!("configMapGenerator:\n- name: g\n  {entry}\n");
    for entry in [
        "literals: [\"dbPassword=VALUE\"], foo: bar",
        "literals: [\"dbPassword=VALUE]",
        "literals:\n  - dbPassword=VALUE\n  - dbPassword=VALUE",
        "literals: dbPassword=VALUE",
        "literals: [a, {b: dbPassword=VALUE}]",
        "envs: [dbPassword=VALUE]",
        "files: [dbPassword=VALUE=x]",
        "env: {x: dbPassword=VALUE}",
    ] {
        for (text, folder) in [(generator(entry), "base"), (generator(entry).replace("configMap", "secret"), "base")] {
            let workspace = workspace(&[("branches.yaml", spec), (&format!("{folder}/kustomization.yaml"), &text)]);
            for args in [&["build"][..], &["kustomize", folder], &["check"]] {
                for format in FORMATS {
                    let args: Vec<&str> = args.iter().copied().chain(["--message-format", format]).collect();
                    let ran = workspace.run(&args).exits(2);
                    let text = ran.out() + &ran.err();
                    assert!(!text.contains("hunter22"), "{args:?}: {text}");
                }
            }
        }
    }
}
