//! `seclint docs`: the source of the documentation site, an mdBook. The guides of `docs/` are taken as they are,
//! each line `{{…}}` of theirs is filled with what seclint itself knows, and every rule gets its page: nothing is
//! written twice, so nothing can grow stale.

mod page;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::{Answer, own_rules};
use crate::rules::Registry;
use crate::walk::read_guarded;
use tables::Known;

/// Bytes of a guide at the most.
const MAX_BYTES: u64 = 1 << 20;
/// The settings of mdBook, beside the guides.
const SETTINGS: &str = "book.toml";

/// Arguments of `docs`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder to write the book into; made if it is not there
    out: PathBuf,
    /// The folder of the guides
    #[arg(long, value_name = "FOLDER", default_value = "docs")]
    guides: PathBuf,
}

/// A book: the texts of its pages by their paths.
type Book = BTreeMap<String, String>;

pub(super) fn run(arguments: &Arguments, command: clap::Command) -> anyhow::Result<Answer> {
    let guides = guides(&arguments.guides)?;
    let book = book(&guides, &Known::new(Registry::default(), command))?;
    let settings = read(&arguments.guides.join(SETTINGS))?;
    write(&arguments.out.join(SETTINGS), &settings)?;
    for (path, text) in &book {
        write(&arguments.out.join("src").join(path), text)?;
    }
    let out = arguments.out.display();
    writeln!(anstream::stdout().lock(), "{} pages; `mdbook build {out}` makes the site of them", book.len())?;
    Ok(Answer::Clean)
}

/// The guides as they are written.
fn guides(folder: &Path) -> anyhow::Result<Book> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    own_rules::pages(folder)?.iter().map(|path| Ok((name(path), read(path)?))).collect()
}

fn read(path: &Path) -> anyhow::Result<String> {
    let failed = || format!("{}: can't be read", path.display());
    let mut bytes = Vec::new();
    read_guarded(path, MAX_BYTES, &mut bytes).with_context(failed)?;
    String::from_utf8(bytes).with_context(failed)
}

/// The guides, filled, and a page for each rule and each family of rules.
fn book(guides: &Book, known: &Known) -> anyhow::Result<Book> {
    let mut book = Book::new();
    for (path, text) in guides {
        book.insert(path.clone(), page::code_blocks(&filled(path, text, known)?));
    }
    for (family, rules) in known.families() {
        book.insert(tables::address_of_family(family), tables::family(family, &rules));
        book.extend(rules.iter().map(|rule| (tables::address(rule), page::of(rule))));
    }
    Ok(book)
}

/// A guide with its lines `{{…}}` replaced.
fn filled(path: &str, text: &str, known: &Known) -> anyhow::Result<String> {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.lines().enumerate() {
        let asked = line.strip_prefix("{{").and_then(|line| line.strip_suffix("}}"));
        let put =
            asked.map(|name| known.block(name).with_context(|| format!("{path}:{}: there is nothing to put for `{name}`", number + 1)));
        out.push_str(put.transpose()?.as_deref().unwrap_or(line));
        out.push('\n');
    }
    Ok(out)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("{}: can't be written", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    let mut file = std::fs::File::create(path).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)
}
