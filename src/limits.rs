//! Limits on the work for one input. Input may come from a stranger, so nothing may run without end or use all memory.
//!
//! No ordinary workspace comes near them. `docs/src/reference/limits.md` lists them. [`crate::work`] counts the steps of a
//! branch; the template engine counts those of a template.

/// The largest file that is read, in bytes.
pub(crate) const FILE_BYTES: u64 = 128 << 20;

/// The largest YAML text, in bytes.
pub(crate) const TEXT_BYTES: usize = 64 << 20;
/// The number of errors of one YAML text, besides a spec, after which others are left out.
pub(crate) const TEXT_ERRORS: usize = 1_000;
/// The number of documents in a YAML text.
pub(crate) const TEXT_DOCUMENTS: usize = 200_000;
/// The number of nodes in a YAML text: keys, scalars, lists and mappings. An anchor is as many as 4.
pub(crate) const TEXT_NODES: usize = 2_000_000;
/// The nesting depth of lists and mappings in a YAML document, and in an object that a kustomization changes.
pub(crate) const DOCUMENT_DEPTH: usize = 400;
/// The number of values that the aliases of a YAML document expand to.
pub(crate) const DOCUMENT_ALIASED_VALUES: usize = 4_000_000;
/// The text that the aliases of a YAML document expand to, in bytes.
pub(crate) const DOCUMENT_ALIASED_BYTES: usize = 128 << 20;
/// The nesting depth of lists and mappings in the output. It is larger than that of a document, because templates nest values.
pub(crate) const OUTPUT_DEPTH: usize = 512;
/// The output of a branch, in bytes.
pub(crate) const OUTPUT_BYTES: usize = 128 << 20;

/// The number of branches of a spec.
pub(crate) const SPEC_BRANCHES: usize = 100_000;
/// The number of nodes of a part of a spec: one branch, or everything but its branches.
pub(crate) const SPEC_PART_NODES: usize = 200_000;
/// The number of items of a list or mapping of a spec, besides those of branches and hosts and those in `values`. Some are
/// compared with every object.
pub(crate) const SPEC_LIST_ITEMS: usize = 1_000;
/// The number of patterns with `*` or `?` in a list of a spec, besides hosts. Some are compared with every name.
pub(crate) const SPEC_LIST_PATTERNS: usize = 100;
/// The number of hosts that the services and aliases of a branch add to its own.
pub(crate) const BRANCH_ADDED_HOSTS: usize = 2_000;
/// The number of names in a zone change file: those that a branch has in a zone, and those that it had.
pub(crate) const ZONE_CHANGE_NAMES: usize = 50_000;
/// The number of values and images that all branches have from the defaults, where they are merged with others.
pub(crate) const SPEC_MERGED_ENTRIES: usize = 2_500_000;
/// The settings of one `pleach branch set`. For each, the branch is built without it, to report what has no effect.
pub(crate) const BRANCH_SETTINGS: usize = 200;
/// The text that a pattern of the spec expands to, in bytes. The names that it makes are shorter.
pub(crate) const PATTERN_BYTES: usize = 4096;
/// The number of errors of a spec after which the rest is not read.
pub(crate) const SPEC_ERRORS: usize = 1_000;

/// The number of files that are listed together in commits: those of an output, and those that the changes of a history have changed.
pub(crate) const TREE_FILES: usize = 2_000_000;
/// The number of folders that contain each other in a commit, down to the files of pleach.
pub(crate) const TREE_DEPTH: usize = 100;

/// The largest teardown plan, in bytes.
pub(crate) const PLAN_BYTES: usize = 4 << 20;
/// The number of entries of a teardown plan.
pub(crate) const PLAN_ENTRIES: usize = 20_000;

/// The work of one run of a template, in steps: an instruction, 2 values of a list or mapping, or 64 bytes of text.
pub(crate) const TEMPLATE_STEPS: u64 = 2_000_000;
/// The nesting depth of a template in a run: an include is 10 levels, a macro is 4, a block or loop is 1.
pub(crate) const TEMPLATE_DEPTH: usize = 250;
/// The text that one run of a template writes, in bytes.
pub(crate) const TEMPLATE_BYTES: usize = 16 << 20;
/// The work of all templates of one branch, in the same steps. 8 bytes of text that they write are one more.
pub(crate) const BRANCH_TEMPLATE_STEPS: u64 = 4_000_000;
/// The number of blocks of a template that another one can replace, such as `{% block a %}`.
pub(crate) const TEMPLATE_BLOCKS: usize = 1_000;
/// The largest width or precision of the filter `format`. The engine fails on much larger precisions.
pub(crate) const TEMPLATE_FORMAT_WIDTH: usize = 10_000;
/// The size of what `in` looks up in a list or text, in bytes: that of its text, and 32 for each value in it.
pub(crate) const TEMPLATE_SOUGHT_BYTES: usize = 2048;
/// The number of operators in one tag of a template, besides `~`.
pub(crate) const TAG_OPERATORS: usize = 250;
/// The nesting depth of lists and mappings in the value of an expression.
pub(crate) const TEMPLATE_VALUE_DEPTH: usize = 64;

/// The work for the kustomizations of one branch, in steps: 8 values or 64 bytes of text that a kustomization copies; 8 objects
/// that a selector is compared with, or 2 fields that are searched in an object; 4 bytes of a regular expression, 32 bytes of
/// the memory that it takes, or 16 KiB of this memory multiplied by the bytes of texts that it is compared with. A folder is
/// 100 steps, an object that it adds is 4, and an entry that is added to a mapping is 3.
pub(crate) const BRANCH_STEPS: usize = 2_500_000;
/// The number of folders that include each other, from the first to the last.
pub(crate) const FOLDER_DEPTH: usize = 200;
/// The number of repetitions in a regular expression of a kustomization, as in kustomize.
pub(crate) const REGEX_REPETITIONS: u32 = 1000;
/// The length of a regular expression of a kustomization, in bytes.
pub(crate) const REGEX_TEXT_BYTES: usize = 100_000;
/// The size of a regular expression of a kustomization, in bytes of memory.
pub(crate) const REGEX_BYTES: usize = 1 << 20;

/// The number of errors that are shown, and of warnings.
pub(crate) const DIAGNOSTICS: usize = 100;
/// The number of items of a report in a format of CI systems: SARIF, JUnit, GitLab Code Quality. GitHub shows no more.
pub(crate) const REPORT_ITEMS: usize = 5_000;
/// The number of locations of an item of a report. GitHub shows no more.
pub(crate) const ITEM_LOCATIONS: usize = 100;
/// The number of annotations of each kind for GitHub Actions, which shows no more of a step.
pub(crate) const GITHUB_ANNOTATIONS: usize = 10;
/// The length of a text in a diagnostic, in characters.
pub(crate) const DIAGNOSTIC_CHARACTERS: usize = 2000;
/// The number of names that an unknown one is compared with, for a suggestion.
pub(crate) const NEAREST_CANDIDATES: usize = 1000;

/// The longest response of the API of a DNS provider, in bytes.
#[cfg(feature = "apply")]
pub(crate) const API_RESPONSE_BYTES: u64 = 64 << 20;
