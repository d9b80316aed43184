//! The option `--format FORMAT[=FILE],…`: several reports of one run.
//!
//! A format without a file is for standard output, so at most one is. The files are checked before a command begins, and
//! written at its end, also if it fails: a CI system reads them then.

use super::screen::report;
use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::disk;
use crate::spec;
use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, ValueEnum};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// A format, and the file to write it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReportTarget<F> {
    format: F,
    /// As seen from the current folder. Standard output without one.
    file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`.
#[derive(Clone, Debug)]
pub(super) struct TargetParser<F>(PhantomData<F>);

impl<F> TargetParser<F> {
    pub(super) const fn new() -> Self {
        TargetParser(PhantomData)
    }
}

impl<F: ValueEnum + Send + Sync + 'static> TypedValueParser for TargetParser<F> {
    type Value = ReportTarget<F>;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, clap::Error> {
        let named = value.to_str().and_then(|text| text.split_once('='));
        let (name, file) = named.map_or((value, None), |(name, file)| (OsStr::new(name), Some(file)));
        let format = EnumValueParser::<F>::new().parse_ref(command, arg, name)?;
        if file == Some("") {
            let message = format!("a file name is needed after `=`, as in `{}=report`", name.display());
            return Err(clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command));
        }
        Ok(ReportTarget { format, file: file.map(PathBuf::from) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(F::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

impl<F> ReportTarget<F> {
    /// Whether it is standard output.
    pub(super) fn is_standard_output(&self) -> bool {
        self.file.is_none()
    }

    /// The same target, with `file` in place of standard output.
    pub(super) fn or_file(self, file: &Path) -> Self {
        ReportTarget { file: self.file.or_else(|| Some(file.to_owned())), ..self }
    }

    /// The format.
    pub(super) fn format(&self) -> &F {
        &self.format
    }
}

/// Refuses two reports in one file, and a report in place of an input or in the output folder. `output` is the output folder that the
/// command line names.
pub(super) fn check<F>(
    targets: &[ReportTarget<F>],
    (workspace, here): (&Workspace, &Path),
    output: Option<&Path>,
) -> Result<()> {
    let mut known = BTreeSet::new();
    for target in targets {
        let place = target.file.as_ref().map(|file| disk::resolve_new(&here.join(file)));
        let shown = target.file.as_ref().map(|file| format!("`{}`", file.display()));
        if !known.insert(place) {
            let shown = shown.unwrap_or_else(|| "standard output".to_owned());
            return Err(Diagnostic::new(Code::Usage, format!("two reports are for {shown}"))
                .help("name a file for each, such as `--format sarif=check.sarif,junit=check.xml`")
                .into());
        }
    }
    let files: Vec<&PathBuf> = targets.iter().filter_map(|target| target.file.as_ref()).collect();
    if files.is_empty() {
        return Ok(());
    }
    // The command reports the errors of the spec.
    let spec = spec::read(&workspace.project).ok();
    files.into_iter().try_for_each(|file| match &spec {
        Some(spec) => {
            let output = workspace.output_folder(&spec.output, output, here);
            workspace.check_report(file, here, spec, &output)
        }
        None => workspace.check_report_without_spec(file, here),
    })
}

/// Writes the reports: files first.
pub(super) fn write<F>(
    targets: &[ReportTarget<F>],
    (workspace, here): (&Workspace, &Path),
    render: impl Fn(&ReportTarget<F>) -> String,
) -> Result<()> {
    for target in targets {
        if let Some(file) = &target.file {
            disk::save((here, &workspace.root), file, &render(target))?;
        }
    }
    targets.iter().filter(|target| target.is_standard_output()).try_for_each(|target| report(&render(target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, ValueEnum)]
    enum Fruit {
        Apple,
        Pear,
    }

    fn parsed(value: &str) -> Result<Vec<ReportTarget<Fruit>>, String> {
        let format = Arg::new("format").long("format").value_delimiter(',').value_parser(TargetParser::<Fruit>::new());
        let command = Command::new("x").arg(format.action(clap::ArgAction::Append));
        match command.try_get_matches_from(["x", "--format", value]) {
            Ok(matches) => Ok(matches.get_many("format").unwrap().cloned().collect()),
            Err(error) => Err(super::super::usage::diagnostic(&error).to_string()),
        }
    }

    #[test]
    fn a_format_has_a_file_or_none() {
        let target = |format, file: Option<&str>| ReportTarget { format, file: file.map(PathBuf::from) };
        assert_eq!(parsed("pear"), Ok(vec![target(Fruit::Pear, None)]));
        assert_eq!(
            parsed("apple=a=b.xml,pear"),
            Ok(vec![target(Fruit::Apple, Some("a=b.xml")), target(Fruit::Pear, None)])
        );
        assert_eq!(parsed("plum=a"), Err("invalid value `plum` for `--format <format>`".to_owned()));
        assert_eq!(parsed("pear="), Err("a file name is needed after `=`, as in `pear=report`".to_owned()));
    }
}
