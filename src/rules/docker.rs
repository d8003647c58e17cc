//! Images: what they run as, what they carry, how they are built.

pub(super) mod run;

use std::sync::LazyLock;

use globset::{GlobBuilder, GlobMatcher};
use rustc_hash::FxHashSet;

use super::Check;
use crate::finding::{Edit, Severity};
use crate::ir::{Confidence, Fact, FactKind, Field, Kind, Span, Stage, StepKind, Text};
use crate::link::images::shipped;
use crate::lower::variable::{is_filled_in, names_secret};
use crate::tables;

/// The container runs as root and nothing on the way gives that up.
pub(super) fn root_user(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    if !stage.is_final {
        return;
    }
    let stages = stages_of(cx, fact);
    let chain = shipped(&stages);
    if chain.iter().any(|stage| drops_root(stage)) || is_artefact(&chain) {
        return;
    }
    let Some(root) = chain.last() else { return };
    match &stage.user {
        Field::Known { value, span, .. } if is_root(value) => {
            let found = cx.finding(fact, *span, format!("the image runs as `{value}`"));
            cx.report(found.label("root from here on").edits(unprivileged(cx, stage, root, Some(*span))));
        }
        Field::Absent => {
            let Some(image) = root.image.known() else { return };
            let image = normal_name(&image);
            if matches_row("unprivileged", &image, root) || matches_row("drops", &image, root) {
                return;
            }
            let mut found = cx.finding(fact, stage.span, format!("the image sets no `USER`, so it runs as `{image}` does: as root"));
            found.edits = unprivileged(cx, stage, root, None);
            // What a private base runs as is not in the repository.
            if image != "scratch" && !is_root_by_default(&image) {
                found = found.confidence(Confidence::Low);
            }
            if root.span != stage.span {
                found = found.related(root.span, "the base");
            }
            cx.report(found);
        }
        _ => {}
    }
}

/// A `USER` for what starts: the one that the base brings, or a number, which needs no account. What is done
/// as root before stays so.
fn unprivileged(cx: &Check<'_>, stage: &Stage, root: &Stage, named: Option<Span>) -> Vec<Edit> {
    let image = root.image.known().map(|image| normal_name(&image)).unwrap_or_default();
    if ["windows", "nanoserver", "servercore"].iter().any(|word| image.contains(word)) {
        return Vec::new();
    }
    let Some(text) = cx.model.files.whole(stage.span.file) else { return Vec::new() };
    let user = if image == "node" { "node" } else { "10001:10001" };
    let builds = |step: &&crate::ir::Step| matches!(step.kind, StepKind::Run { .. } | StepKind::Copy { .. });
    let last_work = stage.steps.iter().filter(builds).map(|step| step.span.start).max().unwrap_or_default();
    match named {
        // Nothing is done as root after it.
        Some(span) if last_work < span.start => vec![Edit::Replace(span, format!("USER {user}"))],
        _ => {
            let starts = stage.steps.iter().filter(|step| matches!(step.kind, StepKind::Start { .. }) && !step.onbuild);
            let first = starts.map(|step| step.span.start).filter(|start| *start > last_work).min();
            let at = first.map_or(text.trim_end().len(), |start| start as usize);
            let place = Span::new(stage.span.file, at, at);
            let line = if first.is_some() { format!("USER {user}\n") } else { format!("\nUSER {user}") };
            vec![Edit::Replace(place, line)]
        }
    }
}

/// `root`, `0`, `0:0`, `root:app`.
fn is_root(user: &Text) -> bool {
    user.as_str().is_some_and(|user| matches!(user.split(':').next(), Some("root" | "0")))
}

/// An entry point that switches the user itself.
fn drops_root(stage: &Stage) -> bool {
    const TOOLS: [&str; 6] = ["gosu", "su-exec", "setpriv", "runuser", "s6-setuidgid", "s6-overlay"];
    let names_tool = |text: &Text| text.known().is_some_and(|text| TOOLS.iter().any(|tool| text.contains(tool)));
    stage.steps.iter().any(|step| match &step.kind {
        StepKind::Run { text, .. } => names_tool(text),
        StepKind::Start { words, .. } => words.iter().any(names_tool),
        StepKind::Copy { sources, .. } => sources.iter().any(names_tool),
        _ => false,
    })
}

/// A stage on `scratch` that starts nothing holds files for `docker build --output`.
fn is_artefact(chain: &[&Stage]) -> bool {
    let starts = chain.iter().flat_map(|stage| &stage.steps).any(|step| matches!(step.kind, StepKind::Start { .. }));
    !starts && chain.last().is_some_and(|root| root.image.as_str() == Some("scratch"))
}

/// Images of Docker's own library and the vendors' bases run as root unless the table says otherwise.
fn is_root_by_default(image: &str) -> bool {
    const VENDORS: [&str; 8] = [
        "gcr.io/distroless/",
        "mcr.microsoft.com/",
        "public.ecr.aws/docker/library/",
        "public.ecr.aws/amazonlinux/",
        "registry.access.redhat.com/",
        "nvidia/",
        "ghcr.io/astral-sh/",
        "oven/",
    ];
    VENDORS.iter().any(|vendor| image.starts_with(vendor)) || OFFICIAL.contains(image)
}

static OFFICIAL: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| tables::table("images").into_iter().flat_map(|table| table.texts("official")).collect());

fn normal_name(image: &str) -> String {
    let image = image.strip_prefix("docker.io/").or_else(|| image.strip_prefix("index.docker.io/")).unwrap_or(image);
    image.strip_prefix("library/").unwrap_or(image).to_owned()
}

/// A row of the table of images.
struct Row {
    image: GlobMatcher,
    tag: Option<GlobMatcher>,
}

static ROWS: LazyLock<[(&str, Vec<Row>); 2]> = LazyLock::new(|| ["unprivileged", "drops"].map(|section| (section, rows(section))));

fn rows(section: &str) -> Vec<Row> {
    let glob = |pattern: &str| GlobBuilder::new(pattern).build().ok().map(|glob| glob.compile_matcher());
    let table = tables::table("images").map(|table| table.list(section)).unwrap_or_default();
    table
        .iter()
        .filter_map(|row| {
            Some(Row { image: glob(row.text("image"))?, tag: Some(row.text("tag")).filter(|tag| !tag.is_empty()).and_then(glob) })
        })
        .collect()
}

fn matches_row(section: &str, image: &str, stage: &Stage) -> bool {
    let tag = stage.tag.value().and_then(|tag| tag.as_str().map(str::to_owned));
    ROWS.iter().filter(|(name, _)| *name == section).flat_map(|(_, rows)| rows).any(|row| {
        let fits = row.tag.as_ref().is_none_or(|wanted| match (&tag, &stage.tag) {
            (Some(tag), _) => wanted.is_match(tag),
            // A tag that is not settled may be the right one.
            (None, Field::Unknown { .. }) => true,
            (None, _) => false,
        });
        fits && row.image.is_match(image)
    })
}

/// The stages of the fact's file, in order.
fn stages_of<'m>(cx: &Check<'m>, fact: &Fact) -> Vec<&'m Stage> {
    cx.model
        .of_file(Kind::Stage, fact.span.file)
        .filter_map(|fact| if let FactKind::Stage(stage) = &fact.kind { Some(&**stage) } else { None })
        .collect()
}

/// A secret in the image: in `ENV`, `ARG` or `LABEL`, or in a file that is copied in.
pub(super) fn secret(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for step in &stage.steps {
        match &step.kind {
            StepKind::Env { key, value } | StepKind::Label { key, value } if names_secret(key) => {
                let Some(text) = value.as_text() else { continue };
                let instruction = if matches!(step.kind, StepKind::Env { .. }) { "ENV" } else { "LABEL" };
                if text.known().is_some_and(|text| is_filled_in(&text)) {
                    let found = cx.finding(fact, step.span, format!("`{instruction} {key}` holds a value that the image keeps"));
                    cx.report(found.subject(key.clone()));
                } else if let Some(argument) = passed_argument(stage, text) {
                    let what = format!("`{instruction} {key}` keeps the build argument `{argument}` in the image");
                    let found = cx.finding(fact, step.span, what).subject(key.clone());
                    cx.report(found);
                }
            }
            StepKind::Arg { key, value } if names_secret(key) => {
                let default = value.as_ref().and_then(|value| value.as_text()).and_then(Text::known);
                if default.as_deref().is_some_and(is_filled_in) {
                    let found = cx.finding(fact, step.span, format!("`ARG {key}` has a secret as its default"));
                    cx.report(found.subject(key.clone()));
                } else if default.is_none() && stage.ships && is_used_in_run(stage, key) {
                    let what = format!("`{key}` is passed as a build argument, which the image's history keeps");
                    cx.report(cx.finding(fact, step.span, what).severity(Severity::Medium).subject(key.clone()));
                }
            }
            StepKind::Copy { sources, .. } if stage.ships => {
                for source in sources.iter().filter_map(Text::as_str) {
                    if let Some(what) = secret_file(source).filter(|_| !is_harmless_here(cx, source)) {
                        let found = cx.finding(fact, step.span, format!("`{source}` is copied into the image: {what}"));
                        cx.report(found.subject(source));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The build argument without a value that a text hands on.
fn passed_argument(stage: &Stage, text: &Text) -> Option<String> {
    let [hole] = text.holes().collect::<Vec<_>>()[..] else { return None };
    let name = hole.as_ref()?.first();
    let declared = |step: &crate::ir::Step| matches!(&step.kind, StepKind::Arg { key, value: None } if key == name);
    (names_secret(name) && stage.steps.iter().any(declared)).then(|| name.to_owned())
}

/// Whether a `RUN` of the stage names a variable: only then does its value reach the history.
fn is_used_in_run(stage: &Stage, name: &str) -> bool {
    stage.steps.iter().any(|step| match &step.kind {
        StepKind::Run { text, .. } => text.known().is_some_and(|text| text.contains(name)),
        _ => false,
    })
}

/// Files that hold secrets by their nature, and what they hold.
fn secret_file(source: &str) -> Option<&'static str> {
    let lower = source.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    if name.contains("example") || name.contains("sample") || name.contains("template") || name.contains("dist") || name.ends_with(".pub") {
        return None;
    }
    match name {
        ".npmrc" | ".yarnrc.yml" => Some("it holds the registry's token"),
        ".netrc" | "_netrc" | ".git-credentials" | ".pypirc" | ".pgpass" | ".htpasswd" => Some("it holds passwords"),
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some("it is a private key"),
        ".aws" | ".ssh" | ".kube" | ".docker" | ".gnupg" | "kubeconfig" => Some("it holds credentials"),
        "credentials" if lower.contains(".aws/") => Some("it holds credentials"),
        _ if name == ".env" || (name.starts_with(".env.") && !name.ends_with(".test")) => Some("it holds the environment's secrets"),
        _ if name.ends_with(".tfstate") => Some("Terraform's state holds secrets in plain text"),
        _ => None,
    }
}

/// Whether the file is in the repository and no secret was found in it.
fn is_harmless_here(cx: &Check<'_>, source: &str) -> bool {
    let tail = source.trim_start_matches("./");
    let is_it = |path: &str| path == tail || path.strip_suffix(tail).is_some_and(|before| before.ends_with('/'));
    let mut here = cx.model.files.iter().filter(|(_, meta)| is_it(&meta.path)).peekable();
    here.peek().is_some() && !here.any(|(id, _)| cx.model.of(Kind::Secret).any(|fact| fact.span.file == id))
}

/// A base without a version.
pub(super) fn unpinned_image(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    let known = stage.image.known();
    let Some(image) = known.as_deref().filter(|image| stage.parent.is_none() && *image != "scratch") else { return };
    if !stage.digest.is_absent() {
        return;
    }
    match &stage.tag {
        Field::Absent => cx.report(cx.finding(fact, stage.span, format!("the base `{image}` has no tag, which means the latest"))),
        Field::Known { value, .. } if value.as_str() == Some("latest") => {
            cx.report(cx.finding(fact, stage.span, format!("the base `{image}:latest` is another image tomorrow")));
        }
        _ => {}
    }
}

/// `ADD https://…` takes what it gets.
pub(super) fn add_url(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for step in &stage.steps {
        let StepKind::Copy { sources, add: true, .. } = &step.kind else { continue };
        if step.flags.iter().any(|(name, _)| name == "checksum") {
            continue;
        }
        for source in sources {
            let is_git = source.ends(".git").is_yes() || source.contains(".git#").is_yes();
            if (source.starts("http://").is_yes() || source.starts("https://").is_yes()) && !is_git {
                cx.report(cx.finding(fact, step.span, format!("`ADD {source}` takes whatever the server sends")));
            }
        }
    }
}

/// A port that administers the machine.
pub(super) fn admin_port(cx: &mut Check<'_>, fact: &Fact, stage: &Stage) {
    for step in &stage.steps {
        let StepKind::Expose(ports) = &step.kind else { continue };
        for port in ports.iter().filter_map(Text::as_str) {
            let service = match port.split('/').next() {
                Some("22") => "SSH",
                Some("23") => "Telnet",
                Some("3389") => "remote desktop",
                Some("5900") => "VNC",
                _ => continue,
            };
            cx.report(cx.finding(fact, step.span, format!("port {port} is opened for {service}")));
        }
    }
}

/// `COPY` puts a file into the image in which a secret was found.
pub(super) fn copied_secret(cx: &mut Check<'_>) {
    let mut told = Vec::new();
    for fact in cx.model.of(Kind::Secret) {
        let FactKind::Secret(secret) = &fact.kind else { continue };
        let Some(copy) = secret.in_image else { continue };
        let place = (copy, fact.span.file);
        if secret.harmless.is_some() || secret.confidence == Confidence::Low || told.contains(&place) || told.len() > 1000 {
            continue;
        }
        told.push(place);
        let path = cx.model.files.path(fact.span.file);
        let found = cx.finding_about(path, copy, format!("`{path}` is copied into the image, and it holds {}", article(&secret.name)));
        // What else the image takes along may be needed in it; an environment is given when it starts.
        let is_environment = path.rsplit('/').next().is_some_and(|name| name == ".env" || name.starts_with(".env."));
        let ignore = cx.model.images.keep_out(path, copy).filter(|_| is_environment);
        let edits = ignore.map(|(path, line)| Edit::AddLine { path, line }).into_iter().collect();
        cx.report(found.related(secret.span, "the secret").edits(edits));
    }
}

fn article(name: &str) -> String {
    let vowel = name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {name}", if vowel { "an" } else { "a" })
}
