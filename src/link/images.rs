//! What images copy of the repository: `COPY . .` without a `.dockerignore` ships the `.env` beside it.
//! What only a build stage takes does not ship.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};
use rustc_hash::FxHashMap;

use super::Linker;
use crate::ir::{FactKind, FileId, Kind, Node, Span, Stage, StepKind};
use crate::source::{FileKind, Files};

/// Secrets times copies that are compared at the most.
const MAX_COMPARED: usize = 1_000_000;

/// Places in the stages of one Dockerfile that a path is followed to at the most.
const MAX_PLACES: usize = 200;

/// Every Dockerfile with what it copies: asks which instruction takes a path, be there a file or not.
#[derive(Debug, Default)]
pub struct Images(Vec<Image>);

/// An instruction that copies a path out of the build's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The `COPY` or `ADD`.
    pub at: Span,
    /// Whether it gets into what ships, be it through stages in between; else a build stage alone has it.
    pub ships: bool,
}

impl Images {
    /// The instruction that copies a path of the repository and that no `.dockerignore` keeps it from; of
    /// several, the first that ships.
    pub fn take(&self, path: &str) -> Option<Taken> {
        let mut taken = self.0.iter().filter_map(|image| image.takes(path));
        let first = taken.next()?;
        if first.ships { Some(first) } else { taken.find(|other| other.ships).or(Some(first)) }
    }

    /// The ignore file of the build in which an instruction stands, be it there or not, and the line in it that
    /// keeps a path of the repository out.
    pub fn keep_out(&self, path: &str, instruction: Span) -> Option<(String, String)> {
        let holds = |image: &&Image| image.stages.iter().any(|stage| stage.steps.iter().any(|copy| copy.span == instruction));
        let image = self.0.iter().find(holds)?;
        let plain = |character: char| character.is_alphanumeric() || "._-/ @+".contains(character);
        let inside = path.strip_prefix(&*image.context).filter(|inside| inside.chars().all(plain))?;
        Some((image.ignore_file.clone(), inside.to_owned()))
    }

    /// Whether a path lies in the context of a build whose `.dockerignore` keeps it out of every image.
    pub fn ignore(&self, path: &str) -> bool {
        self.0.iter().any(|image| path.strip_prefix(&*image.context).is_some_and(|inside| image.ignores(inside)))
    }
}

/// Says of each secret which instruction copies its file into an image that ships, be it through stages
/// in between.
pub(super) fn link(linker: &mut Linker) -> Images {
    let images = Images(images(linker));
    let steps: usize = images.0.iter().flat_map(|image| &image.stages).map(|stage| stage.steps.len()).sum();
    let mut budget = MAX_COMPARED;
    for fact in &mut linker.facts {
        let FactKind::Secret(secret) = &mut fact.kind else { continue };
        budget = budget.saturating_sub(steps);
        if budget == 0 {
            break;
        }
        // The source of a program is meant to be in its image; what it holds is told where it stands.
        if !linker.files.get(fact.span.file).is_some_and(|meta| is_settings(meta.kind)) {
            continue;
        }
        secret.in_image = images.take(linker.files.path(fact.span.file)).filter(|taken| taken.ships).map(|taken| taken.at);
    }
    images
}

/// Files that hold settings and keys.
fn is_settings(kind: FileKind) -> bool {
    matches!(kind, FileKind::Dotenv | FileKind::Pem | FileKind::Ini | FileKind::NatsConf)
}

/// A Dockerfile, reduced to what it copies.
#[derive(Debug)]
struct Image {
    /// The folder of the context, with a `/` behind it; empty for the root.
    context: String,
    /// Where what is kept out of the context is written.
    ignore_file: String,
    ignored: Vec<Pattern>,
    stages: Vec<Copies>,
}

/// What a stage copies.
#[derive(Debug)]
struct Copies {
    ships: bool,
    parent: Option<usize>,
    steps: Vec<Copy>,
}

/// A `COPY` or `ADD`.
#[derive(Debug)]
struct Copy {
    /// The stage that it copies from; none for the build's context.
    from: Option<usize>,
    sources: Vec<(String, GlobMatcher)>,
    /// Where it puts them: an absolute path, with a `/` behind it for a folder. Unknown with a hole in it.
    target: Option<String>,
    span: Span,
}

impl Image {
    /// The instruction that takes a path of the repository; one on the way into what ships goes first.
    fn takes(&self, path: &str) -> Option<Taken> {
        let inside = path.strip_prefix(&self.context)?;
        if self.ignores(inside) {
            return None;
        }
        let mut in_build = None;
        for (at, stage) in self.stages.iter().enumerate() {
            for copy in stage.steps.iter().filter(|copy| copy.from.is_none() && copy.takes(inside)) {
                let ships = stage.ships || copy.lands(inside).is_some_and(|place| self.reaches(at, place));
                if ships {
                    return Some(Taken { at: copy.span, ships });
                }
                in_build = in_build.or(Some(Taken { at: copy.span, ships }));
            }
        }
        in_build
    }

    /// Whether what lies at `place` in a stage gets into one that ships, through stages in between.
    fn reaches(&self, stage: usize, place: String) -> bool {
        let mut seen: BTreeSet<(usize, String)> = BTreeSet::from([(stage, place)]);
        let mut open: Vec<(usize, String)> = seen.iter().cloned().collect();
        while let Some((stage, place)) = open.pop() {
            let inside = place.trim_start_matches('/');
            for (at, next) in self.stages.iter().enumerate().skip(stage + 1) {
                let inherited = (next.parent == Some(stage)).then(|| Some(place.clone()));
                let copies = next.steps.iter().filter(|copy| copy.from == Some(stage) && copy.takes(inside));
                for lands in inherited.into_iter().chain(copies.map(|copy| copy.lands(inside))) {
                    if next.ships {
                        return true;
                    }
                    if let Some(place) = lands.filter(|_| seen.len() < MAX_PLACES)
                        && seen.insert((at, place.clone()))
                    {
                        open.push((at, place));
                    }
                }
            }
        }
        false
    }

    /// The last pattern that matches the path or a folder above it decides.
    fn ignores(&self, path: &str) -> bool {
        self.ignored.iter().rev().find(|pattern| matches_with_parents(&pattern.glob, path)).is_some_and(|pattern| !pattern.negated)
    }
}

impl Copy {
    fn takes(&self, path: &str) -> bool {
        self.sources.iter().any(|(_, source)| matches_with_parents(source, path))
    }

    /// Where it puts a file that it takes: what a folder holds goes into the target, a file keeps its name
    /// if the target is a folder.
    fn lands(&self, path: &str) -> Option<String> {
        let target = self.target.as_deref()?;
        let (source, _) = self.sources.iter().find(|(_, source)| matches_with_parents(source, path))?;
        let below = if source.is_empty() { Some(path) } else { path.strip_prefix(source.as_str()).and_then(|rest| rest.strip_prefix('/')) };
        let folder = target.trim_end_matches('/');
        Some(match below {
            Some(below) => format!("{folder}/{below}"),
            None if target.ends_with('/') || self.sources.len() > 1 => format!("{folder}/{}", path.rsplit('/').next().unwrap_or(path)),
            None => folder.to_owned(),
        })
    }
}

/// A line of `.dockerignore`.
#[derive(Debug)]
struct Pattern {
    glob: GlobMatcher,
    /// `!x`: not ignored after all.
    negated: bool,
}

/// Whether a pattern names a path, or a folder that holds it.
fn matches_with_parents(glob: &GlobMatcher, path: &str) -> bool {
    glob.is_match(path) || path.match_indices('/').any(|(at, _)| glob.is_match(&path[..at]))
}

/// A pattern as Docker reads it: from the context's root, `*` within a folder, `**` across folders.
fn glob(pattern: &str) -> Option<GlobMatcher> {
    let pattern = match plain(pattern) {
        "" => "**",
        pattern => pattern,
    };
    Some(GlobBuilder::new(pattern).literal_separator(true).build().ok()?.compile_matcher())
}

fn images(linker: &Linker) -> Vec<Image> {
    let mut stages: Vec<&Stage> =
        linker.facts.iter().filter_map(|fact| if let FactKind::Stage(stage) = &fact.kind { Some(&**stage) } else { None }).collect();
    stages.sort_by_key(|stage| stage.span);
    let mut images = Vec::new();
    for file in stages.chunk_by(|a, b| a.span.file == b.span.file) {
        let Some(id) = file.first().map(|stage| stage.span.file) else { continue };
        let context = context(&linker.files, id, file);
        let ignore_file = ignore_file(&linker.files, id, &context);
        let ignored = patterns(linker, &ignore_file);
        let names = Names::of(file);
        let mut folders: Vec<Option<String>> = Vec::new();
        let mut copied = Vec::new();
        for stage in file {
            let inherited = stage.parent.and_then(|parent| folders.get(parent).cloned());
            let mut folder = inherited.unwrap_or_else(|| Some("/".to_owned()));
            let mut copies = Vec::new();
            for step in stage.steps.iter().filter(|step| !step.onbuild) {
                match &step.kind {
                    StepKind::Workdir(text) => folder = text.as_str().and_then(|path| Some(join(folder.as_deref()?, path))),
                    StepKind::Copy { sources, target, from, .. } => {
                        let from = match from {
                            None => None,
                            Some(name) => match name.as_str().and_then(|name| names.find(name)) {
                                Some(index) => Some(index),
                                // Another image: nothing of the repository comes from there.
                                None => continue,
                            },
                        };
                        let sources =
                            sources.iter().filter_map(|source| Some((plain(source.as_str()?).to_owned(), glob(source.as_str()?)?)));
                        let target = target.as_str().and_then(|path| Some(join(folder.as_deref()?, path)));
                        copies.push(Copy { from, sources: sources.collect(), target, span: step.span });
                    }
                    _ => {}
                }
            }
            folders.push(folder);
            copied.push(Copies { ships: stage.ships, parent: stage.parent, steps: copies });
        }
        images.push(Image { context, ignore_file, ignored, stages: copied });
    }
    images
}

/// The stages of a file by their names, which are compared without case.
struct Names {
    first: FxHashMap<String, usize>,
    count: usize,
}

impl Names {
    fn of(stages: &[&Stage]) -> Self {
        let mut first = FxHashMap::default();
        for (at, stage) in stages.iter().enumerate() {
            if let Some(name) = &stage.name {
                first.entry(name.to_ascii_lowercase()).or_insert(at);
            }
        }
        Self { first, count: stages.len() }
    }

    /// The stage of a name or number.
    fn find(&self, name: &str) -> Option<usize> {
        let by_name = self.first.get(&name.to_ascii_lowercase()).copied();
        by_name.or_else(|| name.parse().ok().filter(|index| *index < self.count))
    }
}

/// A path inside an image, from the folder in force.
fn join(folder: &str, path: &str) -> String {
    let path = path.trim_start_matches("./");
    match path {
        "." | "" => format!("{}/", folder.trim_end_matches('/')),
        _ if path.starts_with('/') => path.to_owned(),
        _ => format!("{}/{path}", folder.trim_end_matches('/')),
    }
}

/// A source without what says nothing: `./src/` is `src`, `.` is all.
fn plain(source: &str) -> &str {
    match source.trim().trim_start_matches("./").trim_matches('/') {
        "." => "",
        other => other,
    }
}

/// The final stage of a file and those that it builds on.
pub fn shipped<'s>(stages: &[&'s Stage]) -> Vec<&'s Stage> {
    let mut found = Vec::new();
    let mut next = stages.iter().position(|stage| stage.is_final);
    while let Some(stage) = next.and_then(|index| stages.get(index)) {
        found.push(*stage);
        // A parent stands before its child, so this ends.
        next = stage.parent.filter(|parent| *parent < stage.index);
    }
    found
}

/// The folder that is sent to the builder: the Dockerfile's own, unless what it copies stands only at
/// the root (`docker build -f docker/Dockerfile .`).
fn context(files: &Files, id: FileId, stages: &[&Stage]) -> String {
    let path = files.path(id);
    let Some((folder, _)) = path.rsplit_once('/') else { return String::new() };
    let own = format!("{folder}/");
    let named = stages.iter().flat_map(|stage| &stage.steps).filter_map(|step| match &step.kind {
        StepKind::Copy { sources, from: None, .. } => Some(sources),
        _ => None,
    });
    for source in named.flatten().filter_map(|source| source.as_str()) {
        let source = source.trim_start_matches("./").trim_matches('/');
        if source.is_empty() || source == "." || source.contains('*') {
            continue;
        }
        let stands_in = |folder: &str| {
            let path = format!("{folder}{source}");
            files.find(&path).is_some() || files.below(&format!("{path}/")).next().is_some()
        };
        match (stands_in(&own), stands_in("")) {
            (false, true) => return String::new(),
            (true, _) => return own,
            (false, false) => {}
        }
    }
    own
}

/// `Dockerfile.dockerignore` beside the Dockerfile, else `.dockerignore` of the context.
fn ignore_file(files: &Files, dockerfile: FileId, context: &str) -> String {
    let own = format!("{}.dockerignore", files.path(dockerfile));
    if files.find(&own).is_some() { own } else { format!("{context}.dockerignore") }
}

/// The lines of an ignore file; none if it is not there.
fn patterns(linker: &Linker, ignore_file: &str) -> Vec<Pattern> {
    let Some(id) = linker.files.find(ignore_file) else { return Vec::new() };
    let is_list = |fact: &&crate::ir::Fact| fact.kind.kind() == Kind::Resource && fact.span.file == id;
    let Some(FactKind::Resource(list)) = linker.facts.iter().find(is_list).map(|fact| &fact.kind) else { return Vec::new() };
    let lines = list.attrs.as_list().unwrap_or_default().iter().filter_map(Node::as_str);
    lines
        .filter_map(|line| {
            let (negated, pattern) = line.strip_prefix('!').map_or((false, line), |pattern| (true, pattern));
            Some(Pattern { glob: glob(pattern)?, negated })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::engine::Session;
    use crate::ir::FactKind;

    /// Whether the secret of each file is in an image.
    fn in_image(files: &[(&str, &str)], secrets: &[&str]) -> Vec<bool> {
        let mut session = Session::default();
        for (path, text) in files {
            session.set_file(path, text);
        }
        for path in secrets {
            session.set_file(path, "DB_PASSWORD=Tr0ub4dor-and-3\n");
        }
        let model = session.model();
        let shipped = |path: &&str| {
            let id = model.files.find(path).unwrap();
            let mut found = model.facts.iter().filter(|fact| fact.span.file == id);
            found.any(|fact| matches!(&fact.kind, FactKind::Secret(secret) if secret.in_image.is_some()))
        };
        secrets.iter().map(shipped).collect()
    }

    #[test]
    fn copies_apply_the_ignore_file() {
        let docker = ("app/Dockerfile", "FROM a\nCOPY . .\n");
        assert_eq!(in_image(&[docker], &["app/.env", ".env", "app/x/.env"]), [true, false, true]);
        let ignore = ("app/.dockerignore", "# c\n*.env\n**/.env\n!x/.env\n");
        assert_eq!(in_image(&[docker, ignore], &["app/.env", "app/x/.env", "app/y/.env"]), [false, true, false]);
        let folder = ("app/.dockerignore", "conf\n");
        assert_eq!(in_image(&[docker, folder], &["app/conf/a/.env"]), [false]);
    }

    #[test]
    fn only_what_ships_counts() {
        let multi = ("Dockerfile", "FROM a AS build\nCOPY . .\nFROM b\nCOPY --from=build /x /y\nCOPY conf/ /conf\n");
        assert_eq!(in_image(&[multi], &[".env", "conf/.env"]), [false, true]);
        let whole = (
            "Dockerfile",
            "FROM a AS build\nWORKDIR /app\nCOPY . .\nFROM build AS thin\nRUN x\nFROM b\nWORKDIR /srv\nCOPY --from=thin /app .\n",
        );
        assert_eq!(in_image(&[whole], &[".env", "x/.env"]), [true, true]);
        let part = (
            "Dockerfile",
            "FROM a AS build\nWORKDIR /app\nCOPY . .\nFROM b\nCOPY --from=build /app/conf /srv\nCOPY --from=other /app /x\n",
        );
        assert_eq!(in_image(&[part], &[".env", "conf/.env"]), [false, true]);
        let root = ("docker/Dockerfile", "FROM a\nCOPY package.json .\nCOPY . .\n");
        assert_eq!(in_image(&[root, ("package.json", "{}")], &[".env"]), [true]);
    }
}
