//! From findings to bytes, one module a format. Nothing is decided here: what is reported, and in which
//! order, is settled before. Every text goes through [`view`], which masks secrets and escapes names.

mod azure;
mod concise;
mod github;
mod gitlab;
mod gitlab_sast;
mod grouped;
mod html;
mod json;
mod junit;
mod markdown;
mod mistakes;
mod paint;
mod rdjson;
mod sarif;
mod sonar;
mod summary;
mod terminal;
pub mod view;

use std::io::{self, Write};

use crate::engine::Outcome;
use crate::rules::Rule;
use crate::walk::Skipped;
pub use mistakes::mistakes;
pub use summary::{plural, statistics, summary};
use view::View;

/// Where seclint lives.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// Everything that a report may say.
#[derive(Debug)]
pub struct Report<'r> {
    /// Findings, problems, texts and counts.
    pub outcome: &'r Outcome,
    /// The rules that ran.
    pub rules: &'r [&'static Rule],
    /// What was not scanned.
    pub skipped: &'r [Skipped],
    /// Files whose text was scanned.
    pub files: usize,
    /// What a person calls one of them: `file`, or `content` of a file's history.
    pub unit: &'static str,
    /// Sentences about what could not be asked.
    pub warnings: &'r [String],
    /// Whether SARIF lists suppressed findings too, each with its suppression. GitHub opens alerts for them
    /// all the same, so an upload leaves them out.
    pub include_suppressed: bool,
    /// Findings that were there before the change that is reported; 0 without one.
    pub before: usize,
    /// What may be shown of the texts.
    pub view: View<'r>,
}

/// What a terminal makes of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// The address of the root, without a slash behind it, when paths are to be links (OSC 8).
    pub links: Option<String>,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Source, reason and remedy, for people.
    Text,
    /// One line a finding.
    Concise,
    /// One line a finding, below its file.
    ByFile,
    /// One line a finding, below its rule.
    ByRule,
    /// Everything, for programs.
    Json,
    /// One finding a line, for programs.
    JsonLines,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub annotations: the worst ten of each level.
    GitHub,
    /// Azure Pipelines issues.
    Azure,
    /// A table for a step summary or a comment.
    Markdown,
    /// GitLab Code Quality.
    GitLab,
    /// GitLab's security report.
    GitLabSast,
    /// One page for a browser.
    Html,
    /// `JUnit` XML.
    JUnit,
    /// SonarQube generic issues.
    Sonar,
    /// Reviewdog.
    Rdjson,
}

impl Format {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Concise,
        Self::ByFile,
        Self::ByRule,
        Self::Json,
        Self::JsonLines,
        Self::Sarif,
        Self::GitHub,
        Self::Azure,
        Self::Markdown,
        Self::GitLab,
        Self::GitLabSast,
        Self::Html,
        Self::JUnit,
        Self::Sonar,
        Self::Rdjson,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Concise => "concise",
            Self::ByFile => "by-file",
            Self::ByRule => "by-rule",
            Self::Json => "json",
            Self::JsonLines => "json-lines",
            Self::Sarif => "sarif",
            Self::GitHub => "github",
            Self::Azure => "azure",
            Self::Markdown => "markdown",
            Self::GitLab => "gitlab",
            Self::GitLabSast => "gitlab-sast",
            Self::Html => "html",
            Self::JUnit => "junit",
            Self::Sonar => "sonarqube",
            Self::Rdjson => "rdjson",
        }
    }

    /// What it is for, in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Text => "Source, reason and remedy, for people",
            Self::Concise => "One line a finding, for grep and editors",
            Self::ByFile => "One line a finding, below its file",
            Self::ByRule => "One line a finding, below its rule and what to do about it",
            Self::Json => "Everything, for programs",
            Self::JsonLines => "One JSON object a finding",
            Self::Sarif => "SARIF 2.1.0, for code scanning",
            Self::GitHub => "GitHub annotations: the worst ten of each level",
            Self::Azure => "Azure Pipelines issues",
            Self::Markdown => "A table for a step summary or a comment",
            Self::GitLab => "GitLab Code Quality",
            Self::GitLabSast => "GitLab SAST",
            Self::Html => "One page for a browser, with filters, source and help",
            Self::JUnit => "JUnit XML",
            Self::Sonar => "SonarQube generic issues",
            Self::Rdjson => "Reviewdog",
        }
    }
}

impl Report<'_> {
    /// Writes the report in a format; `style` matters to those for people.
    pub fn write(&self, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Text => terminal::write(self, style, out),
            Format::Concise => concise::write(self, out),
            Format::ByFile => grouped::by_file(self, style, out),
            Format::ByRule => grouped::by_rule(self, style, out),
            Format::Json => json::write(self, out),
            Format::JsonLines => json::write_lines(self, out),
            Format::Sarif => sarif::write(self, out),
            Format::GitHub => github::write(self, out),
            Format::Azure => azure::write(self, out),
            Format::Markdown => markdown::write(self, out),
            Format::GitLab => gitlab::write(self, out),
            Format::GitLabSast => gitlab_sast::write(self, out),
            Format::Html => html::write(self, out),
            Format::JUnit => junit::write(self, out),
            Format::Sonar => sonar::write(self, out),
            Format::Rdjson => rdjson::write(self, out),
        }
    }
}
