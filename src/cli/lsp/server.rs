//! The state of one editor's folder: the session, what is open in it, and what was last told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lsp_server::{Connection, Message, Notification, Request, Response};
use lsp_types::{
    CodeActionOrCommand, Diagnostic, Hover, HoverContents, MarkupContent, MarkupKind, Position, PublishDiagnosticsParams, Range,
};
use rayon::ThreadPool;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::actions::{self, Place};
use super::convert::{address_of, diagnostic, path_of, range, touch};
use crate::cli::{config, own_rules};
use crate::config::PLACES;
use crate::engine::{Outcome, Session, analyse};
use crate::finding::Finding;
use crate::ir::Depth;
use crate::report::view::View;
use crate::rules::{Active, Registry, Rule};
use crate::scan::Reading;
use crate::settle::Settings;
use crate::source::SourceFile;
use crate::walk::{self, Excluded, Root, Targets, read_guarded};

/// What git knows of a file: whether it tracks it, and whether an ignore file names it.
type Known = (Option<bool>, Option<bool>);

pub(super) struct Server<'c> {
    connection: &'c Connection,
    root: Root,
    pool: ThreadPool,
    session: Session,
    known: BTreeMap<String, Known>,
    active: Active,
    settings: Settings,
    excluded: Excluded,
    outcome: Outcome,
    /// The versions of open documents, by path.
    open: BTreeMap<String, i32>,
    /// Files that the editor shows something of.
    told: BTreeSet<String>,
    is_stale: bool,
}

impl<'c> Server<'c> {
    /// Reads the folder once; from then on the editor says what changes. Without one (an editor that was started
    /// on a single file), files are judged as they are opened, and nothing else is read.
    pub(super) fn open(folder: Option<&Path>, connection: &'c Connection) -> anyhow::Result<Self> {
        let pool = crate::scan::pool(0).context("threads can't be started")?;
        let (active, settings, session) = (Registry::default().active(|_| true), Settings::default(), Session::default());
        let mut server = Self {
            connection,
            root: Root { top: PathBuf::from("/"), repository: None },
            excluded: Excluded::new(&[])?,
            outcome: session.findings(&active, &settings),
            pool,
            session,
            known: BTreeMap::new(),
            active,
            settings,
            open: BTreeMap::new(),
            told: BTreeSet::new(),
            is_stale: true,
        };
        // The folder may have gone since the editor last had it open: its files can be opened all the same.
        if let Some(Err(error)) = folder.map(|folder| server.read(folder)) {
            server.complain(&error)?;
        }
        Ok(server)
    }

    fn read(&mut self, folder: &Path) -> anyhow::Result<()> {
        let targets = Targets::of(&[folder.to_owned()], folder)?;
        self.root = targets.root.clone();
        self.configure()?;
        let exclude = self.settings.config.exclude.clone();
        self.excluded = Excluded::new(&exclude)?;
        let options = walk::Options { exclude, ..walk::Options::default() };
        let tree = walk::walk(&targets, &options)?;
        self.known = tree.files.iter().map(|found| (found.path.to_string(), (found.tracked, found.ignored))).collect();
        let reading = Reading { max_bytes: options.max_bytes, depth: Depth::Structure, holds_texts: true };
        self.session = crate::scan::scan(tree, reading, &self.pool, &|| {}).session;
        self.session.set_trusted_guards(self.settings.config.guards.clone());
        Ok(())
    }

    /// A notification of the editor's.
    pub(super) fn note(&mut self, notification: &Notification) -> anyhow::Result<()> {
        let params = &notification.params;
        let document = &params["textDocument"];
        let path = document["uri"].as_str().and_then(|uri| self.reported(uri));
        let version = document["version"].as_i64().and_then(|version| i32::try_from(version).ok());
        match (notification.method.as_str(), path) {
            ("textDocument/didOpen", Some(path)) => {
                self.open.insert(path.clone(), version.unwrap_or_default());
                self.set(&path, document["text"].as_str().unwrap_or_default());
            }
            ("textDocument/didChange", Some(path)) => {
                self.open.insert(path.clone(), version.unwrap_or_default());
                let changes = params["contentChanges"].as_array();
                if let Some(text) = changes.and_then(|changes| changes.last()?["text"].as_str()) {
                    self.set(&path, text);
                }
            }
            ("textDocument/didClose", Some(path)) => {
                self.open.remove(&path);
                self.reload(&path);
            }
            ("textDocument/didSave", Some(path)) if PLACES.contains(&path.as_str()) => self.configure()?,
            ("workspace/didChangeWatchedFiles", _) => {
                for change in params["changes"].as_array().into_iter().flatten() {
                    let path = change["uri"].as_str().and_then(|uri| self.reported(uri));
                    if let Some(path) = path.filter(|path| !self.open.contains_key(path)) {
                        self.reload(&path);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A request of the editor's.
    pub(super) fn answer(&mut self, request: Request) -> anyhow::Result<()> {
        // What was found by now is told before it is asked about.
        self.publish()?;
        let result = match request.method.as_str() {
            "textDocument/hover" => self.hover(&request.params),
            "textDocument/codeAction" => self.code_actions(&request.params),
            method => {
                let message = format!("seclint does not know `{method}`");
                let unknown = Response::new_err(request.id, lsp_server::ErrorCode::MethodNotFound as i32, message);
                return self.send(Message::Response(unknown));
            }
        };
        self.send(Message::Response(Response::new_ok(request.id, result)))
    }

    /// Tells the editor what is found now, of every file of which something is, or was, found.
    pub(super) fn publish(&mut self) -> anyhow::Result<()> {
        if !self.is_stale {
            return Ok(());
        }
        self.judge();
        self.is_stale = false;
        let view = View::of(&self.outcome);
        let mut found: BTreeMap<String, Vec<Diagnostic>> =
            self.told.iter().chain(self.open.keys()).map(|path| (path.clone(), Vec::new())).collect();
        for finding in &self.outcome.findings {
            let path = view.path(finding.span).to_owned();
            found.entry(path).or_default().push(diagnostic(&view, finding, &self.root.top));
        }
        self.told = found.iter().filter(|(_, list)| !list.is_empty()).map(|(path, _)| path.clone()).collect();
        for (path, diagnostics) in found {
            let Some(uri) = address_of(&self.root.top, &path) else { continue };
            let params = PublishDiagnosticsParams::new(uri, diagnostics, self.open.get(&path).copied());
            self.send(Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params)))?;
        }
        Ok(())
    }

    /// The path of an address as it is reported, if it is a file of the folder that a scan would read.
    fn reported(&self, uri: &str) -> Option<String> {
        let path = path_of(uri)?;
        // An editor may name the folder by a link that leads to it.
        let full = match (path.parent().and_then(|parent| parent.canonicalize().ok()), path.file_name()) {
            (Some(parent), Some(name)) => parent.join(name),
            _ => path,
        };
        let inner = full.strip_prefix(&self.root.top).ok()?;
        let bytes = self.root.relative(&self.root.top.join(inner));
        (!self.excluded.holds(&bytes)).then(|| crate::source::path_from_bytes(&bytes))
    }

    fn set(&mut self, path: &str, text: &str) {
        let file = SourceFile::new(self.session.id_for(path), path, text);
        let analysed = self.pool.install(|| analyse(&file, self.session.depth_of(path)));
        self.session.set(analysed);
        // A file that git has not seen is not tracked; what names it is asked when the folder is opened.
        let (tracked, ignored) = self.known.get(path).copied().unwrap_or((self.root.repository.as_ref().map(|_| false), None));
        self.session.set_tracked(path, tracked, ignored);
        self.is_stale = true;
    }

    /// The file as it is on disk.
    fn reload(&mut self, path: &str) {
        let mut bytes = Vec::new();
        let at = self.root.top.join(path);
        if let Ok(true) = read_guarded(&at, walk::MAX_FILE_BYTES, &mut bytes) {
            if let Some((text, _)) = crate::source::decode(&bytes) {
                self.set(path, &text);
            }
        } else {
            self.session.remove_file(path);
            self.is_stale = true;
        }
    }

    /// Reads `seclint.toml` again; a mistake in it is told, and what was in force stays so.
    fn configure(&mut self) -> anyhow::Result<()> {
        match judgement(&self.root) {
            Ok((active, settings)) => {
                self.session.set_trusted_guards(settings.config.guards.clone());
                (self.active, self.settings, self.is_stale) = (active, settings, true);
                Ok(())
            }
            Err(error) => self.complain(&error),
        }
    }

    /// Tells the person at the editor what can't be done.
    fn complain(&self, error: &anyhow::Error) -> anyhow::Result<()> {
        let params = json!({ "type": 1, "message": format!("seclint: {error:#}") });
        self.send(Message::Notification(Notification::new("window/showMessage".to_owned(), params)))
    }

    fn judge(&mut self) {
        if self.is_stale {
            self.outcome = self.pool.install(|| self.session.findings(&self.active, &self.settings));
        }
    }

    fn hover(&self, params: &Value) -> Value {
        let Some(at) = parsed::<Position>(&params["position"]) else { return Value::Null };
        let view = View::of(&self.outcome);
        let here = self.at(params, Range::new(at, at), &view);
        let Some(first) = here.first() else { return Value::Null };
        let pages: Vec<String> = here.iter().map(|finding| page(finding.rule, &view.text(&finding.what))).collect();
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: pages.join("\n\n---\n\n") });
        json!(Hover { contents, range: Some(range(&view, view.first_line(first.span))) })
    }

    fn code_actions(&self, params: &Value) -> Value {
        let Some(wanted) = parsed::<Range>(&params["range"]) else { return json!([]) };
        let view = View::of(&self.outcome);
        let place = Place { view: &view, files: &self.outcome.files, top: &self.root.top };
        let kinds: Vec<&str> = params["context"]["only"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let is_wanted = |kind: &str| kinds.is_empty() || kinds.iter().any(|only| kind == *only || kind.starts_with(&format!("{only}.")));
        let mut found: Vec<CodeActionOrCommand> = Vec::new();
        if is_wanted("quickfix") {
            found = actions::actions(&place, &self.at(params, wanted, &view));
        }
        if !kinds.is_empty() && is_wanted("source.fixAll.seclint") {
            let whole = Range::new(Position::new(0, 0), Position::new(u32::MAX, 0));
            found.extend(actions::fix_all(&place, &self.at(params, whole, &view)));
        }
        json!(found)
    }

    /// The findings that touch a range of the document that a request is about.
    fn at(&self, params: &Value, wanted: Range, view: &View<'_>) -> Vec<&Finding> {
        let Some(path) = params["textDocument"]["uri"].as_str().and_then(|uri| self.reported(uri)) else { return Vec::new() };
        let here = self.outcome.findings.iter().filter(|finding| view.path(finding.span) == path);
        here.filter(|finding| touch(range(view, view.first_line(finding.span)), wanted)).collect()
    }

    fn send(&self, message: Message) -> anyhow::Result<()> {
        self.connection.sender.send(message).context("the editor is gone")
    }
}

/// Which rules run, and how strictly, as `seclint.toml` says.
fn judgement(root: &Root) -> anyhow::Result<(Active, Settings)> {
    let registry = own_rules::registry(&root.top)?;
    let config = config::Source::default().read(root, &registry)?.0;
    let active = registry.active(|rule| !config.off.contains_key(rule.id));
    let settings = Settings {
        dials: config.dials,
        ignores: config.ignore_comments.unwrap_or(true),
        today: Some(crate::cli::today::today()),
        config,
        ..Settings::default()
    };
    Ok((active, settings))
}

fn parsed<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

/// The help of a rule.
fn page(rule: &Rule, what: &str) -> String {
    format!(
        "**{}** (`{}`)\n\n{what}\n\n{}\n\n**Why it matters.** {}\n\n**How to fix.** {}",
        rule.title,
        rule.id,
        rule.what.trim(),
        rule.why.trim(),
        rule.fix.trim()
    )
}
