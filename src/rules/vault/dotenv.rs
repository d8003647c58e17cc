//! Files of variables on their way to where they should not be: into the next commit, into an image.

use std::collections::BTreeSet;

use crate::finding::Edit;
use crate::ir::{FactKind, Kind, Span, StepKind, Text};
use crate::link::Model;
use crate::lower::variable::{is_filled_in, names_secret};
use crate::rules::Check;

/// A file of variables that holds secrets, and that neither git tracks nor an ignore file names.
pub(in crate::rules) fn not_ignored(cx: &mut Check<'_>) {
    let mut told = BTreeSet::new();
    for fact in cx.model.of(Kind::EnvEntry) {
        let FactKind::EnvEntry(entry) = &fact.kind else { continue };
        let Some(meta) = cx.model.files.get(fact.span.file) else { continue };
        let is_open = entry.place == "dotenv" && meta.tracked == Some(false) && meta.ignored == Some(false);
        let is_secret = || names_secret(&entry.key) && entry.value.as_str().is_some_and(is_filled_in);
        if is_open && !meta.class.example && is_secret() && told.insert(fact.span.file) {
            let what = format!("no `.gitignore` names `{}`, which holds `{}`: the next `git add .` commits it", meta.path, entry.key);
            let ignore = Edit::AddLine { path: ".gitignore".to_owned(), line: pattern_of(&meta.path) };
            cx.report(cx.finding_about(&meta.path, fact.span, what).edits(vec![ignore]));
        }
    }
}

/// An image takes the folder in which everybody keeps a file of variables, as an example of it says.
pub(in crate::rules) fn in_build_context(cx: &mut Check<'_>) {
    let mut told = BTreeSet::new();
    let model = cx.model;
    let secrets: BTreeSet<_> = model.of(Kind::Secret).map(|fact| fact.span.file).collect();
    let asks = |kind: &FactKind| match kind {
        FactKind::EnvEntry(entry) => entry.place == "dotenv" && names_secret(&entry.key) && entry.value.as_bool().is_none(),
        _ => false,
    };
    let asking: BTreeSet<_> = model.of(Kind::EnvEntry).filter(|fact| asks(&fact.kind)).map(|fact| fact.span.file).collect();
    for id in asking {
        let Some(meta) = model.files.get(id).filter(|meta| meta.class.example && !meta.class.test) else { continue };
        let (folder, name) = meta.path.rsplit_once('/').map_or(("", &*meta.path), |(folder, name)| (folder, name));
        if !name.starts_with(".env") {
            continue;
        }
        let own = if folder.is_empty() { ".env".to_owned() } else { format!("{folder}/.env") };
        // A file that is there is judged by what it holds.
        if model.files.find(&own).is_some_and(|own| secrets.contains(&own)) {
            continue;
        }
        let Some(taken) = model.images.take(&own).filter(|taken| taken.ships) else { continue };
        if !is_copied_by_name(model, taken.at) && told.insert(taken.at) {
            let what = format!(
                "the image takes `{own}` along, which `{}` asks everybody to fill in, and no `.dockerignore` keeps it out",
                meta.path
            );
            let ignore = model.images.keep_out(&own, taken.at).map(|(path, line)| Edit::AddLine { path, line });
            let found = cx.finding_about(&own, taken.at, what).related(Span::new(id, 0, 0), "the example");
            let found = found.edits(ignore.into_iter().collect());
            cx.report_by_place(found);
        }
    }
}

/// The line of `.gitignore` that names a file: one at the top wherever else a file of its name lies.
fn pattern_of(path: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
    let escaped: String = path.chars().flat_map(|character| [(!is_plain(character)).then_some('\\'), Some(character)]).flatten().collect();
    if path.contains('/') { format!("/{escaped}") } else { escaped }
}

/// `COPY .env .`: `dockerfile-secret` tells that.
fn is_copied_by_name(model: &Model, at: Span) -> bool {
    let names_it = |source: &str| source.rsplit('/').next().is_some_and(|name| name.starts_with(".env"));
    let copies = |step: &StepKind| match step {
        StepKind::Copy { sources, .. } => sources.iter().filter_map(Text::as_str).any(names_it),
        _ => false,
    };
    model.of(Kind::Stage).any(|fact| match &fact.kind {
        FactKind::Stage(stage) => stage.steps.iter().any(|step| step.span == at && copies(&step.kind)),
        _ => false,
    })
}
