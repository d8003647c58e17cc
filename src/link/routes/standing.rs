//! A guard in force where the walk stands, and for which routes it holds.

use smol_str::SmolStr;

use super::except::Except;
use super::judge::Verdict;
use super::path::{Cover, covers};
use crate::ir::{Guard, GuardScope, Route, Text, Tri};

/// A guard in force.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// The guard.
    pub guard: Guard,
    /// What it does.
    pub verdict: Verdict,
    /// The full path that it covers and the methods; `None` for everything in its scope.
    pub only: Option<(Text, Vec<SmolStr>)>,
    /// How its path is read.
    pub cover: Cover,
    /// The routes that it leaves out.
    pub except: Option<Except>,
    /// Where it is registered, by the fact's index.
    pub fact: Option<usize>,
}

impl Standing {
    /// Whether it runs for a route.
    pub(super) fn holds(&self, route: &Route) -> Tri {
        if self.guard.service.is_none()
            && self.guard.scope != GuardScope::Controller
            && route.framework.starts_with("next")
            && route.methods.iter().any(|method| method == "ACTION")
        {
            // A server action is called through any page that brings it: what guards some paths alone guards no
            // action, and of what guards the front page too, it can't be told.
            let front = Text::lit("/", self.guard.span);
            let is_everywhere = self.only.as_ref().is_none_or(|(pattern, _)| !covers(pattern, &front, self.cover).is_no());
            return if is_everywhere { Tri::Maybe } else { Tri::No };
        }
        let left_out = self.except.as_ref().map_or(Tri::No, |except| except.holds(route));
        let Some((pattern, methods)) = &self.only else { return !left_out };
        if !methods.is_empty() && !route.methods.iter().any(|method| methods.contains(method)) {
            return Tri::No;
        }
        covers(pattern, &route.path, self.cover).and(!left_out)
    }
}

/// The guard with what was found out about it.
pub(super) fn told(mut guard: Guard, verdict: &Verdict) -> Guard {
    guard.authn = verdict.authn;
    guard.authz = verdict.authz;
    guard.rate_limit = verdict.rate_limit;
    guard.headers = verdict.headers;
    guard.csrf = verdict.csrf;
    guard.escapes = verdict.escapes.is_yes();
    guard
}

/// How far a guard reaches, for people.
pub(super) fn reach_words(scope: &GuardScope) -> &'static str {
    match scope {
        GuardScope::App => "global",
        GuardScope::Module => "module",
        GuardScope::Prefix(..) => "by path",
        GuardScope::Controller => "router",
        GuardScope::Route => "route",
    }
}
