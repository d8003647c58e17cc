//! From paths to a linked model, for the commands that show what was read rather than findings.

use std::path::PathBuf;

use super::working_folder;
use crate::engine::Session;
use crate::ir::Depth;
use crate::link::Model;
use crate::scan::{self, Reading};
use crate::walk::{self, Targets};

/// Everything below `paths`, linked together.
pub(super) fn model_of(paths: &[PathBuf]) -> anyhow::Result<(Session, Model)> {
    let targets = Targets::of(paths, &working_folder()?)?;
    let options = walk::Options::default();
    let tree = walk::walk(&targets, &options)?;
    let pool = scan::pool(0)?;
    let scanned = scan::scan(tree, Reading::once(options.max_bytes, Depth::Structure), &pool, &|| {});
    let model = pool.install(|| scanned.session.model());
    Ok((scanned.session, model))
}
