//! `seclint routes`: every route with what stands in front of it, the table that a reviewer wants.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Answer;
use super::load::model_of;
use crate::engine::secrets;
use crate::report::view::{Masks, View};
use crate::rules::routes::{RouteRow, RouteVerdict, table};

/// Arguments of `routes`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folders or files; what is named together is linked together
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Show only these
    #[arg(long, value_enum, value_delimiter = ',')]
    verdict: Vec<Wanted>,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Protected,
    Open,
    Public,
    CannotTell,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let (_, model) = model_of(&arguments.paths)?;
    let shown = View::new(&model.files, Masks::new(&secrets(&model)));
    let mut rows = table(&model);
    rows.retain(|row| arguments.verdict.is_empty() || arguments.verdict.iter().any(|wanted| name(row.verdict) == wanted_name(*wanted)));
    let place = |row: &RouteRow| format!("{}:{}", shown.path(row.span), shown.start(row.span).line);
    let mut out = anstream::stdout().lock();
    match arguments.format {
        Format::Json => {
            let list: Vec<serde_json::Value> = rows
                .iter()
                .map(|row| {
                    serde_json::json!({
                        "method": row.method, "path": shown.text(&row.path), "framework": row.framework, "verdict": row.verdict,
                        "guards": row.guards.iter().map(|guard| shown.text(guard)).collect::<Vec<_>>(),
                        "reason": shown.text(&row.reason), "file": shown.path(row.span), "line": shown.start(row.span).line,
                    })
                })
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        }
        Format::Table => {
            let cells: Vec<[String; 5]> = rows
                .iter()
                .map(|row| {
                    let guards = if row.guards.is_empty() { "-".to_owned() } else { shown.text(&row.guards.join(", ")) };
                    let reason = format!("{} ({})", shown.text(&row.reason), place(row));
                    [row.method.clone(), shown.text(&row.path), name(row.verdict).to_owned(), guards, reason]
                })
                .collect();
            let head = ["METHOD", "PATH", "VERDICT", "GUARDS", "REASON"].map(str::to_owned);
            let widths: Vec<usize> =
                (0..4).map(|at| cells.iter().chain([&head]).map(|row| row[at].chars().count().min(48)).max().unwrap_or(0)).collect();
            for row in std::iter::once(&head).chain(&cells) {
                for (cell, width) in row.iter().zip(&widths) {
                    write!(out, "{cell:width$}  ")?;
                }
                writeln!(out, "{}", row[4])?;
            }
            let count = |verdict: RouteVerdict| rows.iter().filter(|row| row.verdict == verdict).count();
            writeln!(
                out,
                "\n{} routes: {} protected, {} open, {} public by nature, {} can't tell",
                rows.len(),
                count(RouteVerdict::Protected),
                count(RouteVerdict::Open),
                count(RouteVerdict::Public),
                count(RouteVerdict::CannotTell),
            )?;
        }
    }
    Ok(Answer::Clean)
}

fn name(verdict: RouteVerdict) -> &'static str {
    match verdict {
        RouteVerdict::Protected => "protected",
        RouteVerdict::Open => "open",
        RouteVerdict::Public => "public",
        RouteVerdict::CannotTell => "can't tell",
    }
}

fn wanted_name(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Protected => name(RouteVerdict::Protected),
        Wanted::Open => name(RouteVerdict::Open),
        Wanted::Public => name(RouteVerdict::Public),
        Wanted::CannotTell => name(RouteVerdict::CannotTell),
    }
}
