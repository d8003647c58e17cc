//! TypeScript and JavaScript: names, functions and the calls that some table knows.
//!
//! One pass collects what each name stands for ([`names::Module`]); expressions are then lowered to
//! [`crate::ir::Node`]s with imports applied. Frameworks' extractors read the same module.

mod adonis;
mod calls;
mod controllers;
mod dialect;
mod elysia;
mod env;
mod expr;
mod express;
mod fastify;
mod func;
mod gate;
mod graphql;
mod hapi;
mod headers;
mod hono;
mod koa;
mod loops;
mod names;
mod nestjs;
mod nextjs;
mod nitric;
mod oauth;
mod passes;
mod request;
mod routing;
mod serverless;
mod sinks;
mod symbols;
mod tables;
#[cfg(test)]
mod tests;
mod trpc;

use smol_str::SmolStr;

use super::Extract;
use crate::ir::Ref;
use crate::parse::typescript::{parse, script_of};
use crate::prefilter::Gate;
use crate::source::{FileKind, Src, is_packed};
use names::Module;

/// What a TypeScript or JavaScript file must name to be parsed.
const GATES: [Gate; 8] = [Gate::Nitric, Gate::CloudCode, Gate::JsRoutes, Gate::Jwt, Gate::Cors, Gate::JsNames, Gate::JsSinks, Gate::Sdk];

/// Reads the file's facts.
pub(super) fn extract(cx: &mut Extract<'_>) {
    let path = &cx.file.path;
    let is_wanted = cx.gates.has_any(&GATES)
        || nextjs::role(path).is_some()
        || env::is_settings(path)
        || env::is_named_in(cx)
        || serverless::is_service(path)
        || gate::may_tell_secrets(&cx.file.text)
        || cx.gates.has(Gate::Random) && gate::may_be_guessed(&cx.file.text)
        || is_barrel(path, &cx.file.text);
    if !is_wanted || is_declaration(path) || is_unit_test(path, &cx.file.text) || is_packed(path, &cx.file.text) {
        return;
    }
    let file = cx.file;
    let script;
    let src = if file.kind == FileKind::Component {
        script = script_of(&file.text);
        Src::embedded(file.id, &script, &[])
    } else {
        file.src()
    };
    let tree = cx.take(parse(&src, file.kind));
    let module = Module::new(&tree);
    if cx.gates.has(Gate::JsRoutes) || nextjs::role(&cx.file.path).is_some() {
        if !adonis::extract(cx, &module) {
            routing::extract(cx, &module);
        }
        nestjs::extract(cx, &module);
        controllers::extract(cx, &module);
        nextjs::extract(cx, &module);
        trpc::extract(cx, &module);
        graphql::extract(cx, &module);
    }
    let functions = calls::emit(&module, cx);
    let handed = sinks::emit(&module, cx);
    headers::emit(&module, cx);
    oauth::emit(&module, cx);
    env::emit(&module, cx);
    if cx.gates.has(Gate::Nitric) {
        nitric::emit(&module, cx);
    }
    if serverless::is_service(&cx.file.path) {
        serverless::emit(&module, cx);
    }
    cx.out.symbols = module.symbols();
    cx.out.symbols.functions = functions;
    cx.out.symbols.handed = handed;
}

/// Whether a file declares what others define: it has no values.
fn is_declaration(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a file tests others, by its name and its text: the servers, keys and requests in it are made up,
/// nothing imports it, and tests are up to half of what would be parsed. Secrets are found in its text.
fn is_unit_test(path: &str, text: &str) -> bool {
    let mut parts = path.rsplit('/').next().unwrap_or(path).split('.').skip(1);
    parts.any(|part| matches!(part, "test" | "spec" | "e2e-spec" | "cy"))
        && ["describe(", "it(", "test("].iter().any(|call| text.contains(call))
}

/// Whether a file only hands on what its neighbours define: `module.exports = { auth }` in `index.js`, a list of
/// them anywhere.
fn is_barrel(path: &str, text: &str) -> bool {
    const LONGEST: usize = 4_096;
    let name = path.rsplit('/').next().unwrap_or(path);
    let has = |word: &str| text.contains(word);
    text.len() <= LONGEST
        && (has("module.exports = [") && has("require(")
            || has("export default [") && has("import ")
            || name.starts_with("index.") && (has("module.exports") && has("require(") || has("export default {") && has("import ")))
}

/// A binding as people call it: without the place that tells it from others of its name.
fn shown(binding: &Ref) -> SmolStr {
    let name = binding.path.join(".");
    SmolStr::new(name.split(['@', '#']).find(|part| !part.is_empty()).unwrap_or(&name))
}
