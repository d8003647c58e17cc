//! What is written on a route or a controller (decorators, attributes): guards that it names, and
//! metadata keys that it sets, through composites of the application's own.

use super::names::Names;
use crate::ir::{Call, FileId, Func, Map, Node, NodeKind, Ref};

/// How deep composites are followed.
const MAX_DEPTH: usize = 6;

/// The marker that takes a limit of calls away from a route.
pub(super) const NO_LIMIT: &str = "SkipThrottle";

/// What markers say.
#[derive(Debug, Clone, Default)]
pub(super) struct Markers<'a> {
    /// Guards that they name, with the marker that names them.
    pub guards: Vec<&'a Node>,
    /// Metadata keys that they set.
    pub keys: Vec<MarkerKey<'a>>,
    /// Markers whose meaning is not in the repository.
    pub unknown: Vec<&'a Ref>,
}

/// A metadata key that a marker sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct MarkerKey<'a> {
    /// The key as it is written where it is set.
    pub key: &'a Node,
    /// The marker's own name.
    pub marker: &'a str,
    /// Whether it is set to what the caller has to be (`@Allow('DeleteTag')`), which opens nothing whatever its name.
    pub demands: bool,
    /// Whether what it is set to asks nobody who they are, by its word: `@Auth(AuthType.None)`.
    pub everybody: bool,
}

impl MarkerKey<'_> {
    /// Whether it opens a route to everybody, rather than asking for more. `key` is what the key turns out to be.
    pub(super) fn opens(&self, key: &str) -> bool {
        !self.demands && (self.everybody || opens(key, self.marker))
    }
}

impl<'a> Markers<'a> {
    /// What `markers` say.
    pub(super) fn of(markers: &'a [Node], names: &Names<'a>) -> Self {
        let mut found = Self::default();
        for marker in markers {
            found.add(marker, names, MAX_DEPTH);
        }
        found
    }

    fn add(&mut self, marker: &'a Node, names: &Names<'a>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &marker.kind {
            NodeKind::Call(call) => self.add_call(marker, call, names, depth),
            NodeKind::Ref(name) => self.add_named(marker, marker.span.file, name, names, depth),
            NodeKind::List(items) | NodeKind::Op(_, items) => items.iter().for_each(|item| self.add(item, names, depth)),
            NodeKind::Func(func) => self.composed(marker, func, names, depth),
            _ => {}
        }
    }

    fn add_call(&mut self, marker: &'a Node, call: &'a Call, names: &Names<'a>, depth: usize) {
        match (call.callee.module().unwrap_or_default(), call.callee.last()) {
            (_, "UseGuards") | ("type-graphql", "UseMiddleware") => self.guards.extend(&call.args),
            // One of the application's own may ask who calls; those of libraries shape what is answered.
            (_, "UseInterceptors") => self.guards.extend(call.args.iter().filter(|used| intercepts(used, names))),
            ("type-graphql", "Authorized") => self.guards.push(marker),
            (_, "SetMetadata") if !sets_false(call) => {
                let demands = call.args.get(1).is_some_and(|value| value.as_bool().is_none());
                let everybody = call.args.get(1).is_some_and(asks_nobody);
                self.keys.extend(call.args.first().map(|key| MarkerKey { key, marker: call.callee.last(), demands, everybody }));
            }
            (_, "applyDecorators") => call.args.iter().for_each(|part| self.add(part, names, depth)),
            ("@nestjs/throttler", "SkipThrottle") if !switches_off(marker) => {
                self.keys.push(MarkerKey { key: marker, marker: NO_LIMIT, demands: false, everybody: false });
            }
            ("@fastify/rate-limit", "skip") => {
                self.keys.push(MarkerKey { key: marker, marker: NO_LIMIT, demands: false, everybody: false });
            }
            (module, _) if is_known(module) => {}
            _ => {
                let before = self.keys.len();
                self.add_named(marker, marker.span.file, &call.callee, names, depth);
                // `@Auth()` of `Auth(...roles)`, which others say a role with, sets nothing that its caller has to be.
                let takes = names.function_named(marker.span.file, &call.callee).is_some_and(|func| !func.params.is_empty());
                if call.args.is_empty() && takes {
                    let set = self.keys.split_off(before);
                    self.keys.extend(set.into_iter().filter(|key| !key.demands || opens("", call.callee.last_named())));
                }
                for key in &mut self.keys[before..] {
                    key.marker = call.callee.last_named();
                    key.demands &= !call.args.is_empty() && !call.args.iter().any(says_everybody);
                    key.everybody |= call.args.iter().any(asks_nobody);
                }
            }
        }
    }

    /// What a function makes a decorator of: what it returns, and what it collects before it is applied, as in
    /// `if (secured) decorators.push(Auth())`.
    fn composed(&mut self, marker: &'a Node, func: &'a Func, names: &Names<'a>, depth: usize) {
        // `descriptor.value = async function (…) { if (!known) throw new Unauthorized() … }`: it turns callers away itself.
        let is_composite = func.calls.iter().any(|call| call.callee.last() == "applyDecorators");
        if !func.denies.is_empty() && !is_composite {
            match called(marker).filter(|_| opens_by_option(marker)) {
                Some(name) => self.unknown.push(name),
                None => self.guards.push(marker),
            }
            return;
        }
        func.returns.iter().for_each(|returned| self.add(returned, names, depth));
        let Some(depth) = depth.checked_sub(1).filter(|_| !switches_off(marker)) else { return };
        let collected = func.calls.iter().filter(|call| names.function_named(func.span.file, &call.callee).is_some());
        collected.for_each(|call| self.add_named(marker, func.span.file, &call.callee, names, depth));
    }

    fn add_named(&mut self, marker: &'a Node, file: FileId, name: &'a Ref, names: &Names<'a>, depth: usize) {
        if is_known(name.module().unwrap_or_default()) {
            return;
        }
        match names.find(file, name).and_then(|found| found.value) {
            Some(value) => match &value.kind {
                NodeKind::Ref(other) if other == name => self.unknown.push(name),
                // `const Public = Reflector.createDecorator()`: the decorator is its own key.
                NodeKind::Call(made) if made.callee.last() == "createDecorator" => {
                    let given = marker.as_call().map(|call| call.args.as_slice()).unwrap_or_default();
                    let demands = given.iter().any(|value| value.as_bool().is_none() && !says_everybody(value));
                    let everybody = given.iter().any(asks_nobody);
                    self.keys.push(MarkerKey { key: marker, marker: name.last_named(), demands, everybody });
                }
                NodeKind::Func(func) => self.composed(marker, func, names, depth),
                _ => self.add(value, names, depth),
            },
            // `return descriptor`: what is decorated is no marker.
            None if name.first().contains("@@") => {}
            None => self.unknown.push(name),
        }
    }
}

/// `@ApiController('auth', false)`, `@ApiController({ path: 'auth', secured: false })`.
fn switches_off(marker: &Node) -> bool {
    let is_off = |node: &Node| node.as_bool() == Some(false);
    let says_off = |argument: &Node| is_off(argument) || argument.as_map().is_some_and(|map| map.pairs().any(|(_, value)| is_off(value)));
    marker.as_call().is_some_and(|call| call.args.iter().any(says_off))
}

/// The name of what decorates.
fn called(marker: &Node) -> Option<&Ref> {
    marker.as_ref().or_else(|| Some(&marker.as_call()?.callee))
}

/// `@Known({ bypass: true })`: the decorator that asks who calls may be told not to.
fn opens_by_option(marker: &Node) -> bool {
    let is_on = |map: &Map| map.pairs().any(|(key, value)| value.as_bool() == Some(true) && opens(key, ""));
    marker.as_call().is_some_and(|call| call.args.iter().filter_map(Node::as_map).any(is_on))
}

/// `SetMetadata('isPublic', false)` sets nothing that opens a route.
fn sets_false(call: &Call) -> bool {
    call.args.get(1).and_then(Node::as_bool) == Some(false)
}

/// Packages whose decorators say nothing about who may call, beside `UseGuards` and `SetMetadata`.
fn is_known(module: &str) -> bool {
    const KNOWN: &[&str] = &[
        "@nestjs/",
        "class-validator",
        "class-transformer",
        "nestjs-",
        "nestrs",
        "typeorm",
        "@golevelup/",
        "@ocoda/",
        "@willsoto/",
        "@sentry/",
        "@automapper/",
        "type-graphql",
        "@opentelemetry/",
        "nest-winston",
        "@ts-rest/",
        "@anatine/",
    ];
    KNOWN.iter().any(|known| module.starts_with(known)) && !matches!(module, "@nestjs/passport" | "nest-keycloak-connect")
}

/// Whether an interceptor has a method of the repository.
fn intercepts(used: &Node, names: &Names<'_>) -> bool {
    let class = used.as_ref().or_else(|| Some(&used.as_call().filter(|made| made.is_new)?.callee));
    class.is_some_and(|class| names.function_named(used.span.file, &class.child("intercept")).is_some())
}

/// `Permission.Public`, `'guest'`, `AuthType.None`: a value that asks nobody who they are, or of nobody to be known.
fn says_everybody(value: &Node) -> bool {
    asks_nobody(value) || is_one_of(value, &["guest", "optional"])
}

/// The same of a value that is no role which somebody may have.
fn asks_nobody(value: &Node) -> bool {
    is_one_of(value, &["public", "none", "anonymous", "everyone", "anyone", "unauthenticated"])
}

fn is_one_of(value: &Node, words: &[&str]) -> bool {
    let name = match &value.kind {
        NodeKind::List(items) => return items.iter().any(|item| is_one_of(item, words)),
        NodeKind::Ref(name) => name.last(),
        _ => value.as_str().unwrap_or_default(),
    };
    words.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Whether a key or the marker that sets it opens a route to everybody by its words.
pub(super) fn opens(key: &str, marker: &str) -> bool {
    const WORDS: &[&str] = &[
        "public",
        "skip",
        "anonym",
        "noauth",
        "optional",
        "open",
        "allow",
        "unauth",
        "guest",
        "bypass",
        "without",
        "noguard",
        "unprotected",
    ];
    [key, marker].iter().any(|name| {
        let name: String = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        WORDS.iter().any(|word| name.contains(word)) && !name.contains("allowedroles") && !name.contains("allowroles")
    })
}
