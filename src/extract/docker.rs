//! Dockerfiles: stages, what each does, the user in force at its end, and the environment it sets.

mod scope;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use self::scope::Variables;
use super::Extract;
use crate::ir::{EnvEntry, FactKind, Field, Node, NodeKind, Part, Script, ScriptPhase, Span, Stage, Step, StepKind, Text, Variable, Why};
use crate::lower::variable::{is_filled_in, names_secret};
use crate::parse::dockerfile::{self, Instruction, InstructionKind};

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    if cx.is_too_large() {
        return;
    }
    let mut stages = Stages::default();
    for instruction in cx.take(dockerfile::parse(&cx.file.src())) {
        stages.instruction(instruction);
    }
    // What a stage sets, its base's variables included.
    let mut inherited: Vec<Vec<Variable>> = Vec::new();
    for stage in stages.finish() {
        let owner = stage.name.clone().unwrap_or_else(|| format!("FROM {}", stage.image).into());
        let mut variables = stage.parent.and_then(|parent| inherited.get(parent).cloned()).unwrap_or_default();
        let mut arguments = Vec::new();
        for step in &stage.steps {
            match &step.kind {
                StepKind::Env { key, value } => {
                    let entry = EnvEntry { key: key.clone(), value: value.clone(), place: "dockerfile".into() };
                    cx.fact(step.span, key.clone(), FactKind::EnvEntry(entry));
                    variables.push(variable(key, Some(value), step.span));
                }
                StepKind::Arg { key, value } => {
                    let given = value.clone().unwrap_or_else(|| Node::unknown(Why::NoValue, step.span));
                    let entry = EnvEntry { key: key.clone(), value: given, place: "dockerfile".into() };
                    cx.fact(step.span, key.clone(), FactKind::EnvEntry(entry));
                    arguments.push(variable(key, value.as_ref(), step.span));
                }
                StepKind::Run { commands, text, .. } => {
                    let given = [variables.as_slice(), &arguments, &mounted(step)].concat();
                    let script = Script {
                        phase: ScriptPhase::Build,
                        command: text.clone(),
                        commands: commands.clone(),
                        variables: given,
                        runner: "dockerfile".into(),
                        installs: Vec::new(),
                    };
                    cx.fact(step.span, owner.clone(), FactKind::Script(script));
                }
                _ => {}
            }
        }
        inherited.push(variables);
        cx.fact(stage.span, owner, FactKind::Stage(Box::new(stage)));
    }
}

/// A variable of the build. One that is to be filled in when the image is built holds what it is named for.
fn variable(name: &SmolStr, value: Option<&Node>, span: Span) -> Variable {
    let is_stand_in = value.and_then(Node::as_str).is_some_and(|value| !is_filled_in(value));
    Variable { name: name.clone(), value: value.cloned(), secret: names_secret(name) && !is_stand_in, span }
}

/// The secrets that `--mount=type=secret,id=x` shows to one instruction.
fn mounted(step: &Step) -> Vec<Variable> {
    let mounts = step.flags.iter().filter(|(flag, _)| flag == "mount").filter_map(|(_, text)| text.as_str());
    let mounts = mounts.filter(|mount| mount.split(',').any(|part| part.trim() == "type=secret"));
    let named = mounts.filter_map(|mount| {
        let option = |key: &str| mount.split(',').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix('='));
        option("env").or_else(|| option("id"))
    });
    named.map(|name| Variable { name: name.into(), value: None, secret: true, span: step.span }).collect()
}

/// Reads a `.dockerignore`: its patterns in order, for linking.
pub(super) fn ignore_file(cx: &mut Extract<'_>) {
    let mut patterns = Vec::new();
    let mut at = 0;
    for line in cx.file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let pattern = line.trim();
        if !pattern.is_empty() && !pattern.starts_with('#') {
            patterns.push(Node::text(pattern, Span::new(cx.file.id, start, at)));
        }
    }
    let span = Span::new(cx.file.id, 0, 0);
    super::document::resource(cx, span, "docker", "ignore", "", Node::new(span, NodeKind::List(patterns)));
}

/// The stages so far, and the variables in force.
#[derive(Default)]
struct Stages {
    list: Vec<Stage>,
    /// The last stage of each name; names of stages are compared without case.
    by_name: FxHashMap<String, usize>,
    /// `ARG` before the first `FROM`.
    globals: Variables,
    /// Of each stage, at its end so far.
    variables: Vec<Variables>,
}

impl Stages {
    fn instruction(&mut self, instruction: Instruction) {
        let Instruction { kind, flags, onbuild, span } = instruction;
        match kind {
            InstructionKind::From { image, name } => self.from(&image, name, span),
            InstructionKind::Steps(steps) => {
                for (place, kind) in steps {
                    self.step(Step { kind, onbuild, flags: flags.clone(), span: place });
                }
            }
        }
    }

    fn from(&mut self, image: &Text, name: Option<SmolStr>, span: Span) {
        let reference = self.globals.expand(image);
        let base = reference.as_str().and_then(|base| self.by_name.get(&base.to_ascii_lowercase()).copied());
        let (image, tag, digest) = split_image(&reference);
        // A stage sees the variables that its base set, but not its arguments.
        let variables = base.map_or_else(Variables::default, |base| self.variables[base].environment());
        let user = base.map_or(Field::Absent, |base| self.list[base].user.clone());
        let index = self.list.len();
        if let Some(name) = &name {
            self.by_name.insert(name.to_ascii_lowercase(), index);
        }
        self.list.push(Stage {
            name,
            image,
            tag,
            digest,
            parent: base,
            index,
            is_final: false,
            ships: false,
            user,
            steps: Vec::new(),
            span,
        });
        self.variables.push(variables);
    }

    fn step(&mut self, mut step: Step) {
        let (Some(stage), Some(variables)) = (self.list.last_mut(), self.variables.last_mut()) else {
            if let StepKind::Arg { key, value } = &step.kind {
                let value = value.as_ref().and_then(|value| value.as_text()).map(|value| self.globals.expand(value));
                self.globals.declare(key, value);
            }
            return;
        };
        match &mut step.kind {
            StepKind::Env { key, value } => {
                variables.expand_node(value);
                if !step.onbuild {
                    variables.set(key, value.as_text().cloned());
                }
            }
            StepKind::Arg { key, value } => {
                if let Some(value) = value {
                    variables.expand_node(value);
                }
                let default = value.as_ref().and_then(|value| value.as_text().cloned()).or_else(|| self.globals.get(key));
                variables.declare(key, default);
            }
            StepKind::Label { value, .. } => variables.expand_node(value),
            StepKind::Copy { sources, target, from, .. } => {
                sources.iter_mut().chain([target]).chain(from).for_each(|text| *text = variables.expand(text));
            }
            StepKind::User(user) => {
                *user = variables.expand(user);
                if !step.onbuild {
                    stage.user =
                        if user.has_holes() { Field::unknown(Why::NoValue, step.span) } else { Field::known(user.clone(), step.span) };
                }
            }
            StepKind::Workdir(text) => *text = variables.expand(text),
            StepKind::Expose(list) => list.iter_mut().for_each(|text| *text = variables.expand(text)),
            // A shell expands these when they run, and may set the variables first.
            StepKind::Run { .. } | StepKind::Start { .. } | StepKind::Healthcheck(_) | StepKind::Shell(_) | StepKind::Other(..) => {}
        }
        stage.steps.push(step);
    }

    fn finish(mut self) -> Vec<Stage> {
        if let Some(last) = self.list.last_mut() {
            last.is_final = true;
        }
        let mut next = self.list.len().checked_sub(1);
        // A base stands before what builds on it, so this ends.
        while let Some(stage) = next.and_then(|at| self.list.get_mut(at)) {
            stage.ships = true;
            next = stage.parent;
        }
        self.list
    }
}

/// `registry:5000/name:tag@sha256:…` as image, tag and digest.
fn split_image(reference: &Text) -> (Text, Field<Text>, Field<Text>) {
    let (rest, digest) = match find_last(reference, '@', None) {
        Some(at) => (cut(reference, (0, 0), at), known_or_open(cut_after(reference, at))),
        None => (reference.clone(), Field::Absent),
    };
    let slash = find_last(&rest, '/', None);
    match find_last(&rest, ':', slash) {
        Some(at) => (cut(&rest, (0, 0), at), known_or_open(cut_after(&rest, at)), digest),
        // A variable may bring its tag along.
        None if rest.has_holes() => {
            let span = rest.pieces.first().map_or_else(Span::default, |piece| piece.span);
            let open = |field: Field<Text>| if field.is_absent() { Field::unknown(Why::NoValue, span) } else { field };
            (rest, open(Field::Absent), open(digest))
        }
        None => (rest, Field::Absent, digest),
    }
}

fn known_or_open(text: Text) -> Field<Text> {
    let span = text.pieces.first().map_or_else(Span::default, |piece| piece.span);
    if text.has_holes() { Field::unknown(Why::NoValue, span) } else { Field::known(text, span) }
}

/// A place in a text: the piece and the byte in it.
type Place = (usize, usize);

/// The last `wanted` in a known part, behind `after`.
fn find_last(text: &Text, wanted: char, after: Option<Place>) -> Option<Place> {
    text.pieces.iter().enumerate().rev().find_map(|(index, piece)| {
        let Part::Lit(literal) = &piece.part else { return None };
        literal.rfind(wanted).map(|at| (index, at)).filter(|place| after.is_none_or(|after| *place > after))
    })
}

fn cut_after(text: &Text, (index, at): Place) -> Text {
    cut(text, (index, at + 1), (text.pieces.len(), 0))
}

/// The part of a text between two places.
fn cut(text: &Text, from: Place, to: Place) -> Text {
    let mut out = Text::default();
    for (index, piece) in text.pieces.iter().enumerate() {
        if index < from.0 || index > to.0 {
            continue;
        }
        let mut piece = piece.clone();
        if let Part::Lit(literal) = &piece.part {
            let start = if index == from.0 { from.1.min(literal.len()) } else { 0 };
            let end = if index == to.0 { to.1.min(literal.len()) } else { literal.len() };
            if piece.span.len() == literal.len() {
                let base = piece.span.start as usize;
                piece.span = Span::new(piece.span.file, base + start, base + end);
            }
            piece.part = Part::Lit(literal[start..end.max(start)].into());
            if start >= end {
                continue;
            }
        } else if index == to.0 {
            continue;
        }
        out.pieces.push(piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Fact, Kind};
    use crate::source::{FileId, SourceFile};

    fn stages(text: &str) -> Vec<Stage> {
        let file = SourceFile::new(FileId(0), "Dockerfile", text);
        let facts = crate::extract::extract(&file, crate::ir::Depth::Structure).facts;
        facts.into_iter().filter_map(|Fact { kind, .. }| if let FactKind::Stage(stage) = kind { Some(*stage) } else { None }).collect()
    }

    #[test]
    fn arguments_are_resolved_and_stages_inherit() {
        let list = stages(
            "ARG V=18\nARG REG\nFROM registry:5000/node:${V} AS base\nARG U=app\nENV H=/home/$U\nUSER $U\n\nFROM base AS build\nUSER root\nWORKDIR $H\nFROM ${REG}/x@sha256:abc\nCOPY --from=build /a /b\nFROM BASE\nUSER ${X}\n",
        );
        assert_eq!(list[0].image.known().unwrap(), "registry:5000/node");
        assert_eq!(list[0].tag.value().and_then(Text::as_str), Some("18"));
        assert_eq!(list[0].user.value().and_then(Text::as_str), Some("app"));
        assert_eq!((list[1].parent, list[3].parent), (Some(0), Some(0)));
        assert_eq!(list[1].user.value().and_then(Text::as_str), Some("root"));
        assert!(list[1].steps.iter().any(|step| matches!(&step.kind, StepKind::Workdir(dir) if dir.as_str() == Some("/home/app"))));
        assert_eq!(list[2].digest.value().and_then(Text::as_str), Some("sha256:abc"));
        assert!(matches!(list[2].tag, Field::Unknown { .. }));
        assert!(matches!(list[3].user, Field::Unknown { .. }));
        assert_eq!(list.iter().map(|stage| stage.is_final).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn what_env_sets_is_an_entry() {
        let file = SourceFile::new(FileId(0), "Dockerfile", "FROM a\nENV A=1 B=$A\n");
        let facts = crate::extract::extract(&file, crate::ir::Depth::Structure).facts;
        let entries: Vec<String> =
            facts.iter().filter(|fact| fact.kind.kind() == Kind::EnvEntry).map(|fact| fact.owner.to_string()).collect();
        assert_eq!(entries, ["A", "B"]);
    }
}
