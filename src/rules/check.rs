//! What a rule's function works with.

use crate::finding::Finding;
use crate::ir::{Fact, Span};
use crate::link::Model;

use super::Rule;

/// The model to look at and the place where findings go.
#[derive(Debug)]
pub struct Check<'m> {
    /// The linked repository.
    pub model: &'m Model,
    rule: &'static Rule,
    found: Vec<Finding>,
}

impl<'m> Check<'m> {
    pub(crate) fn new(model: &'m Model, rule: &'static Rule) -> Self {
        Self { model, rule, found: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Finding> {
        self.found
    }

    /// A finding of this rule at `span`, about the fact's owner, with the rule's own severity,
    /// confidence, reason and remedy; change what differs here and hand it to [`Self::report`].
    pub fn finding(&self, fact: &Fact, span: Span, what: impl Into<String>) -> Finding {
        self.finding_about(&fact.owner, span, what)
    }

    /// The same about something that is no fact.
    pub fn finding_about(&self, subject: &str, span: Span, what: impl Into<String>) -> Finding {
        let rule = self.rule;
        Finding {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            level: rule.level,
            what: what.into(),
            why: String::new(),
            fix: String::new(),
            span,
            label: String::new(),
            related: Vec::new(),
            history: None,
            subject: subject.into(),
            peers: &[],
            edits: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// Hands in a finding about code: tests are not shipped, examples are one step less bad.
    pub fn report_by_place(&mut self, finding: Finding) {
        let class = self.model.files.get(finding.span.file).map(|meta| meta.class).unwrap_or_default();
        if class.test || class.vendored {
            return;
        }
        let severity = if class.example || class.docs { finding.severity.lowered() } else { finding.severity };
        self.report(finding.severity(severity));
    }

    /// Hands a finding in.
    pub fn report(&mut self, finding: Finding) {
        self.found.push(finding);
    }
}
