//! Where reports go: any number of formats, each to a file or one to standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{ArgMatches, Args, ValueEnum};

use super::color::{self, Color};
use crate::report::{Format, Report, Style};
use crate::source::path_to_uri;

/// `--format` and `--output`.
#[derive(Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// How to report; give it several times, each with an `--output`
    #[arg(long, short, value_enum)]
    format: Vec<Format>,
    /// Write the report to a file; belongs to the `--format` before it, and tells the format by its ending without one
    #[arg(long, short, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// When to colour text
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

/// One report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sink {
    format: Format,
    /// The file; `None` for standard output.
    file: Option<PathBuf>,
}

impl Arguments {
    /// The reports that were asked for, in their order. Each `--output` belongs to the `--format` before
    /// it, or without one to the `--format` after it.
    pub(super) fn sinks(&self, matches: &ArgMatches) -> anyhow::Result<Vec<Sink>> {
        let at = |name: &str| matches.indices_of(name).map(Iterator::collect).unwrap_or_default();
        let (format_at, output_at): (Vec<usize>, Vec<usize>) = (at("format"), at("output"));
        let mut sinks: Vec<Sink> = self.format.iter().map(|format| Sink { format: *format, file: None }).collect();
        for (path, place) in self.output.iter().zip(output_at) {
            let before = format_at.iter().rposition(|format| *format < place).filter(|format| sinks[*format].file.is_none());
            match before.or_else(|| sinks.iter().position(|sink| sink.file.is_none())) {
                Some(sink) => sinks[sink].file = Some(path.clone()),
                None => sinks.push(Sink { format: by_ending(path), file: Some(path.clone()) }),
            }
        }
        if sinks.is_empty() {
            sinks.push(Sink { format: Format::Text, file: None });
        }
        if sinks.iter().filter(|sink| sink.file.is_none()).count() > 1 {
            bail!("only one format can go to standard output: give the others an `--output FILE`");
        }
        Ok(sinks)
    }
}

/// The format that a file's name asks for.
fn by_ending(path: &Path) -> Format {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match name.rsplit('.').next() {
        Some("sarif") => Format::Sarif,
        Some("json") if name.ends_with(".sarif.json") => Format::Sarif,
        Some("json") if name.starts_with("gl-sast-") => Format::GitLabSast,
        Some("json") if name.starts_with("gl-code-quality-") => Format::GitLab,
        Some("html" | "htm") => Format::Html,
        Some("md") => Format::Markdown,
        Some("xml") => Format::JUnit,
        Some("json") => Format::Json,
        Some("jsonl" | "ndjson") => Format::JsonLines,
        _ => Format::Text,
    }
}

/// Writes every report. `top` is where the paths of findings begin.
pub(super) fn write(report: &Report<'_>, sinks: &[Sink], arguments: &Arguments, top: &Path) -> anyhow::Result<()> {
    let color = arguments.color;
    for sink in sinks {
        if let Some(path) = &sink.file {
            let failed = || format!("{}: can't be written", path.display());
            let mut out = BufWriter::new(File::create(path).with_context(failed)?);
            report
                .write(sink.format, &Style { color: color == Color::Always, links: None }, &mut out)
                .and_then(|()| out.flush())
                .with_context(failed)?;
        } else {
            let style = Style {
                color: color.wanted(&io::stdout()),
                links: color::links(&io::stdout()).then(|| format!("file://{}", path_to_uri(&top.to_string_lossy()))),
            };
            let mut out = BufWriter::new(io::stdout().lock());
            match report.write(sink.format, &style, &mut out).and_then(|()| out.flush()) {
                // A reader that has seen enough (`seclint scan | head`) takes nothing from the verdict.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                other => other.context("standard output can't be written")?,
            }
        }
    }
    Ok(())
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()).help(self.describe()))
    }
}
