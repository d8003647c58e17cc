//! From trees to facts, one module a source kind. A pure function of one file: nothing is resolved
//! across files, nothing is judged.

mod belonging;
mod docker;
mod document;
mod dotenv;
mod ini;
mod json;
mod lock;
mod markers;
mod nats;
mod page;
mod pipeline;
mod prisma;
mod rust;
mod schema;
mod sdl;
mod seeded;
mod terraform;
mod toml;
mod typescript;
mod view;
mod yaml;

use crate::ir::{Depth, EnvEntry, Fact, FactKind, FileFacts, Problem, ProblemKind, Ref, Scope, Sink, Span};
use crate::lower::variable::is_tls_switch;
use crate::needles::Hit;
use crate::parse::{MAX_PARSED_BYTES, Parsed};
use crate::prefilter::{Gate, Gates, Seen};
use crate::source::{FileKind, SourceFile};

/// What an extractor works with: the file, the gates it opened, and where facts go.
#[derive(Debug)]
pub struct Extract<'f> {
    /// The file.
    pub file: &'f SourceFile,
    /// What its text names.
    pub gates: Gates,
    /// Where a secret may stand in it.
    pub hits: Vec<Hit>,
    /// What is collected.
    pub out: FileFacts,
}

impl<'f> Extract<'f> {
    /// An empty collection for a file.
    pub fn new(file: &'f SourceFile, seen: Seen) -> Self {
        let Seen { gates, hits } = seen;
        Self { file, gates, hits, out: FileFacts { file: file.id, ..FileFacts::default() } }
    }

    /// Adds a fact.
    pub fn fact(&mut self, span: Span, owner: impl Into<smol_str::SmolStr>, kind: FactKind) {
        self.out.facts.push(Fact::new(span, owner, kind));
    }

    /// Adds a variable of an environment that is written down, and the check that it switches off.
    pub fn variable(&mut self, span: Span, entry: EnvEntry) {
        let key = entry.key.clone();
        let value = entry.value.as_number().map_or_else(|| entry.value.as_str().map(ToOwned::to_owned), |number| Some(number.to_string()));
        if value.is_some_and(|value| is_tls_switch(&key, &value)) && !is_of_development(&self.file.path) {
            let sink = Sink::unverified(Ref::new(Scope::Global, [key.clone()]), span);
            self.fact(span, key.clone(), FactKind::Sink(sink));
        }
        self.fact(span, key, FactKind::EnvEntry(entry));
    }

    /// Keeps a parser's problems and hands out its tree.
    pub fn take<T>(&mut self, parsed: Parsed<T>) -> T {
        self.problems(parsed.problems);
        self.out.parsed = Some(self.file.text.len());
        parsed.tree
    }

    /// Whether the file is larger than parsers read; if so, that is said, and text rules alone look at it.
    pub fn is_too_large(&mut self) -> bool {
        let is_large = self.file.text.len() > MAX_PARSED_BYTES;
        if is_large {
            let message = format!("larger than {} KiB: its structure was not read, its text was", MAX_PARSED_BYTES >> 10);
            self.out.problems.push(Problem::new(ProblemKind::Size, message, Span::new(self.file.id, 0, 0)));
        }
        is_large
    }

    /// Adds what a parser could not read.
    pub fn problems(&mut self, problems: Vec<Problem>) {
        self.out.problems.extend(problems);
    }
}

/// Whether a file is named for one machine of a developer: `.env.local`, `compose.dev.yaml`, `docker-compose.override.yml`.
fn is_of_development(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(['.', '-', '_']).any(|part| matches!(part, "dev" | "development" | "local" | "localhost" | "test" | "override"))
}

/// What one file says.
pub fn extract(file: &SourceFile, depth: Depth) -> FileFacts {
    let mut cx = Extract::new(file, crate::prefilter::look(&file.text));
    if depth == Depth::Called {
        cx.gates.insert(Gate::JsSinks);
    }
    match file.kind {
        FileKind::Dockerfile => {
            docker::extract(&mut cx);
            nats::modes::extract(&mut cx);
        }
        _ if file.path.ends_with(".dockerignore") => docker::ignore_file(&mut cx),
        _ if depth == Depth::Secrets => {}
        FileKind::Terraform | FileKind::Tfvars | FileKind::Hcl => terraform::extract(&mut cx),
        FileKind::TypeScript | FileKind::Tsx | FileKind::JavaScript => typescript::extract(&mut cx),
        FileKind::Component => {
            typescript::extract(&mut cx);
            view::extract(&mut cx);
        }
        FileKind::Rust => rust::extract(&mut cx),
        FileKind::NatsConf => nats::extract(&mut cx, "nats-config"),
        FileKind::Text if file.path.ends_with(".conf") => nats::extract(&mut cx, "nats-fragment"),
        FileKind::Code => {
            view::extract(&mut cx);
            page::extract(&mut cx);
            typescript::page(&mut cx);
            schema::extract(&mut cx);
            sdl::extract(&mut cx);
            seeded::extract(&mut cx);
            nats::clients::extract(&mut cx);
            nats::modes::extract(&mut cx);
        }
        FileKind::Text => {
            view::extract(&mut cx);
            page::extract(&mut cx);
            typescript::page(&mut cx);
            prisma::extract(&mut cx);
        }
        FileKind::Shell => {
            nats::commands(&mut cx);
            nats::modes::extract(&mut cx);
        }
        FileKind::Dotenv => dotenv::extract(&mut cx),
        FileKind::Yaml => yaml::extract(&mut cx),
        FileKind::Json => json::extract(&mut cx),
        FileKind::Toml => toml::extract(&mut cx),
        FileKind::Ini => {
            ini::extract(&mut cx);
            nats::commands(&mut cx);
        }
        _ => {}
    }
    crate::secrets::scan(&mut cx);
    if cx.gates.has(Gate::Marker) {
        cx.out.markers = markers::find(file);
    }
    cx.out
}

/// What the text of a file says without any parser: its secrets.
pub fn text_only(file: &SourceFile) -> FileFacts {
    let mut cx = Extract::new(file, crate::prefilter::look(&file.text));
    crate::secrets::scan(&mut cx);
    cx.out
}
