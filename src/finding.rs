//! A finding: what is wrong, where, why, and what to do.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::ir::{Confidence, History, Span, Via};
use crate::rules::{Repair, Rule};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Hygiene.
    Low,
    /// To be fixed.
    Medium,
    /// Exploitable as it stands, or gives a stranger much.
    High,
    /// Gives a stranger everything.
    Critical,
}

/// Who wants to see it: severity says how bad, confidence how sure, level who cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Everybody.
    #[default]
    Regular,
    /// People who want doubtful findings too.
    Pedantic,
    /// People who audit: everything that could matter.
    Auditor,
}

/// Which findings are shown; what is not set shows all that everybody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dials {
    /// The least severity.
    pub severity: Option<Severity>,
    /// The least confidence.
    pub confidence: Option<Confidence>,
    /// Whose findings.
    pub level: Option<Level>,
}

impl Dials {
    /// Everything that a level shows.
    pub fn of(level: Level) -> Self {
        Self { level: Some(level), ..Self::default() }
    }

    /// These, and where one is not set, that of `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            severity: self.severity.or(others.severity),
            confidence: self.confidence.or(others.confidence),
            level: self.level.or(others.level),
        }
    }

    /// The least severity that is shown.
    pub fn severity(self) -> Severity {
        self.severity.unwrap_or(Severity::Note)
    }

    /// The least confidence that is shown.
    pub fn confidence(self) -> Confidence {
        self.confidence.unwrap_or(Confidence::Low)
    }

    /// Whose findings are shown.
    pub fn level(self) -> Level {
        self.level.unwrap_or_default()
    }

    /// Whether a finding is shown.
    pub fn show(self, finding: &Finding) -> bool {
        finding.severity >= self.severity() && finding.confidence >= self.confidence() && finding.level <= self.level()
    }
}

/// Something wrong at a place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad, here.
    pub severity: Severity,
    /// How sure, here.
    pub confidence: Confidence,
    /// Who wants to see it.
    pub level: Level,
    /// *What* is wrong here, with the value that makes it wrong; one sentence without a full stop.
    pub what: String,
    /// *Why* it matters; empty for the rule's own first sentence.
    pub why: String,
    /// *What to do*; empty for the rule's own first sentence.
    pub fix: String,
    /// The place.
    pub span: Span,
    /// A word or two at the place; empty for none.
    pub label: String,
    /// Other places that explain it, in reading order.
    pub related: Vec<Related>,
    /// When it came and went, if history was scanned.
    pub history: Option<History>,
    /// What it is about, without line numbers: part of the fingerprint.
    pub subject: SmolStr,
    /// What other tools call this finding, where the rule stands for many of theirs; empty for all the
    /// names of the rule.
    pub peers: &'static [&'static str],
    /// What to change so that it goes away, all of it at once; empty if nobody but a person can say.
    pub edits: Vec<Edit>,
    /// Stable key; set by `settle`.
    pub fingerprint: String,
}

/// A change of one place. The rule's page says what a finding's edits do, and whether they are safe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    /// Puts a text where another stands; an empty span inserts, an empty text removes.
    Replace(Span, String),
    /// Adds a line at the end of a file, which is made if it is not there.
    AddLine {
        /// Path from the root.
        path: String,
        /// The line, without its end.
        line: String,
    },
}

/// A place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What it says there.
    pub text: String,
    /// Whether it is half of what is found, and changes together with it: the id of a secret.
    pub is_part: bool,
}

impl Severity {
    /// Its name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The one of a name in a table; without one it is medium.
    pub fn of(name: &str) -> Self {
        match name {
            "critical" => Self::Critical,
            "high" => Self::High,
            "low" => Self::Low,
            "note" => Self::Note,
            _ => Self::Medium,
        }
    }

    /// One step less; a note stays a note.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium => Self::Low,
            Self::Low | Self::Note => Self::Note,
        }
    }
}

impl Level {
    /// Its name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Pedantic => "pedantic",
            Self::Auditor => "auditor",
        }
    }
}

impl Finding {
    /// Why it matters: what the rule says here, or its page's first sentence.
    pub fn reason(&self) -> &str {
        if self.why.is_empty() { self.rule.why_short } else { &self.why }
    }

    /// What to do: what the rule says here, or its page's first sentence.
    pub fn remedy(&self) -> &str {
        if self.fix.is_empty() { self.rule.fix_short } else { &self.fix }
    }

    /// What its edits do, if it has any.
    pub fn repair(&self) -> Option<&'static Repair> {
        self.rule.repair.as_ref().filter(|_| !self.edits.is_empty())
    }

    /// Adds a place that explains it.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Related { span, text: text.into(), is_part: false });
        self
    }

    /// Adds a place that is half of what is found, and changes together with it.
    #[must_use]
    pub fn part(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Related { span, text: text.into(), is_part: true });
        self
    }

    /// Adds the way that a value came, as related places.
    #[must_use]
    pub fn via(mut self, via: &Via) -> Self {
        for hop in via.hops() {
            self.related.push(Related { span: hop.span, text: hop.describe(), is_part: false });
        }
        self
    }

    /// Says what to do here.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Says what to change.
    #[must_use]
    pub fn edits(mut self, edits: Vec<Edit>) -> Self {
        self.edits = edits;
        self
    }

    /// Says why it matters here.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// Names the ids of other tools that mean this very finding.
    #[must_use]
    pub fn peers(mut self, peers: &'static [&'static str]) -> Self {
        self.peers = peers;
        self
    }

    /// Says a word at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets how bad it is here.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets how sure it is here. A finding of low confidence is shown under the pedantic level only.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        if confidence == Confidence::Low {
            self.level = self.level.max(Level::Pedantic);
        }
        self
    }

    /// Sets who wants to see it.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Says when it came and went.
    #[must_use]
    pub fn history(mut self, history: Option<History>) -> Self {
        self.history = history;
        self
    }

    /// Says more precisely what it is about.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<SmolStr>) -> Self {
        self.subject = subject.into();
        self
    }
}
