//! Functions that read files: those of the scan only, as texts that keep their places.

use super::Args;
use crate::ir::{Node, NodeKind, Part, Piece, Span, Text, Why};
use crate::link::terraform::eval::{Frame, Scope};
use crate::link::terraform::{Evaluator, access, normalise};
use crate::source::FileId;

/// Texts longer than this are not looked at.
const MAX_BYTES: usize = 1 << 18;

/// Names that a template is given.
const MAX_NAMES: usize = 64;

/// The result; a file that is not in the scan is missing, not an error.
pub(super) fn call(this: &mut Evaluator<'_>, name: &str, args: &Args<'_>, scope: Scope<'_>) -> Node {
    let missing = || Node::unknown(Why::Missing, args.span);
    match name {
        "abspath" => return args.get(0).cloned().unwrap_or_else(missing),
        "fileset" => return missing(),
        "templatestring" => {
            let Some(node) = args.get(0) else { return missing() };
            return node.clone();
        }
        _ => {}
    }
    let Some(path) = args.text(0).and_then(|path| normalise("", &path)) else { return missing() };
    let found = this.files.find(&path);
    if name == "fileexists" {
        return found.map_or_else(missing, |_| args.node(NodeKind::Bool(true)));
    }
    let Some((id, text)) = found.and_then(|id| Some((id, this.files.get(id)?.text.clone()?))).filter(|(_, text)| text.len() <= MAX_BYTES)
    else {
        return missing();
    };
    match name {
        "file" => lines(id, &text),
        "filebase64" => {
            use base64::Engine as _;
            args.string(base64::engine::general_purpose::STANDARD.encode(text.as_bytes()))
        }
        _ => {
            let Some(template) = this.template(&path, &text, id) else { return missing() };
            let values = args.get(1).and_then(access::iterate).unwrap_or_default();
            with_names(this, &template, &values, None, scope.module)
        }
    }
}

/// Evaluates a template whose names are the given values and no others.
fn with_names(this: &mut Evaluator<'_>, template: &Node, values: &[(Node, Node)], frame: Option<&Frame<'_>>, module: usize) -> Node {
    let mut frames: Vec<(smol_str::SmolStr, &Node)> = Vec::new();
    for (key, value) in values.iter().take(MAX_NAMES) {
        if let Some(name) = access::scalar(key) {
            frames.push((name, value));
        }
    }
    bind(this, template, &frames, frame, module)
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
