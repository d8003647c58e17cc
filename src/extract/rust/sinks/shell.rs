//! What a shell or another interpreter reads: the arguments of its command.

use super::{judged, root_of, sink};
use crate::extract::rust::chain::Chain;
use crate::ir::{Node, NodeKind, Ref, Scope, Sink, SinkKind, SinkPart, Tri};
use smol_str::SmolStr;

/// `Command::new("sh").arg("-c").arg(text)`.
pub(super) fn of_method(name: &str, receiver: &Node, args: &[Node], callee: &Ref) -> Option<Sink> {
    if !matches!(name, "arg" | "args" | "raw_arg") {
        return None;
    }
    let chain = Chain::of(receiver);
    let program = chain.constructor().filter(|call| call.callee.names().ends_with(&["Command", "new"]))?.args.first()?;
    let given = chain.steps.iter().filter(|step| matches!(step.name, "arg" | "args")).flat_map(|step| step.args);
    is_interpreter(program).then(|| read(as_text(given, args), callee)).flatten()
}

/// The arguments that are read as text: what follows a script is handed to it as `$1`, `$2`.
fn as_text<'a>(given: impl Iterator<Item = &'a Node>, args: &'a [Node]) -> Vec<&'a Node> {
    let mut all: Vec<&Node> = given.flat_map(Node::one_or_many).collect();
    let before = all.len();
    all.extend(args.iter().flat_map(Node::one_or_many));
    let is_flag = |node: &&Node| node.as_str().is_some_and(|flag| matches!(flag, "-c" | "-lc" | "-ec" | "-euc" | "-e"));
    if let Some(flag) = all.iter().position(is_flag) {
        all.truncate(flag + 2);
    }
    all.split_off(before.min(all.len()))
}

/// `cmd!("sh", "-c", text)` of duct.
pub(in super::super) fn of_macro(args: &[Node], callee: &Ref) -> Option<Sink> {
    let (program, rest) = args.split_first()?;
    is_interpreter(program).then(|| read(as_text(std::iter::empty(), rest), callee)).flatten()
}

/// Programs that run what they are handed as text.
fn is_interpreter(program: &Node) -> bool {
    let Some(path) = program.as_str() else { return false };
    let program = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    matches!(
        program.trim_end_matches(".exe"),
        "sh" | "bash" | "zsh" | "dash" | "cmd" | "powershell" | "pwsh" | "python" | "python3" | "node" | "perl" | "ruby"
    )
}

fn read(args: Vec<&Node>, callee: &Ref) -> Option<Sink> {
    let parts: Vec<SinkPart> = args.into_iter().map(|value| SinkPart::new(value.clone(), Tri::Maybe, SmolStr::default())).collect();
    // Of the command line, a part inside a script: whoever runs the program means a name, and a shell reads more.
    let is_typed = |node: &Node| matches!(&node.kind, NodeKind::Ref(name) if name.scope == Scope::Request && name.first() == "input");
    let typed = parts
        .iter()
        .find(|part| part.value.as_text().is_some_and(|text| text.has_holes() && text.holes().any(|hole| is_typed(root_of(hole)))));
    let typed = typed.map(|part| SinkPart { tainted: Tri::Yes, ..part.clone() });
    judged(sink(SinkKind::Exec, callee, parts)).or_else(|| Some(sink(SinkKind::Exec, callee, vec![typed?])))
}
