//! Between the protocol's words and ours: addresses and paths, ranges and spans, findings and diagnostics.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position, Range, Uri,
};
use serde_json::json;

use crate::finding::{Finding, Severity};
use crate::report::view::View;
use crate::source::{LineCol, Span, path_to_uri};

/// The path of a `file:` address.
pub(super) fn path_of(address: &str) -> Option<PathBuf> {
    let rest = address.strip_prefix("file://")?;
    // `file://host/path`: a host is no folder.
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.as_bytes().get(at) {
        let code = (*byte == b'%').then(|| path.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok())).flatten();
        bytes.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    Some(crate::vcs::path_from_git(&bytes))
}

/// The address of a reported path.
pub(super) fn address_of(top: &Path, path: &str) -> Option<Uri> {
    let top = top.to_string_lossy();
    Uri::from_str(&format!("file://{}/{}", path_to_uri(top.trim_end_matches('/')), path_to_uri(path))).ok()
}

fn position(at: LineCol) -> Position {
    let number = |value: usize| u32::try_from(value.saturating_sub(1)).unwrap_or(u32::MAX);
    Position::new(number(at.line), number(at.column))
}

/// A span in UTF-16 code units, the protocol's default.
pub(super) fn range(view: &View<'_>, span: Span) -> Range {
    let (start, end) = view.utf16(span);
    Range::new(position(start), position(end))
}

/// Whether two ranges touch.
pub(super) fn touch(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

/// What an editor shows of a finding.
pub(super) fn diagnostic(view: &View<'_>, finding: &Finding, top: &Path) -> Diagnostic {
    let related = finding.related.iter().take(16).filter_map(|related| {
        let location = Location::new(address_of(top, view.path(related.span))?, range(view, related.span));
        Some(DiagnosticRelatedInformation { location, message: view.text(&related.text) })
    });
    let reference = finding.rule.references.iter().map(|(_, address)| *address).find(|address| address.starts_with("https://"));
    Diagnostic {
        // A block that is wrong as a whole is underlined at its first line alone.
        range: range(view, view.first_line(finding.span)),
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.rule.id.to_owned())),
        code_description: reference.and_then(|address| Uri::from_str(address).ok()).map(|href| CodeDescription { href }),
        source: Some("seclint".to_owned()),
        message: format!("{}\n{}.\nFix: {}.", view.text(&finding.what), view.text(finding.reason()), view.text(finding.remedy())),
        related_information: Some(related.collect()),
        tags: None,
        data: Some(json!({ "fingerprint": finding.fingerprint })),
    }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Critical | Severity::High => DiagnosticSeverity::ERROR,
        Severity::Medium => DiagnosticSeverity::WARNING,
        Severity::Low => DiagnosticSeverity::INFORMATION,
        Severity::Note => DiagnosticSeverity::HINT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_paths_and_back() {
        assert_eq!(path_of("file:///a%20b/%C3%A4.tf"), Some(PathBuf::from("/a b/ä.tf")));
        assert_eq!(path_of("untitled:Untitled-1"), None);
        assert_eq!(address_of(Path::new("/"), "a.tf").map(|uri| uri.as_str().to_owned()).as_deref(), Some("file:///a.tf"));
        assert_eq!(address_of(Path::new("/a b"), "ä.tf").map(|uri| uri.as_str().to_owned()).as_deref(), Some("file:///a%20b/%C3%A4.tf"));
    }
}
