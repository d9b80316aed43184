//! The command line as typed: global options and the list of commands. The arguments of a command are beside the command.

use super::screen::{Color, MessageFormat};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES_AND_STATUS: &str = "\
Examples:
  pleach init my-environments     write a sample
  pleach build                    write out/
  pleach diff --base origin/main  show what a pull request changes
  pleach check                    in CI: is out/ up to date?

Exit status:
  0  success, or nothing to do
  1  differences (diff, check)
  2  invalid input or usage
  3  refused by a guard, nothing was written
  4  I/O or remote error";

/// The heading of options that every command takes.
const GLOBAL: &str = "Options of all commands";

/// One Kubernetes environment per Git branch, generated offline
///
/// pleach reads branches.yaml, base/ and overlays/ and writes a folder of Kubernetes YAML for every Git branch to out/. Commit the output and apply it with any tool that applies YAML. pleach never talks to a cluster.
#[derive(Debug, Parser)]
#[command(name = "pleach", version, after_help = EXAMPLES_AND_STATUS, max_term_width = 100)]
pub(super) struct GlobalArgs {
    /// Work in DIR instead of the current folder
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = GLOBAL, display_order = 100)]
    pub(super) workspace: Option<PathBuf>,
    /// The format of errors and warnings
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, global = true, help_heading = GLOBAL, display_order = 100)]
    pub(super) message_format: MessageFormat,
    /// When to use colours; the variable `NO_COLOR` turns `auto` off
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true, help_heading = GLOBAL, display_order = 100)]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The format for programs that a command line asks for, also if the rest of it is not valid.
pub(super) fn typed_format(words: &[OsString]) -> Option<MessageFormat> {
    const OPTION: &str = "--message-format";
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let value = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(OPTION)? {
        "" => words.get(at + 1).copied(),
        rest => rest.strip_prefix('='),
    })?;
    match value {
        "json" => Some(MessageFormat::Json),
        "short" => Some(MessageFormat::Short),
        _ => None,
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Build(super::build::BuildArgs),
    Check(super::check::CheckArgs),
    Diff(super::diff::DiffArgs),
    /// List, add, change and remove the branches of the spec
    #[command(subcommand)]
    Branch(Box<super::branch::BranchCommand>),
    #[cfg(feature = "apply")]
    Dns(super::dns::DnsArgs),
    Teardown(super::teardown::TeardownArgs),
    Kustomize(super::kustomize::KustomizeArgs),
    Init(super::init::InitArgs),
    /// Print the JSON Schema of branches.yaml
    ///
    /// Editors with a YAML language server use it when the first line of branches.yaml names it: `# yaml-language-server: $schema=schema/branches.schema.json`
    #[command(
        after_help = "Example:\n  pleach schema > schema/branches.schema.json\n\nExit status: 0 success, 4 I/O error"
    )]
    Schema,
    Completions(Completions),
}

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach completions bash > /etc/bash_completion.d/pleach
  pleach completions zsh > \"${fpath[1]}/_pleach\"
  pleach completions fish > ~/.config/fish/completions/pleach.fish

Exit status: 0 success, 2 unknown shell, 4 I/O error")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(super) shell: clap_complete::Shell,
}
