//! Errors of the command line as diagnostics, so that all errors have the same form.

use crate::argument::shell_word;
use crate::diagnostic::{Code, Diagnostic};
use crate::spec::Date;
use clap::error::{ContextKind, ContextValue};

/// The diagnostic for an error of clap: its first paragraph is the message, the others are help.
pub(super) fn diagnostic(error: &clap::Error) -> Diagnostic {
    let text = error.render().to_string();
    let mut paragraphs = text.trim_start_matches("error: ").split("\n\n").map(str::trim);
    let mut message = String::new();
    let mut help: Vec<String> = standard_input(error).into_iter().collect();
    for line in paragraphs.next().unwrap_or_default().lines().map(str::trim) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(values) => help.push(quoted_values(values)),
            None if message.is_empty() => line.clone_into(&mut message),
            None => message = format!("{message} {line}"),
        }
    }
    for paragraph in paragraphs.filter(|paragraph| !paragraph.is_empty()) {
        help.push(match paragraph.split_once(": ") {
            Some(("tip", tip)) => in_backticks(tip),
            Some(("Usage", usage)) => format!("usage: `{}`", usage.split_whitespace().collect::<Vec<_>>().join(" ")),
            _ => in_backticks(paragraph).replace("For more information, try `--help`.", "`--help` lists all options"),
        });
    }
    help.into_iter().fold(Diagnostic::new(Code::Usage, in_backticks(&message)), Diagnostic::help)
}

/// The help for a file as the value of an option that reads standard input.
fn standard_input(error: &clap::Error) -> Option<String> {
    let (ContextValue::String(option), ContextValue::String(value), ContextValue::Strings(values)) = (
        error.get(ContextKind::InvalidArg)?,
        error.get(ContextKind::InvalidValue)?,
        error.get(ContextKind::ValidValue)?,
    ) else {
        return None;
    };
    let (option, _) = option.split_once(' ')?;
    let is_input = values.iter().any(|value| value == "-") && !value.is_empty();
    is_input.then(|| format!("a file is read from standard input: `{option} - < {}`", shell_word(value)))
}

/// Reads a count.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "a whole number is needed, such as `4`".to_owned())
}

/// Reads a date.
pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|error| error.parts().help.concat())
}

/// The values of `possible values: a, b`.
fn quoted_values(text: &str) -> String {
    match text.split_once(": ") {
        Some((what, values)) => {
            let values: Vec<String> = values.split(", ").map(|value| format!("`{value}`")).collect();
            format!("{what}: {}", values.join(", "))
        }
        None => text.to_owned(),
    }
}

/// A text with backticks in place of quotes, unless a word in quotes has a quote itself.
fn in_backticks(text: &str) -> String {
    let is_closed = text.matches('\'').count().is_multiple_of(2);
    if is_closed { text.replace('\'', "`") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Diagnostic;

    fn shown(words: &[&str]) -> Vec<String> {
        let words = ["pleach"].iter().chain(words);
        let error: Diagnostic = super::diagnostic(&crate::cli::command().try_get_matches_from(words).unwrap_err());
        std::iter::once(error.to_string()).chain(error.parts().help.iter().cloned()).collect()
    }

    #[test]
    fn errors_of_the_command_line_have_one_form() {
        let all = "`--help` lists all options";
        for (words, want) in [
            (
                &["buld"][..],
                &[
                    "unrecognized subcommand `buld`",
                    "a similar subcommand exists: `build`",
                    "usage: `pleach [OPTIONS] <COMMAND>`",
                    all,
                ][..],
            ),
            (
                &["branch", "set", "a", "--replicas", "web"],
                &["invalid value `web` for `--replicas <NAME=COUNT>`: a name, `=` and a value are needed", all],
            ),
            (
                &["branch", "set", "a", "--label", "=x"],
                &["invalid value `=x` for `--label <KEY=VALUE>`: a name, `=` and a value are needed", all],
            ),
            (
                &["branch", "expire", "--as-of", "tomorrow"],
                &[
                    "invalid value `tomorrow` for `--as-of <DATE>`: a date is written YYYY-MM-DD, such as `2026-12-24`",
                    all,
                ],
            ),
            (
                &["build", "--allow-delete", "x"],
                &["invalid value `x` for `--allow-delete <COUNT>`: a whole number is needed, such as `4`", all],
            ),
            (
                &["branch", "sync", "--from", "my list.txt"],
                &[
                    "invalid value `my list.txt` for `--from <SOURCE>`",
                    "a file is read from standard input: `--from - < 'my list.txt'`",
                    "possible values: `git`, `-`",
                    all,
                ],
            ),
            (
                &["build", "--shard", "x"],
                &["invalid value `x` for `--shard <I/N>`: a shard is I/N with I from 1 to N, such as `1/4`", all],
            ),
            (
                &["branch", "set", "a", "--value", "it's"],
                &["invalid value 'it's' for '--value <PATH=VALUE>': a name, `=` and a value are needed", all],
            ),
        ] {
            let shown = shown(words);
            assert_eq!(shown, want, "{words:?}");
        }
    }
}
