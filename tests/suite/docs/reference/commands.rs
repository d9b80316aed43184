//! The commands, from the definitions of clap.

use super::{HEADER, cell, code};
use clap::{Arg, Command};
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
`pleach --help` lists the commands, and `pleach COMMAND --help` prints what this page shows. Reports go to standard output,
everything else to standard error.

";

/// The text of the page.
pub(super) fn page() -> String {
    let mut pleach = crate::cli::command();
    pleach.build();
    let mut text = format!("# Commands\n\n{HEADER}{INTRODUCTION}");
    let _ = writeln!(text, "| command | what it does |\n|---|---|");
    visit(&pleach, &mut |command| {
        let name = name(command);
        let _ = writeln!(text, "| [`{name}`](#{}) | {} |", name.replace(' ', "-"), cell(&about(command)));
    });
    text.push_str("\n## Options of all commands\n\n");
    table(&mut text, pleach.get_arguments().filter(|arg| is_shown(arg)));
    text.pop();
    visit(&pleach, &mut |command| section(&mut text, command));
    text
}

/// Visits every command, also those of commands.
fn visit(command: &Command, visit_command: &mut dyn FnMut(&Command)) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        visit_command(below);
        visit(below, visit_command);
    }
}

fn name(command: &Command) -> String {
    command.get_bin_name().unwrap_or(command.get_name()).to_owned()
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn is_shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())
}

fn section(text: &mut String, command: &Command) {
    let long = command.get_long_about().map_or_else(|| about(command), ToString::to_string);
    let mut paragraphs = long.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let _ = write!(text, "\n## {}\n\n{}.\n\n", name(command), first.trim_end_matches('.'));
    for paragraph in paragraphs {
        let _ = write!(text, "{}\n\n", joined(paragraph));
    }
    let usage = command.clone().render_usage().to_string();
    let usage: Vec<&str> = usage.trim_start_matches("Usage:").lines().map(str::trim).collect();
    let _ = write!(text, "```text\n{}\n```\n\n", usage.join("\n"));
    table(text, command.get_arguments().filter(|arg| is_shown(arg) && !arg.is_global_set()));
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for paragraph in after.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let _ = write!(text, "{}\n\n", block(paragraph.trim_end()));
    }
    while text.ends_with("\n\n") {
        text.pop();
    }
}

/// A paragraph of a help text: a title with indented lines is a block of code.
fn block(paragraph: &str) -> String {
    let (title, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    let is_block = !rest.is_empty() && title.ends_with(':') && rest.lines().all(|line| line.starts_with("  "));
    if !is_block {
        return joined(paragraph);
    }
    let language = if title.starts_with("Example") { "sh" } else { "text" };
    let lines: Vec<&str> = rest.lines().map(|line| &line[2..]).collect();
    format!("{title}\n\n```{language}\n{}\n```", lines.join("\n"))
}

fn joined(paragraph: &str) -> String {
    paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The arguments and options, each with its values.
fn table<'a>(text: &mut String, args: impl Iterator<Item = &'a Arg>) {
    let args: Vec<&Arg> = args.collect();
    if args.is_empty() {
        return;
    }
    text.push_str("| argument or option | description |\n|---|---|\n");
    for arg in args {
        let _ = writeln!(text, "| {} | {} |", code(&usage(arg)), cell(&description(arg)));
    }
    text.push('\n');
}

/// How an argument is typed.
fn usage(arg: &Arg) -> String {
    let values: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(clap::builder::Str::as_str).collect();
    let value = if arg.get_action().takes_values() { values.join(" ") } else { String::new() };
    if arg.is_positional() {
        let many = if arg.get_num_args().is_some_and(|count| count.max_values() > 1) { "…" } else { "" };
        return if arg.is_required_set() { format!("{value}{many}") } else { format!("[{value}]{many}") };
    }
    let short = arg.get_short().map(|c| format!("-{c}"));
    let names: Vec<String> = short.into_iter().chain(arg.get_long().map(|long| format!("--{long}"))).collect();
    let separator = if value.is_empty() {
        ""
    } else if arg.is_require_equals_set() {
        "="
    } else {
        " "
    };
    let is_optional = arg.get_num_args().is_some_and(|count| count.min_values() == 0) && !value.is_empty();
    let value = if is_optional { format!("[{separator}{value}]") } else { format!("{separator}{value}") };
    names.join(", ") + &value
}

/// The help of an argument, its values, its default and its variable.
fn description(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = joined(&help);
    let possible = arg.get_possible_values();
    let values: Vec<String> = possible.iter().filter(|value| !value.is_hide_set()).map(value).collect();
    if arg.get_action().takes_values() && !arg.is_hide_possible_values_set() && !values.is_empty() {
        let _ = write!(text, ". Values: {}", values.join("; "));
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|it| code(&it.to_string_lossy())).collect();
    if arg.get_action().takes_values() && !arg.is_hide_default_value_set() && !defaults.is_empty() {
        let _ = write!(text, ". Default: {}", defaults.join(", "));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(text, ". Variable: {}", code(&variable.to_string_lossy()));
    }
    if matches!(arg.get_action(), clap::ArgAction::Append) {
        text += ". Can be repeated";
    }
    if arg.is_required_set() && !arg.is_positional() {
        text += ". Required";
    }
    text
}

fn value(value: &clap::builder::PossibleValue) -> String {
    let name = code(value.get_name());
    value.get_help().map_or(name.clone(), |help| format!("{name}: {help}"))
}

#[test]
fn every_command_has_an_example_and_its_exit_status() {
    let mut pleach = crate::cli::command();
    pleach.build();
    let mut offenders = Vec::new();
    visit(&pleach, &mut |command| {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let is_complete = help.contains("Example") && help.contains("Exit status");
        if !command.has_subcommands() && !is_complete {
            offenders.push(name(command));
        }
    });
    assert_eq!(offenders, [""; 0]);
}

/// clap wraps texts itself, so a line break within a paragraph is one too many.
#[test]
fn no_help_text_has_line_breaks_in_a_paragraph() {
    let mut pleach = crate::cli::command();
    pleach.build();
    let mut offenders = Vec::new();
    visit(&pleach, &mut |command| {
        let texts = [command.get_long_about(), command.get_after_help()].map(|text| text.map(ToString::to_string));
        for paragraph in texts.iter().flatten().flat_map(|text| text.split("\n\n")) {
            let lines: Vec<&str> = paragraph.lines().collect();
            if lines.windows(2).any(|pair| !pair[0].ends_with(':') && !pair[1].starts_with("  ")) {
                offenders.push(format!("{}: {paragraph}", name(command)));
            }
        }
    });
    assert_eq!(offenders, [""; 0]);
}
