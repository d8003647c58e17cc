//! Mistakes in a file of ours, drawn like findings.

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term::{self, Config};

use crate::config::Mistake;
use crate::source::escape;

/// The mistakes with the lines that they stand on.
pub fn mistakes(name: &str, text: &str, mistakes: &[Mistake]) -> String {
    let clean: String =
        text.chars().map(|character| if character == '\n' || crate::source::is_plain(character) { character } else { ' ' }).collect();
    // Offsets are of the text as it is; one that has other controls is shown without its lines.
    let shown = if clean.len() == text.len() { clean } else { String::new() };
    let file = SimpleFile::new(name, &shown);
    let mut out = String::new();
    for mistake in mistakes {
        let end = mistake.span.end.min(shown.len());
        let label = Label::primary((), mistake.span.start.min(end)..end);
        let diagnostic = Diagnostic::error().with_message(escape(&mistake.message)).with_labels(vec![label]);
        let _ = term::emit_to_string(&mut out, &Config::default(), &file, &diagnostic);
    }
    out
}
