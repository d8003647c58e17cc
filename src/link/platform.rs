//! What holds for a whole repository of Terraform: settings of the account, and the versions of providers.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use crate::ir::{Fact, FactKind, Resource, ResourceMode};
use crate::source::Files;

/// The types of resources that there are, and the upper bounds of the providers' versions.
#[derive(Debug, Default)]
pub struct Platform {
    /// By root module and type.
    types: FxHashSet<(SmolStr, SmolStr)>,
    /// By folder and provider: the first major version that is not allowed.
    bounds: BTreeMap<(SmolStr, SmolStr), u32>,
}

impl Platform {
    /// Reads what the resources say.
    pub(super) fn new(files: &Files, facts: &[Fact]) -> Self {
        let mut platform = Self::default();
        for fact in facts {
            let FactKind::Resource(resource) = &fact.kind else { continue };
            if resource.ty == "required_providers" {
                platform.bound(folder(files, fact), resource);
            } else if resource.mode == ResourceMode::Managed && resource.attrs.get("enabled").is_none_or(|enabled| !enabled.truth().is_no())
            {
                platform.types.insert((resource.root().into(), resource.ty.clone()));
            }
        }
        platform
    }

    fn bound(&mut self, folder: &str, resource: &Resource) {
        let Some(map) = resource.attrs.as_map() else { return };
        for (name, value) in map.pairs() {
            let version = value.get("version").unwrap_or(value).as_str();
            if let Some(bound) = version.and_then(first_major_above) {
                self.bounds.insert((folder.into(), name.clone()), bound);
            }
        }
    }

    /// Whether a root module has a resource of a type, other than one that is switched off.
    pub fn has(&self, root: &str, ty: &str) -> bool {
        self.types.contains(&(root.into(), ty.into()))
    }

    /// Whether the folder of a resource provably takes a version of its provider before `major`.
    pub fn is_before(&self, files: &Files, fact: &Fact, resource: &Resource, major: u32) -> bool {
        let key = (folder(files, fact).into(), resource.provider.clone());
        self.bounds.get(&key).is_some_and(|bound| *bound <= major)
    }
}

fn folder<'f>(files: &'f Files, fact: &Fact) -> &'f str {
    crate::source::paths::folder_of(files.path(fact.span.file))
}

/// The first major version that a constraint of Terraform (`~> 4.5`, `>= 4, < 5.1`) rules out, from below.
fn first_major_above(constraint: &str) -> Option<u32> {
    let bounds = constraint.split(',').filter_map(|part| {
        let part = part.trim();
        let version = part.trim_start_matches(['~', '>', '<', '=', '!', ' ']);
        let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
        let major = numbers.next()?;
        match part.strip_suffix(version)?.trim() {
            // `~> 4.5` allows no 5, but `~> 4` does: only the last number may grow.
            "~>" if !version.contains('.') => None,
            "<" if numbers.all(|number| number == 0) => Some(major),
            "~>" | "=" | "" | "<=" | "<" => Some(major + 1),
            _ => None,
        }
    });
    bounds.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_have_an_upper_bound_or_none() {
        for (constraint, wanted) in [
            ("~> 5.0", Some(6)),
            ("~> 5.31.0", Some(6)),
            (">= 4.0, < 6.0.0", Some(6)),
            ("< 6.1", Some(7)),
            ("5.99.1", Some(6)),
            (">= 5.0", None),
            ("~> 5", None),
            ("!= 5.0", None),
            ("", None),
        ] {
            assert_eq!(first_major_above(constraint), wanted, "{constraint}");
        }
    }
}
