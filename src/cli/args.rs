//! What can be typed. Parsing says what was typed and nothing of what it means.

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const STATUS: &str = "\
Exit status:
  0  done, or nothing to do
  1  differences (diff, check)
  2  mend your files or your command line
  3  refused by a safety limit, nothing was written
  4  the disk, or something remote";

/// One Kubernetes environment per git branch, generated offline.
///
/// pleach reads branches.yaml, base/ and overlays/ and writes a folder of Kubernetes YAML for every git branch to out/,
/// to be committed and applied by whatever applies YAML. It never talks to a cluster.
#[derive(Debug, Parser)]
#[command(name = "pleach", version, after_help = STATUS, max_term_width = 100)]
pub(super) struct Args {
    /// Work in DIR instead of the current folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(super) workspace: Option<PathBuf>,
    /// How complaints are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, global = true)]
    pub(super) message_format: MessageFormat,
    /// When to use colours; the variable `NO_COLOR` turns `auto` off
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum MessageFormat {
    /// The line in question with carets under it
    #[default]
    Human,
    /// A line each, for editors: path:line:column: error[kind]: message
    Short,
    /// A JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Kustomize(Kustomize),
}

/// Print what `kubectl kustomize DIR` prints
///
/// Everything that needs no network and no external program comes out byte for byte as kubectl writes it; the rest is
/// refused. Templates, branches.yaml and branches play no part.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach kustomize overlays/production
  pleach kustomize . | kubectl diff -f -
  pleach kustomize . -o rendered/      one file an object, if the folder is there")]
pub(super) struct Kustomize {
    /// The folder of a kustomization.yaml
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    /// Which files a kustomization may name
    #[arg(long, value_name = "WHICH", value_enum, default_value_t, ignore_case = true)]
    pub(super) load_restrictor: LoadRestrictor,
    /// The order of the objects, where the kustomization does not say
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    pub(super) reorder: Reorder,
    /// Write to a file, or one file an object to a folder that is there
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,
    /// Label everything `app.kubernetes.io/managed-by`
    #[arg(long)]
    pub(super) enable_managedby_label: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum LoadRestrictor {
    /// Those in or below its folder
    #[default]
    #[value(name = "LoadRestrictionsRootOnly")]
    RootOnly,
    /// Any
    #[value(name = "LoadRestrictionsNone")]
    None,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Reorder {
    /// By kind, in an order in which they can be applied
    #[default]
    Legacy,
    /// As read
    None,
}
