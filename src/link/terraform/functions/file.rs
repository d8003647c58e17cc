//! Functions that read files: those of the scan only, as texts that keep their places.

use std::sync::Arc;

use super::Args;
use crate::ir::{Node, NodeKind, Part, Piece, Span, Text, Why};
use crate::link::terraform::eval::{Frame, Scope};
use crate::link::terraform::{Evaluator, access};
use crate::source::FileId;
use crate::source::paths::join;

/// Texts longer than this are not looked at.
const MAX_BYTES: usize = 1 << 18;

/// Files of a `fileset`.
const MAX_FILES: usize = 2_000;

/// Names that a template is given.
const MAX_NAMES: usize = 64;

/// The result; a file that is not in the scan is missing, not an error: a build may make it.
pub(super) fn call(this: &mut Evaluator<'_>, name: &str, args: &Args<'_>, scope: Scope<'_>) -> Node {
    let missing = || Node::unknown(Why::Missing, args.span);
    let names = |index: usize| args.get(index).and_then(access::iterate).unwrap_or_default();
    if name == "abspath" {
        return args.get(0).cloned().unwrap_or_else(missing);
    }
    if name == "templatestring" {
        let template = args.get(0).and_then(Node::as_text).and_then(crate::lower::embedded::template_in);
        return template.map_or_else(missing, |template| with_names(this, &template, &names(1), scope.module));
    }
    let Some(path) = args.text(0).and_then(|path| in_scan(&this.root_dir(), &path)) else { return missing() };
    if name == "fileset" {
        return args.text(1).and_then(|pattern| files_below(this, &path, &pattern, args)).unwrap_or_else(missing);
    }
    if name == "fileexists" {
        return this.files.find(&path).map_or_else(missing, |_| args.node(NodeKind::Bool(true)));
    }
    let Some((id, text)) = content(this, &path) else { return missing() };
    match name {
        "file" => lines(id, &text),
        "filebase64" => {
            use base64::Engine as _;
            args.string(base64::engine::general_purpose::STANDARD.encode(text.as_bytes()))
        }
        _ => {
            let Some(template) = this.template(&path, &text, id) else { return missing() };
            with_names(this, &template, &names(1), scope.module)
        }
    }
}

/// The file of the scan that Terraform would read at a path, as a text; nothing if there is none.
pub(in crate::link::terraform) fn read(this: &mut Evaluator<'_>, path: &str) -> Option<Node> {
    let path = in_scan(&this.root_dir(), path)?;
    content(this, &path).map(|(id, text)| lines(id, &text))
}

fn content(this: &mut Evaluator<'_>, path: &str) -> Option<(FileId, Arc<str>)> {
    let id = this.files.find(path)?;
    let text = this.files.get(id)?.text().cloned().filter(|text| text.len() <= MAX_BYTES)?;
    this.steps += text.len() / 64;
    Some((id, text))
}

/// A path as Terraform sees it from the folder of the root module, seen from the root of the scan.
/// Nothing outside of the scan is looked at.
fn in_scan(root: &str, path: &str) -> Option<smol_str::SmolStr> {
    if path.starts_with(['/', '~']) { None } else { join(root, path).map(Into::into) }
}

/// The files below a folder that match a pattern; nothing if there is none, since they may be made later.
fn files_below(this: &Evaluator<'_>, folder: &str, pattern: &str, args: &Args<'_>) -> Option<Node> {
    let pattern = globset::GlobBuilder::new(pattern).literal_separator(true).build().ok()?.compile_matcher();
    let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let names = this.files.below(&below).filter_map(|path| path.strip_prefix(&below)).filter(|path| pattern.is_match(path));
    let found: Vec<Node> = names.take(MAX_FILES).map(|path| args.string(path)).collect();
    (!found.is_empty()).then(|| args.list(found))
}

/// Evaluates a template whose names are the given values and no others.
pub(in crate::link::terraform) fn with_names(this: &mut Evaluator<'_>, template: &Node, values: &[(Node, Node)], module: usize) -> Node {
    let mut frames: Vec<(smol_str::SmolStr, &Node)> = Vec::new();
    for (key, value) in values.iter().take(MAX_NAMES) {
        if let Some(name) = access::scalar(key) {
            frames.push((name, value));
        }
    }
    bind(this, template, &frames, None, module)
}

fn bind(this: &mut Evaluator<'_>, template: &Node, rest: &[(smol_str::SmolStr, &Node)], frame: Option<&Frame<'_>>, module: usize) -> Node {
    match rest {
        [] => this.eval(template, Scope { frame, ..Scope::of(module) }),
        [(name, value), rest @ ..] => bind(this, template, rest, Some(&Frame { name, value, up: frame }), module),
    }
}

/// A file's text, one piece a line.
fn lines(file: FileId, text: &str) -> Node {
    let mut pieces = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        pieces.push(Piece { span: Span::new(file, at, at + line.len()), part: Part::Lit(line.into()) });
        at += line.len();
    }
    Node::new(Span::new(file, 0, text.len()), NodeKind::Text(Text { pieces }))
}
