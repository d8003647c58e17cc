//! The routes that a guard leaves out by its own word: `jwt(…).unless({ path: ['/login'] })` of express-unless
//! and koa-unless, `except('/public/*', guard)` of Hono.

use smol_str::SmolStr;

use super::names::Names;
use super::path::{Cover, covers};
use crate::ir::{Call, Held, Node, NodeKind, Route, Text, Tri};

/// What is left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Except {
    paths: Vec<(Pattern, Vec<SmolStr>)>,
    /// Parts of the paths that alone are not left out.
    only: Vec<SmolStr>,
    /// Methods of which every path is left out.
    methods: Vec<SmolStr>,
    /// Whether more may be left out than is seen.
    open: bool,
    /// Whether the application may stand below a path of its own that the paths leave out.
    below: bool,
}

/// A path as it is left out.
#[derive(Debug, Clone)]
enum Pattern {
    /// This path, or those of a wildcard.
    Path(Text),
    /// What begins so, or is so.
    Begins(String, bool),
    /// What has it somewhere.
    Has(String),
    /// It can't be told.
    Unknown,
}

impl Except {
    /// What a guard leaves out, if it leaves anything out.
    pub(super) fn of<'a>(guard: &'a Node, names: &Names<'a>) -> Option<Self> {
        if let Some(func) = names.function(guard).filter(|func| !func.only_for.is_empty()) {
            return Some(Self { only: func.only_for.clone(), ..Self::default() });
        }
        if let Some(func) = names.function(guard).filter(|func| !func.left_out.is_empty()) {
            let mut found = Self::default();
            func.left_out.iter().for_each(|left| found.left_out(names.chase(&left.paths), left.held, names));
            return Some(found);
        }
        let call = guard.as_call()?;
        let mut found = Self::default();
        match (call.callee.module(), call.callee.last()) {
            (Some("hono/combine"), "except") => call.args.first().into_iter().for_each(|path| found.add(names.chase(path), &[], names)),
            (Some("@nestjs/common"), "exclude") => {
                found.below = true;
                call.args.iter().skip(1).for_each(|path| found.excluded(names.chase(path), names));
            }
            (_, "unless") => found.unless(call, names),
            _ => return None,
        }
        Some(found)
    }

    /// `exclude('health', { path: 'login', method: RequestMethod.POST })` of NestJS.
    fn excluded(&mut self, path: &Node, names: &Names<'_>) {
        let method = path.get("method").and_then(Node::as_ref).map(|method| SmolStr::new(method.last().to_ascii_uppercase()));
        let methods: Vec<SmolStr> = method.filter(|method| method != "ALL").into_iter().collect();
        self.add(path.get("path").unwrap_or(path), &methods, names);
    }

    /// What a middleware lets through itself.
    fn left_out(&mut self, paths: &Node, held: Held, names: &Names<'_>) {
        match &paths.kind {
            NodeKind::List(items) => items.iter().for_each(|item| self.left_out(names.chase(item), held, names)),
            // `new Set([…])`.
            NodeKind::Call(call) if call.is_new && call.args.len() == 1 => self.left_out(names.chase(&call.args[0]), held, names),
            NodeKind::Text(text) => self.paths.push((
                match (held, text.as_str()) {
                    (Held::Whole, _) => Pattern::Path(text.clone()),
                    (Held::Beginning, Some(text)) => Pattern::Begins(text.to_owned(), false),
                    (Held::Somewhere, Some(text)) => Pattern::Has(text.to_owned()),
                    _ => Pattern::Unknown,
                },
                Vec::new(),
            )),
            _ => self.open = true,
        }
    }

    fn unless(&mut self, call: &Call, names: &Names<'_>) {
        let Some(options) = call.args.first().map(|options| names.chase(options)).and_then(Node::as_map) else {
            self.open = true;
            return;
        };
        self.open |= options.is_open() || options.get("custom").is_some() || options.get("ext").is_some();
        if let Some(path) = options.get("path") {
            self.add(names.chase(path), &[], names);
        }
        for methods in ["method", "methods"].iter().filter_map(|key| options.get(key)) {
            self.methods.extend(texts(methods));
        }
    }

    fn add(&mut self, path: &Node, methods: &[SmolStr], names: &Names<'_>) {
        let pattern = match &path.kind {
            NodeKind::List(items) => {
                for item in items {
                    self.add(names.chase(item), methods, names);
                }
                return;
            }
            NodeKind::Map(map) => {
                let own: Vec<SmolStr> = map.get("methods").map(texts).unwrap_or_default();
                match map.get("url") {
                    Some(url) => self.add(names.chase(url), &own, names),
                    None => self.open = true,
                }
                return;
            }
            NodeKind::Text(text) => Pattern::Path(text.clone()),
            NodeKind::Call(call) if call.callee.last() == "RegExp" => {
                call.args.first().and_then(Node::as_str).map_or(Pattern::Unknown, Pattern::of_expression)
            }
            _ => Pattern::Unknown,
        };
        self.paths.push((pattern, methods.to_vec()));
    }

    /// Whether a route is left out.
    pub(super) fn holds(&self, route: &Route) -> Tri {
        if !self.only.is_empty() {
            let Some(path) = route.path.known() else { return Tri::Maybe };
            let has = |part: &SmolStr| {
                path.find(part.as_str()).is_some_and(|at| matches!(path.as_bytes().get(at + part.len()), None | Some(b'/')))
            };
            return match self.only.iter().any(has) {
                true => Tri::No,
                false if path.contains('*') => Tri::Maybe,
                false => Tri::Yes,
            };
        }
        let of_methods = |methods: &[SmolStr]| methods.is_empty() || route.methods.iter().any(|method| methods.contains(method));
        let mut answer = Tri::from(!self.methods.is_empty() && of_methods(&self.methods));
        for (pattern, _) in self.paths.iter().filter(|(_, methods)| of_methods(methods)) {
            answer = answer.or(pattern.holds(&route.path));
            if self.below {
                answer = answer.or(Tri::any(endings(&route.path).iter().map(|path| pattern.holds(path))));
            }
        }
        if self.open { answer.or(Tri::Maybe) } else { answer }
    }
}

impl Pattern {
    /// `^\/public\/` begins with `/public/`; `^\/reviews$` is `/reviews`. What is not anchored is not followed.
    fn of_expression(source: &str) -> Self {
        let source = source.trim_start_matches('/');
        let Some(rest) = source.strip_prefix('^') else { return Self::Unknown };
        let plain = rest.replace("\\/", "/").replace("\\-", "-").replace("\\.", ".");
        let end = plain.find(['$', '(', '[', '*', '+', '?', '|', '{', '\\', '.']).unwrap_or(plain.len());
        let (begin, tail) = plain.split_at(end);
        match tail {
            "" | ".*" | ".*$" | "(.*)" | "(.*)$" => Self::Begins(begin.to_owned(), false),
            "$" | "/i" => Self::Begins(begin.to_owned(), true),
            _ if begin.len() > 1 => Self::Begins(begin.to_owned(), false).softened(),
            _ => Self::Unknown,
        }
    }

    /// Of an expression whose rest is not followed, only that it can't match what begins otherwise.
    fn softened(self) -> Self {
        match self {
            Self::Begins(begin, _) => Self::Begins(format!("\0{begin}"), false),
            other => other,
        }
    }

    fn holds(&self, path: &Text) -> Tri {
        match self {
            Self::Path(pattern) => covers(pattern, path, Cover::Exact),
            Self::Unknown => Tri::Maybe,
            Self::Has(part) => path.known().map_or(Tri::Maybe, |path| path.contains(part.as_str()).into()),
            Self::Begins(begin, whole) => {
                let Some(path) = path.known() else { return Tri::Maybe };
                match begin.strip_prefix('\0') {
                    Some(begin) => {
                        if path.starts_with(begin) {
                            Tri::Maybe
                        } else {
                            Tri::No
                        }
                    }
                    None if *whole => (path.trim_end_matches('/') == begin.trim_end_matches('/')).into(),
                    None => path.starts_with(begin.as_str()).into(),
                }
            }
        }
    }
}

/// A known path without its first segments: what it is to the application, which may stand below a path.
fn endings(path: &Text) -> Vec<Text> {
    let whole = path.to_string();
    let span = path.pieces.first().map(|piece| piece.span).unwrap_or_default();
    whole.match_indices('/').skip(1).take(4).map(|(at, _)| Text::lit(&whole[at..], span)).collect()
}

fn texts(node: &Node) -> Vec<SmolStr> {
    node.one_or_many().into_iter().filter_map(Node::as_str).map(|text| text.to_ascii_uppercase().into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Span;

    #[test]
    fn expressions_are_read_as_far_as_they_are_plain() {
        let holds = |source: &str, path: &str| Pattern::of_expression(source).holds(&Text::lit(path, Span::default()));
        assert_eq!(holds(r"^\/public", "/public/x"), Tri::Yes);
        assert_eq!(holds(r"^\/public\/.*", "/private"), Tri::No);
        assert_eq!(holds(r"^\/reviews$", "/reviews/1"), Tri::No);
        assert_eq!(holds(r"^\/api\/(a|b)", "/api/a"), Tri::Maybe);
        assert_eq!(holds(r"^\/api\/(a|b)", "/other"), Tri::No);
        assert_eq!(holds("login", "/x"), Tri::Maybe);
    }
}
