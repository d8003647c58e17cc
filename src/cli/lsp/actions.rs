//! What an editor offers at a finding: its repair, and a comment that accepts it.

use std::collections::HashMap;
use std::path::Path;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, Position, Range, TextEdit, Uri, WorkspaceEdit};

use super::convert::{address_of, diagnostic, range};
use crate::finding::{Edit, Finding};
use crate::report::view::View;
use crate::source::{FileKind, Files};

/// Where edits are written.
pub(super) struct Place<'p> {
    pub(super) view: &'p View<'p>,
    pub(super) files: &'p Files,
    pub(super) top: &'p Path,
}

/// The actions for findings at one place of a file.
pub(super) fn actions(place: &Place<'_>, findings: &[&Finding]) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    for finding in findings {
        let shown = vec![diagnostic(place.view, finding, place.top)];
        if let (Some(repair), Some(edit)) = (finding.repair(), edit_of(place, &[finding])) {
            actions.push(action(repair.title.replace('`', ""), CodeActionKind::QUICKFIX, edit, shown.clone(), repair.safe));
        }
        actions.extend(ignore(place, finding).map(|edit| {
            let title = format!("Ignore {} here: write the reason behind it", finding.rule.id);
            action(title, CodeActionKind::QUICKFIX, edit, shown, false)
        }));
    }
    actions
}

/// Every safe repair of a file at once, for editors that fix on save.
pub(super) fn fix_all(place: &Place<'_>, findings: &[&Finding]) -> Option<CodeActionOrCommand> {
    let safe: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.repair().is_some_and(|repair| repair.safe)).collect();
    let edit = edit_of(place, &safe)?;
    let kind = CodeActionKind::new("source.fixAll.seclint");
    Some(action("Repair what seclint can repair safely".to_owned(), kind, edit, Vec::new(), false))
}

fn action(title: String, kind: CodeActionKind, edit: WorkspaceEdit, shown: Vec<Diagnostic>, preferred: bool) -> CodeActionOrCommand {
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(kind),
        diagnostics: (!shown.is_empty()).then_some(shown),
        edit: Some(edit),
        is_preferred: preferred.then_some(true),
        ..CodeAction::default()
    })
}

/// The edits of findings; none if there are none, or if a file would have to be made.
#[expect(clippy::mutable_key_type, reason = "the protocol's own type is keyed by addresses")]
fn edit_of(place: &Place<'_>, findings: &[&Finding]) -> Option<WorkspaceEdit> {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    let mut taken: Vec<&Edit> = Vec::new();
    for edit in findings.iter().flat_map(|finding| &finding.edits) {
        if taken.contains(&edit) {
            continue;
        }
        taken.push(edit);
        let (path, change) = match edit {
            Edit::Replace(span, text) => (place.view.path(*span), TextEdit::new(range(place.view, *span), text.clone())),
            Edit::AddLine { path, line } => {
                let text = place.files.whole(place.files.find(path)?)?;
                let lines = u32::try_from(text.lines().count()).ok()?;
                let before = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                let end = Position::new(lines, 0);
                (path.as_str(), TextEdit::new(Range::new(end, end), format!("{before}{line}\n")))
            }
        };
        changes.entry(address_of(place.top, path)?).or_default().push(change);
    }
    (!changes.is_empty()).then(|| WorkspaceEdit::new(changes))
}

/// A comment above a finding's line. The reason is left to the person: without one, the comment is a finding.
fn ignore(place: &Place<'_>, finding: &Finding) -> Option<WorkspaceEdit> {
    let meta = place.files.get(finding.span.file)?;
    let (opens, closes) = comment(meta.kind, &meta.path)?;
    let line = range(place.view, finding.span).start.line;
    let text = meta.text()?;
    let own = text.split('\n').nth(line as usize)?;
    let indent: String = own.chars().take_while(|character| matches!(character, ' ' | '\t')).collect();
    let comment = format!("{indent}{opens} seclint: ignore[{}] {closes}", finding.rule.id);
    let at = Position::new(line, 0);
    let edit = TextEdit::new(Range::new(at, at), format!("{}\n", if closes.is_empty() { comment.as_str() } else { comment.trim_end() }));
    Some(WorkspaceEdit::new(HashMap::from([(address_of(place.top, &meta.path)?, vec![edit])])))
}

/// How a comment is written in a file; `None` where there are none, or where it isn't known.
fn comment(kind: FileKind, path: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        FileKind::Terraform
        | FileKind::Tfvars
        | FileKind::Hcl
        | FileKind::Dockerfile
        | FileKind::Dotenv
        | FileKind::Yaml
        | FileKind::Toml
        | FileKind::Ini
        | FileKind::Shell
        | FileKind::NatsConf => ("#", ""),
        FileKind::TypeScript | FileKind::Tsx | FileKind::JavaScript | FileKind::Rust => ("//", ""),
        FileKind::Xml | FileKind::Prose => ("<!--", "-->"),
        FileKind::Code => match path.rsplit('.').next().unwrap_or_default() {
            "py" | "rb" | "pl" | "r" | "ex" | "exs" => ("#", ""),
            "sql" | "lua" | "hs" => ("--", ""),
            "go" | "java" | "kt" | "c" | "h" | "cc" | "cpp" | "cs" | "swift" | "scala" | "php" | "dart" | "bicep" => ("//", ""),
            _ => return None,
        },
        FileKind::Component | FileKind::Json | FileKind::Pem | FileKind::Text => return None,
    })
}
