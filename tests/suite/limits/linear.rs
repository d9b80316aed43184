//! The work for large input, in time of the processor. Four times the input is about four times the work, where a quadratic
//! algorithm needs sixteen times.

use super::{CONFIG_MAP, workspace};
use crate::tests::kit::Workspace;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The file that is the standard input of a command.
const LIST: &str = "list.txt";

/// The processor time of a command that ends with this `status`, in ticks of 10 ms. `None` where the system does not say.
#[track_caller]
fn ticks(workspace: &Workspace, args: &[String], status: i32) -> Option<u64> {
    let pleach = workspace.command();
    let mut command = Command::new(pleach.get_program());
    command.args(args).current_dir(workspace.path()).env("RAYON_NUM_THREADS", "1");
    if let Ok(list) = File::open(workspace.path().join(LIST)) {
        command.stdin(list);
    }
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // A process that has ended keeps its times until something waits for it.
    let ticks = loop {
        let Some(stat) = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok() else { break None };
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if fields[0] == "Z" {
            break Some(fields[11..13].iter().map(|time| time.parse::<u64>().unwrap()).sum());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(child.wait().unwrap().code(), Some(status));
    ticks
}

/// Compares the work for `size` and for four times that. Both builds succeed.
#[track_caller]
fn is_linear(size: usize, workspace: impl Fn(usize) -> Workspace) {
    is_linear_with(0, size, |size| (workspace(size), vec!["build".to_owned()]));
}

/// The same for workspaces with errors.
#[track_caller]
fn is_linear_with_errors(size: usize, workspace: impl Fn(usize) -> Workspace) {
    is_linear_with(2, size, |size| (workspace(size), vec!["build".to_owned()]));
}

/// The same for a workspace and the arguments of a command.
#[track_caller]
fn is_linear_with(status: i32, size: usize, command: impl Fn(usize) -> (Workspace, Vec<String>)) {
    let ticks = |size| {
        let (workspace, args) = command(size);
        ticks(&workspace, &args, status)
    };
    let (Some(one), Some(four)) = (ticks(size), ticks(size * 4)) else { return };
    // Less than one tick counts as none.
    assert!(four < 8 * (one + 1), "{size}: {one} ticks, four times that: {four}");
}

/// A workspace whose spec has `more` at its end.
fn with_spec(more: &str) -> Workspace {
    let workspace = workspace(&[("a.yaml", CONFIG_MAP)]);
    workspace.write("branches.yaml", workspace.read("branches.yaml") + more);
    workspace
}

#[test]
fn lines_of_a_template() {
    is_linear(5_000, |size| {
        let lines: String = (0..size).map(|i| format!("  k{i}: 'x{{{{ branch.name }}}}'\n")).collect();
        workspace(&[("a.yaml.j2", &(CONFIG_MAP.replace("data: {a: b}", "data:") + &lines))])
    });
}

#[test]
fn tags_in_one_line_of_a_template() {
    is_linear(2_000, |size| {
        let entries: String = (0..size).map(|i| format!("k{i}: é{{{{ branch.name }}}}, ")).collect();
        workspace(&[("a.yaml.j2", &CONFIG_MAP.replace("a: b", &entries))])
    });
}

#[test]
fn tags_in_comments_of_a_template() {
    is_linear(2_000, |size| {
        let comments = "# {{ branch.name }} {{ branch.slug }}\n".repeat(size) + &"# {{ branch.name }}".repeat(size);
        workspace(&[("a.yaml.j2", &(CONFIG_MAP.to_owned() + &comments + "\n"))])
    });
}

#[test]
fn raw_block_of_a_template_that_does_not_end() {
    // A line of the engine has up to 65,535 columns.
    is_linear_with_errors(5_000, |size| {
        workspace(&[("a.yaml.j2", &(CONFIG_MAP.to_owned() + "# {% raw %}" + &"{% ".repeat(size) + "\n"))])
    });
}

#[test]
fn slices_of_slices_and_chains_of_chains() {
    for step in ["ns.s[:]", "ns.s | chain([])"] {
        is_linear(2_000, |size| {
            let step = format!("{{% for i in range({size}) %}}{{% set ns.s = {step} %}}{{% endfor %}}");
            let template = CONFIG_MAP.replace("a: b", "a: '{{ ns.s | length }}'");
            workspace(&[("a.yaml.j2", &format!("{{% set ns = namespace(s=[1, 2, 3]) %}}{step}\n{template}"))])
        });
    }
}

#[test]
fn long_tag_in_a_loop() {
    let tag = format!("{{{{ '{}' | length }}}}", "y".repeat(20_000));
    is_linear(200, |size| {
        let text = format!("{{% for i in range({size}) %}}\n  k{{{{ i }}}}: '{tag}'{{% endfor %}}\n");
        workspace(&[("a.yaml.j2", &(CONFIG_MAP.replace("data: {a: b}", "data:") + &text))])
    });
}

#[test]
fn concatenations_of_a_template() {
    is_linear(2_000, |size| {
        let values = vec!["branch.name"; size].join(" ~ ");
        workspace(&[("a.yaml.j2", &CONFIG_MAP.replace("a: b", &format!("a: '{{{{ {values} }}}}'")))])
    });
}

#[test]
fn keys_of_an_object() {
    is_linear(5_000, |size| {
        let keys: String = (0..size).map(|i| format!("  k{i}: v\n")).collect();
        workspace(&[("a.yaml", &(CONFIG_MAP.replace("data: {a: b}", "data:") + &keys))])
    });
}

#[test]
fn nulls_of_an_object() {
    is_linear(5_000, |size| workspace(&[("a.yaml", &(CONFIG_MAP.to_owned() + "x:\n" + &"- ~\n".repeat(size)))]));
}

#[test]
fn unknown_keys_of_the_spec() {
    is_linear_with_errors(4_000, |size| with_spec(&(0..size).map(|i| format!("k{i}: v\n")).collect::<String>()));
}

#[test]
fn unknown_keys_of_branches() {
    is_linear_with_errors(1_000, |size| {
        with_spec(&(0..size).map(|i| format!("- {{name: b{i}, k: v}}\n")).collect::<String>())
    });
}

#[test]
fn values_that_no_template_reads() {
    let template = CONFIG_MAP.replace("a: b", "a: '{{ values.other }}'");
    is_linear(2_000, |size| {
        let workspace = with_spec(&format!(
            "defaults:\n  values:\n    other: x\n{}",
            (0..size).map(|i| format!("    a-b{i}: v\n")).collect::<String>()
        ));
        let words: String = (0..size).map(|i| format!("# a b{i}\n")).collect();
        workspace.write("base/b.yaml.j2", template.replace("name: a", "name: b") + &words);
        workspace
    });
}

#[test]
fn keys_of_objects_beside_patterns_of_secret_keys() {
    let patterns: String = (0..100).map(|i| format!("  - '*k{i}*z'\n")).collect();
    is_linear(2_000, |size| {
        let workspace = with_spec(&format!("secrets:\n  keys:\n{patterns}"));
        let objects = (0..size).map(|i| CONFIG_MAP.replace("name: a", &format!("name: b{i}")) + "---\n");
        workspace.write("base/b.yaml", objects.collect::<String>());
        workspace
    });
}

/// Half of them set the same pattern of namespaces, which does not match the namespaces of the others.
#[test]
fn branches_with_a_namespace_pattern() {
    let pattern = "{{ values.a }}-".repeat(8) + "{{ branch.slug }}";
    let namespace = format!(", values: {{a: a}}, namespace: '{pattern}'");
    is_linear(500, |size| {
        with_spec(&(0..size).map(|i| format!("- {{name: b{i}{}}}\n", ["", &namespace][i % 2])).collect::<String>())
    });
}

#[test]
fn braces_without_end() {
    is_linear_with_errors(25_000, |size| with_spec(&("x: ".to_owned() + &"{a: ".repeat(size) + "\n")));
}

#[test]
fn elements_of_a_strategic_merge_patch() {
    is_linear(1_000, |size| {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n";
        let containers = |field: &str| {
            let containers: String = (0..size).map(|i| format!("      - {{name: c{i}, {field}}}\n")).collect();
            deployment.to_owned() + &containers
        };
        workspace(&[
            ("kustomization.yaml", "resources: [a.yaml]\npatches: [{path: p.yaml}]\n"),
            ("a.yaml", &containers("image: 'registry.example/a:1'")),
            ("p.yaml", &containers("tty: true")),
        ])
    });
}

#[test]
fn generated_objects() {
    is_linear(500, |size| {
        let new: String = (0..size).map(|i| format!("- {{name: g{i}, literals: [a=b]}}\n")).collect();
        let merged: String =
            (0..size).map(|i| format!("- {{name: g{i}, behavior: merge, literals: [c=d]}}\n")).collect();
        workspace(&[("kustomization.yaml", &format!("configMapGenerator:\n{new}{merged}"))])
    });
}

#[test]
fn field_specs() {
    is_linear(4_000, |size| {
        let specs = |more: &str| (0..size).map(|i| format!("  - {{path: a/b{i}{more}}}\n")).collect::<String>();
        let references: String =
            (0..size).map(|i| format!("- {{kind: K{i}, fieldSpecs: [{{path: c/b{i}, kind: ConfigMap}}]}}\n")).collect();
        let configuration = format!("images:\n{}nameReference:\n{references}", specs(""));
        let fields = specs(", create: true") + &specs("/c");
        let labels = format!("labels:\n- pairs: {{a: b}}\n  fields:\n{fields}");
        workspace(&[
            ("kustomization.yaml", &format!("resources: [a.yaml]\nconfigurations: [c.yaml]\n{labels}")),
            ("a.yaml", CONFIG_MAP),
            ("c.yaml", &configuration),
        ])
    });
}

#[test]
fn vars_and_braces() {
    is_linear(1_500, |size| {
        let object = "objref: {kind: ConfigMap, name: a, apiVersion: v1}";
        let vars: String = (0..size).map(|i| format!("- {{name: v{i}, {object}}}\n")).collect();
        let images = format!("images: [{{name: 'a+{}', newTag: b}}]\n", "{".repeat(5 * size));
        let kustomization = format!("resources: [a.yaml]\nconfigurations: [c.yaml]\n{images}vars:\n{vars}");
        workspace(&[
            ("kustomization.yaml", &kustomization),
            ("a.yaml", &CONFIG_MAP.replace("a: b", &format!("a: '{}'", "$(".repeat(50 * size)))),
            ("c.yaml", "varReference: [{path: data, kind: ConfigMap}]\n"),
        ])
    });
}

#[test]
fn patches_of_one_object_each() {
    is_linear(500, |size| {
        let objects: String =
            (0..size).map(|i| CONFIG_MAP.replace("name: a", &format!("name: b{i}")) + "---\n").collect();
        let kustomization = "resources: [a.yaml]\npatches: [{path: a.yaml}]\n";
        workspace(&[("kustomization.yaml", kustomization), ("a.yaml", &objects)])
    });
}

#[test]
fn accounts_of_a_role_binding() {
    is_linear(1_000, |size| {
        let subject = |i| format!("- {{kind: ServiceAccount, name: a, namespace: n{i}}}\n");
        let subjects: String = (0..size).map(subject).collect();
        let role = "{apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}";
        let binding = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: b}}\nroleRef: {role}\nsubjects:\n{subjects}"
        );
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: n0}\n";
        workspace(&[
            ("kustomization.yaml", "resources: [a.yaml]\nnamePrefix: p-\n"),
            ("a.yaml", &format!("{account}---\n{binding}")),
        ])
    });
}

#[test]
fn images_that_are_set() {
    is_linear_with(0, 250, |size| {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n";
        let container = |i: usize| format!("  - {{name: c{i}, image: 'r.example.com/i{i}:1'}}\n");
        let workspace = workspace(&[("a.yaml", &(pod.to_owned() + &(0..size).map(container).collect::<String>()))]);
        let image = |i: usize| format!("    r.example.com/i{i}: 'r.example.com/i{i}:{{{{ branch.tag }}}}'\n");
        let images: String = (0..size).map(image).collect();
        workspace.write("branches.yaml", workspace.read("branches.yaml") + "sync:\n  images:\n" + &images);
        workspace.write(LIST, "main\n");
        (workspace, ["branch", "sync", "--from", "-"].map(str::to_owned).to_vec())
    });
}

#[test]
fn images_that_cannot_be_set() {
    is_linear_with(2, 250, |size| {
        let workspace = workspace(&[("a.yaml", CONFIG_MAP)]);
        let branch = |i: usize| format!("- {{name: b{i}, images: *i}}\n");
        let branches: String = (0..size).map(branch).collect();
        let sync = "sync:\n  images: {a: 'r.example.com/a:{{ branch.tag }}'}\n";
        let main = "  images: &i {a: 'r.example.com/a:1'}\n";
        workspace.write("branches.yaml", workspace.read("branches.yaml") + main + &branches + sync);
        workspace.write(LIST, (0..size).map(|i| format!("b{i}\n")).collect::<String>() + "main\n");
        (workspace, ["branch", "sync", "--from", "-"].map(str::to_owned).to_vec())
    });
}
