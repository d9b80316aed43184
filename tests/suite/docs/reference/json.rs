//! The JSON reports: the fields of each, and a real report that has all of them.

use super::{HEADER, cell, code};
use crate::tests::kit::{Workspace, deployment};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
Programs should read these reports and not those for people. Fields may be added. A field that is described here keeps its
name, its type and its meaning.

";

/// A field: its path, its type, its meaning. `[]` is the item of a list.
type Field = (&'static str, &'static str, &'static str);

struct Report {
    heading: &'static str,
    text: &'static str,
    fields: &'static [Field],
    /// Prepares a workspace and runs the command in it.
    run: fn(&Workspace) -> String,
}

/// The workspace of the report of differences.
const DIFF_SPEC: &str = "\
apiVersion: pleach/v1
kind: Branches
project: shop
namespace: 'shop-{{ branch.slug }}'
hosts: ['{{ branch.slug }}.dev.example.com']
zones: {dev.example.com: {A: [203.0.113.7]}}
database: {mode: shared, name: shop}
baseline: main
branches:
- name: main
- name: old
  overlays: [old]
";
/// Its container.
const DIFF_CONTAINER: &str = "        image: registry.example.com/shop/web:1
        env: [{name: A, value: a}, {name: B, value: b}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
";

const REPORTS: &[Report] = &[
    Report {
        heading: "Diagnostics: --message-format json",
        text: "Every command writes errors and warnings to standard error, one object per line. A field without a value is left out. Other lines, such as that a run waits for another one, have `kind: Message` and a `message`.",
        fields: &[
            ("apiVersion", "string", "`pleach/v1`"),
            ("kind", "string", "`Diagnostic`"),
            ("severity", "string", "`error` or `warning`"),
            ("code", "string", "the [code](exit-status.md#codes-of-diagnostics)"),
            ("message", "string", "what is wrong"),
            ("location.file", "string", "the file, relative to the current folder"),
            ("location.line", "number", "the line, from 1"),
            ("location.column", "number", "the column in characters, from 1"),
            ("location.length", "number", "the number of characters"),
            ("notes[].message", "string", "what another location has to do with it"),
            ("notes[].location.file", "string", "as above; `location` is left out if the note has none"),
            ("notes[].location.line", "number", ""),
            ("notes[].location.column", "number", ""),
            ("notes[].location.length", "number", ""),
            ("branches[]", "string", "the branches that have the error, if it concerns objects of several"),
            ("help[]", "string", "what to try"),
        ],
        run: |workspace| {
            workspace.write(
                "base/pod.yaml.j2",
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  tier: {{ values.tier }}\n",
            );
            let undefined = workspace.run(&["build", "--message-format", "json"]).exits(2).err();
            workspace.edit("branches.yaml", "- name: feature/login\n", "- name: main\n");
            undefined + &workspace.run(&["build", "--message-format", "json"]).exits(2).err()
        },
    },
    Report {
        heading: "pleach diff --format json",
        text: "One object. `schema/diff.schema.json` describes it. In the texts of a group with several branches, `{slug}`, `{branch}`, `{namespace}`, `{host}`, `{host 2}`, `{database}` and `{hash}` are the names of each branch. A secret value is `(secret)`, or `(secret, changed)`.",
        fields: &[
            ("apiVersion", "string", "`pleach/v1`"),
            ("kind", "string", "`Diff`"),
            ("branches[].name", "string", "the branch, or the path of a file that all branches share"),
            ("branches[].slug", "string", "its slug"),
            ("branches[].change", "string", "`added`, `changed` or `removed`"),
            ("branches[].routine", "boolean", "whether only images and labels change"),
            ("branches[].files[].path", "string", "the file, relative to the workspace"),
            ("branches[].files[].change", "string", "`added`, `changed` or `removed`"),
            ("branches[].files[].addedLines", "number", "the number of added lines"),
            ("branches[].files[].removedLines", "number", "the number of removed lines"),
            ("branches[].files[].formattingOnly", "boolean", "whether its objects are the same"),
            ("notRendered[]", "string", "branches that could not be built (`--keep-going`); they are nowhere else"),
            ("groups[].id", "string", "identifies the changes of the group, whatever branches have them"),
            ("groups[].branches[]", "string", "the branches that have these changes"),
            ("groups[].changes[].object.apiVersion", "string", "the object"),
            ("groups[].changes[].object.kind", "string", "its kind; `File` for a file without objects"),
            ("groups[].changes[].object.name", "string", "its name, after the change if it still exists"),
            ("groups[].changes[].object.namespace", "string", "its namespace; absent if it has none"),
            (
                "groups[].changes[].path",
                "string",
                "the field, such as `spec.template.spec.containers[web].image`; empty for the whole object",
            ),
            (
                "groups[].changes[].change",
                "string",
                "`added`, `removed`, `replaced`, `lines` (of a text) or `reordered` (items of a list)",
            ),
            ("groups[].changes[].before", "string", "the value as YAML; for `reordered`, the keys of the items"),
            ("groups[].changes[].after", "string", "the same after the change"),
            ("groups[].changes[].lines", "string", "for `lines`: each hunk behind a line `@@`"),
            ("dangers[].text", "string", "what can lose data, is refused by the API server, or gives more rights"),
            ("dangers[].branches[]", "string", "the branches"),
            ("images[].name", "string", "the name of an image"),
            ("images[].from", "string", "the version before; null if it is new"),
            ("images[].to", "string", "the version after; null if it is no longer used"),
            ("images[].branches[]", "string", "the branches"),
            ("dns[].text", "string", "a DNS name that is added, removed or has other records"),
            ("dns[].branches[]", "string", "the branches"),
            ("databases[].text", "string", "a database or schema of a branch that is added or removed"),
            ("databases[].branches[]", "string", "the branches"),
            ("restarts[].text", "string", "a workload whose pods restart"),
            ("restarts[].branches[]", "string", "the branches"),
            ("jobs[].text", "string", "a Job that runs"),
            ("jobs[].branches[]", "string", "the branches"),
            ("requests.cpu", "string", "the CPU that all pods request more, as a quantity"),
            ("requests.memory", "string", "the same for memory"),
            ("totals.branches", "number", "the number of branches that differ, and of files that all branches share"),
            ("totals.added", "number", "the number of added branches"),
            ("totals.changed", "number", "the number of changed branches"),
            ("totals.removed", "number", "the number of removed branches"),
            ("totals.routine", "number", "the number of branches of which only images and labels change"),
            ("totals.groups", "number", "the number of groups"),
            ("totals.changes", "number", "the number of changes in all branches"),
            ("totals.files", "number", "the number of files that differ"),
            ("totals.addedLines", "number", "the number of added lines"),
            ("totals.removedLines", "number", "the number of removed lines"),
        ],
        run: |workspace| {
            workspace.write("branches.yaml", DIFF_SPEC);
            workspace.write("base/deployment.yaml", deployment("", DIFF_CONTAINER));
            workspace.write("base/policy.yaml", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: all\nspec: {podSelector: {}}\n");
            workspace.write(
                "base/config.yaml.j2",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: motd\ndata:\n  schema: {{ database.schema }}\n  motd: |\n    hello\n    world\n",
            );
            workspace.write(
                "overlays/old/kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: old-\n",
            );
            workspace.run(&["build"]).exits(0);
            std::fs::remove_file(workspace.path().join("base/policy.yaml")).unwrap();
            std::fs::remove_dir_all(workspace.path().join("overlays/old")).unwrap();
            workspace.edit("base/config.yaml.j2", "world", "all");
            workspace.edit("base/deployment.yaml", "web:1", "web:2");
            workspace.edit("base/deployment.yaml", "cpu: 100m", "cpu: 200m");
            workspace.edit(
                "base/deployment.yaml",
                "{name: A, value: a}, {name: B, value: b}",
                "{name: B, value: b}, {name: A, value: a}",
            );
            workspace.write("base/job.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: seed\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - {name: seed, image: registry.example.com/shop/seed:1}\n");
            workspace.edit(
                "branches.yaml",
                "- name: main\n",
                "- name: main\n- name: search\n  database: {mode: schema}\n",
            );
            workspace.run(&["diff", "--format", "json", "--keep-going"]).exits(2).out()
        },
    },
    Report {
        heading: "pleach check --format json",
        text: "One object, also if the build fails; `schema/check.schema.json` is its schema. A list of an item without values is left out. The other formats of `check` follow their own standards.",
        fields: &[
            ("apiVersion", "string", "`pleach/v1`"),
            ("kind", "string", "`Check`"),
            ("result", "string", "`upToDate`, `differs`, or `failed` if the build fails"),
            ("totals.errors", "number", "the number of items with this severity"),
            ("totals.warnings", "number", ""),
            ("totals.notes", "number", ""),
            (
                "items[].rule",
                "string",
                "the [code](exit-status.md#codes-of-diagnostics) of a diagnostic, or `missing-file`, `modified-file`, `file-mode`, `stale-file`, `leftover-file`, `unmanaged-file`",
            ),
            ("items[].severity", "string", "`error`, `warning` or `note`; errors are first"),
            ("items[].message", "string", "what is wrong"),
            ("items[].locations[].path", "string", "the file, from the root of the Git repository"),
            ("items[].locations[].line", "number", "the line, from 1; left out for a whole file"),
            ("items[].locations[].column", "number", "the column in characters, from 1"),
            ("items[].locationCount", "number", "the number of locations, of which the first 100 are listed"),
            ("items[].branches[]", "string", "the branches that it affects"),
            ("items[].notes[]", "string", "other locations that matter"),
            ("items[].help[]", "string", "how to fix it"),
            (
                "items[].fingerprint",
                "string",
                "the same in later reports for the same item, whatever its lines are; unique in the report",
            ),
        ],
        run: |workspace| {
            workspace.run(&["build"]).exits(0);
            workspace.write("out/namespaces/main/30-configmap-app.yaml", "a: 1\n");
            let differs = workspace.run(&["check", "--format", "json"]).exits(1).out();
            workspace.edit("base/config.yaml.j2", "branch.name", "branch.nam");
            let failed = workspace.run(&["check", "--format", "json"]).exits(2).out();
            workspace.edit("branches.yaml", "- name: feature/login\n", "- name: main\n");
            differs + &failed + &workspace.run(&["check", "--format", "json"]).exits(2).out()
        },
    },
    Report {
        heading: "pleach branch list --format json",
        text: "One object. `branches` is in the order of the names. A field without a value is null or empty.",
        fields: &[
            ("apiVersion", "string", "`pleach/v1`"),
            ("kind", "string", "`BranchList`"),
            ("branches[].name", "string", "the name of the branch in Git"),
            ("branches[].slug", "string", "its slug"),
            ("branches[].platform", "string", "`kubernetes` or `appEngine`"),
            ("branches[].namespace", "string or null", "its namespace; null on App Engine"),
            ("branches[].hosts[]", "string", "its hosts"),
            ("branches[].aliases[]", "string", "the aliases that point to it and have hosts"),
            (
                "branches[].images.*",
                "string",
                "full references of the images that the spec sets, by their name in the manifests",
            ),
            ("branches[].active", "string or null", "the version that gets the traffic, if the branch has `slots`"),
            ("branches[].overlays[]", "string", "the folders of its overlays"),
            ("branches[].owner", "string or null", "`owner` in the spec"),
            ("branches[].link", "string or null", "`link` in the spec, or the address of its pull request"),
            (
                "branches[].pullRequest.number",
                "number",
                "the number of its pull request; `pullRequest` is null without one",
            ),
            ("branches[].pullRequest.url", "string or null", "the address of the pull request"),
            ("branches[].pullRequest.title", "string or null", "its title"),
            ("branches[].added", "string or null", "`added` in the spec"),
            ("branches[].expires", "string or null", "its last day: `expires` in the spec, or by `defaults.expires`"),
            ("branches[].pinned", "boolean", "whether it has `pin` in the spec"),
        ],
        run: |workspace| {
            workspace.write("overlays/preview/kustomization.yaml", "kind: Component\n");
            workspace.write(
                "branches.yaml",
                "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                 aliases: {stable: feature/login}\nbranches:\n- name: feature/login\n  overlays: [preview]\n  \
                 images: {backend: 'registry.example.com/shop/backend:3f2c1a9'}\n  owner: team-identity\n  \
                 link: https://git.example.com/shop/pull/42\n  expires: 2026-12-24\n  added: 2026-12-01\n  \
                 pullRequest: {number: 42, url: 'https://git.example.com/shop/pull/42', title: The login}\n  \
                 slots: {active: green, versions: {blue: {}, green: {}}}\n",
            );
            workspace.run(&["branch", "list", "--format", "json"]).exits(0).out()
        },
    },
    Report {
        heading: "pleach teardown --format json",
        text: "One object. A list without items is empty.",
        fields: &[
            ("apiVersion", "string", "`pleach/v1`"),
            ("kind", "string", "`TeardownPlanList`"),
            ("plans[].branch", "string", "the branch"),
            ("plans[].slug", "string", "its slug"),
            (
                "plans[].existing",
                "boolean",
                "whether the branch still exists, so that the plan lists what it has replaced",
            ),
            ("plans[].namespaces[]", "string", "namespaces"),
            ("plans[].clusterObjects[].apiVersion", "string", "objects outside of these namespaces: the API version"),
            ("plans[].clusterObjects[].kind", "string", "their kind"),
            ("plans[].clusterObjects[].name", "string", "their name"),
            (
                "plans[].clusterObjects[].namespace",
                "string",
                "their namespace, if they are in one that the branch does not own",
            ),
            ("plans[].dns[].name", "string", "DNS names"),
            ("plans[].dns[].zone", "string", "the zone of the name"),
            (
                "plans[].databases[].kind",
                "string",
                "databases: `database` or `schema`, or another kind that an annotation gives",
            ),
            (
                "plans[].databases[].instance",
                "string",
                "the database that the spec names, or the instance that the annotation gives",
            ),
            ("plans[].databases[].name", "string", "the name of the database or schema"),
            ("plans[].images[]", "string", "image references"),
        ],
        run: |workspace| {
            workspace.write(
                "branches.yaml",
                "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{{ branch.slug }}'\n\
                 database: {mode: database, name: shop}\nhosts: ['{{ branch.slug }}.dev.example.com']\n\
                 zones: {dev.example.com: {A: [203.0.113.7]}}\nbaseline: main\ncleanup: {images: {repositories: [registry.example.com/shop/web]}}\nbranches:\n- name: main\n- name: search\n",
            );
            workspace.write(
                "base/grant.yaml.j2",
                "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata:\n  name: {{ branch.namespace }}\n  \
                 namespace: gateways\n  annotations: {pleach.dev/namespace: keep}\n",
            );
            workspace.write(
                "base/role.yaml.j2",
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {{ branch.namespace }}\nrules: []\n",
            );
            workspace.write(
                "base/pod.yaml.j2",
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    \
                 image: registry.example.com/shop/web:{{ branch.slug }}\n    args: [\"--database={{ database.name }}\"]\n",
            );
            workspace.run(&["build"]).exits(0);
            workspace.edit("branches.yaml", "- name: search\n", "");
            workspace.run(&["build"]).exits(0);
            workspace.run(&["teardown", "--format", "json"]).exits(0).out()
        },
    },
];

/// The text of the page.
pub(super) fn page() -> String {
    let mut text = format!("# JSON reports\n\n{HEADER}{INTRODUCTION}");
    for report in REPORTS {
        let workspace = Workspace::small();
        let output = (report.run)(&workspace);
        let documents: Vec<Json> =
            serde_json::Deserializer::from_str(&output).into_iter().collect::<Result<_, _>>().expect(report.heading);
        let mut found = BTreeSet::new();
        for document in &documents {
            paths(document, "", &mut found);
        }
        let described: BTreeSet<String> = report.fields.iter().map(|(path, ..)| (*path).to_owned()).collect();
        assert_eq!(found, described, "the fields of {}", report.heading);
        let _ = write!(text, "## {}\n\n{}\n\n| field | type | meaning |\n|---|---|---|\n", report.heading, report.text);
        for (path, kind, meaning) in report.fields {
            let _ = writeln!(text, "| {} | {kind} | {} |", code(path), cell(meaning));
        }
        let _ = write!(text, "\nExample:\n\n```json\n{}\n```\n\n", output.trim_end());
    }
    text.push_str(DNS);
    text
}

/// The paths of the values of a document.
fn paths(value: &Json, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                // Keys that users choose.
                let key = if path.ends_with("images") { "*" } else { key };
                paths(value, &format!("{path}{}{key}", if path.is_empty() { "" } else { "." }), found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| paths(item, &format!("{path}[]"), found)),
        _ => {
            found.insert(path.to_owned());
        }
    }
}

const DNS: &str = "\
## pleach dns plan, apply and status --format json

One object per name, one per line, and a summary in the last line. A name of a zone that could not be read has no line.

| field | type | meaning |
|---|---|---|
| `apiVersion` | string | `pleach/v1` |
| `kind` | string | `DnsName`; `DnsSummary` in the last line |
| `zone` | string | the zone |
| `name` | string | the DNS name |
| `branch` | string | the branch |
| `result` | string | `unchanged`, `planned`, `done`, `refused`, `failed`, `unsettled` or `skipped` |
| `action` | string | if `result` is `planned` or `done`: `create`, `restore`, `update`, `overwrite`, `mark`, `adopt`, `delete` or `unmark` |
| `reason` | string | if `result` is `refused`: `drift`, `in-use`, `other-owner`, `other-branch`, `other-records`, `below-delegation`, `not-owned`, `too-large`, `unknown-ownership-record`, `pending` or `address`; if it is `failed`, the error |
| `before` | object | the records before, by type |
| `otherRecords` | list of strings | the record sets that pleach never changes, such as `MX` or `A (disabled)`; only if it has read some |
| `after` | object | the records after, by type |
| `proxiedBefore`, `proxiedAfter` | boolean | whether the records are proxied (Cloudflare); absent if they differ |
| `ttlBefore` | number | the TTL before, as the ownership record has it; absent if the ownership record does not have the records before |
| `ttl` | number | the TTL, for a name that must be present |
| `summary.unchanged`, `summary.written`, `summary.deleted`, `summary.conflicts`, `summary.pending`, `summary.notDone` | number | how many names; in a plan, `written` and `deleted` are planned |
| `summary.revision` | number or null | the revision of the run (`--rev`) |
| `summary.zones[].zone` | string | the zone |
| `summary.zones[].revision` | number or null | the last revision that is known to be applied to it |
| `summary.zones[].error` | string | why the zone is not done; only then |
| `summary.zones[].unchanged`, `…written`, `…deleted`, `…conflicts`, `…pending`, `…notDone` | number | how many of its names |
| `summary.plan` | string | the digest of the plan, for `apply --expect` |
| `summary.notes[]` | string | provider guarantees that are missing, and zones without a key |
| `summary.status` | number | the exit status |

## pleach dns export --format json

One object with `apiVersion` (`pleach/v1`), `kind` (`ZoneChangeList`) and `zones`: the content of the zone changes, by zone.
";
