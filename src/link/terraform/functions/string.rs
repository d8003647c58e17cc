//! Functions on strings and numbers.

use regex::Regex;
use smol_str::SmolStr;

use super::Args;
use crate::ir::{Node, NodeKind, Op, Part, Piece, Text};
use crate::link::terraform::eval::MAX_TEXT;
use crate::link::terraform::{access, types};

/// The result, or nothing if it is not one of these functions or an argument is not known.
pub(super) fn call(name: &str, args: &Args<'_>) -> Option<Node> {
    let text = |index| args.text(index);
    let number = |index| args.number(index);
    Some(match name {
        "lower" => args.part(0, text(0)?.to_lowercase()),
        "upper" => args.part(0, text(0)?.to_uppercase()),
        "title" => args.part(0, title(&text(0)?)),
        "trimspace" => args.part(0, text(0)?.trim()),
        "chomp" => args.part(0, text(0)?.trim_end_matches(['\n', '\r'])),
        "trim" => args.part(0, {
            let set: Vec<char> = text(1)?.chars().collect();
            SmolStr::new(text(0)?.trim_matches(set.as_slice()))
        }),
        "trimprefix" => {
            let (whole, cut) = (text(0)?, text(1)?);
            args.part(0, whole.strip_prefix(cut.as_str()).unwrap_or(&whole))
        }
        "trimsuffix" => {
            let (whole, cut) = (text(0)?, text(1)?);
            args.part(0, whole.strip_suffix(cut.as_str()).unwrap_or(&whole))
        }
        "startswith" => args.node(NodeKind::Bool(text(0)?.starts_with(text(1)?.as_str()))),
        "endswith" => args.node(NodeKind::Bool(text(0)?.ends_with(text(1)?.as_str()))),
        "strcontains" => args.node(NodeKind::Bool(text(0)?.contains(text(1)?.as_str()))),
        "strrev" => args.string(text(0)?.chars().rev().collect::<String>()),
        "substr" => args.string(substr(&text(0)?, number(1)?, number(2)?)),
        "replace" => replace(args)?,
        "regex" | "regexall" => regex(name == "regexall", args)?,
        "split" => args.list(text(1)?.split(text(0)?.as_str()).map(|part| args.part(1, part)).collect()),
        "join" => join(args)?,
        "format" => format(args, args.get(0)?.as_text()?.known()?.as_ref(), &args.list[1..]),
        "formatlist" => format_list(args)?,
        "indent" => args.string(text(1)?.replace('\n', &format!("\n{}", " ".repeat((number(0)? as usize).min(64))))),
        "tostring" | "tonumber" | "tobool" => {
            let to = types::primitive(&name[2..], args.get(0)?.clone());
            to.unwrap_or_else(|| super::error(args.span))
        }
        "basename" => args.part(0, text(0)?.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
        "dirname" => args.part(0, text(0)?.rsplit_once('/').map_or(".", |(folder, _)| folder)),
        "parseint" => args.node(NodeKind::Number(i64::from_str_radix(&text(0)?, (number(1)? as u32).clamp(2, 36)).ok()? as f64)),
        "abs" => args.node(NodeKind::Number(number(0)?.abs())),
        "ceil" => args.node(NodeKind::Number(number(0)?.ceil())),
        "floor" => args.node(NodeKind::Number(number(0)?.floor())),
        "pow" => args.node(NodeKind::Number(number(0)?.powf(number(1)?))),
        "log" => args.node(NodeKind::Number(number(0)?.log(number(1)?))),
        "signum" => args.node(NodeKind::Number(if number(0)? == 0.0 { 0.0 } else { number(0)?.signum() })),
        "max" | "min" => extreme(name == "max", args)?,
        _ => return None,
    })
}

fn title(text: &str) -> String {
    let mut fresh = true;
    text.chars()
        .map(|c| {
            let upper = std::mem::replace(&mut fresh, !c.is_alphanumeric());
            if upper { c.to_ascii_uppercase() } else { c }
        })
        .collect()
}

fn substr(text: &str, offset: f64, length: f64) -> String {
    let count = text.chars().count();
    let start = if offset < 0.0 { count.saturating_sub(-offset as usize) } else { offset as usize };
    let take = if length < 0.0 { usize::MAX } else { length as usize };
    text.chars().skip(start).take(take).collect()
}

/// A pattern between slashes is a regular expression.
fn replace(args: &Args<'_>) -> Option<Node> {
    let (whole, from, to) = (args.text(0)?, args.text(1)?, args.text(2)?);
    // What it would grow to, before it does.
    let fits = |matches: usize| whole.len() + matches.saturating_mul(to.len()) <= MAX_TEXT * 2;
    let done = match from.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => {
            let pattern = compile(pattern)?;
            let groups = to.matches('$').count() * whole.len();
            if groups > MAX_TEXT * 4 || !fits(pattern.find_iter(&whole).count()) {
                return None;
            }
            pattern.replace_all(&whole, braces(&to).as_str()).into_owned()
        }
        None if from.is_empty() || !fits(whole.matches(from.as_str()).count()) => return None,
        None => whole.replace(from.as_str(), &to),
    };
    (done.len() <= MAX_TEXT).then(|| args.part(0, done))
}

/// `$1x` is a group named `1x` to the regex crate, and the group 1 to Terraform.
fn braces(replacement: &str) -> String {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            out.push('{');
            out.push_str(&rest[..digits]);
            out.push('}');
            rest = &rest[digits..];
        }
    }
    out.push_str(rest);
    out
}

fn compile(pattern: &str) -> Option<Regex> {
    regex::RegexBuilder::new(pattern).size_limit(1 << 20).nest_limit(64).build().ok()
}

fn regex(all: bool, args: &Args<'_>) -> Option<Node> {
    let (pattern, text) = (args.text(0)?, args.text(1)?);
    let pattern = compile(&pattern)?;
    let value = |found: &regex::Captures<'_>| {
        if found.len() == 1 {
            return args.string(&found[0]);
        }
        let groups = found.iter().skip(1).map(|group| group.map_or_else(|| args.node(NodeKind::Null), |group| args.string(group.as_str())));
        if pattern.capture_names().flatten().next().is_none() {
            return args.list(groups.collect());
        }
        let mut map = crate::ir::Map::default();
        for (name, group) in pattern.capture_names().skip(1).zip(groups) {
            map.push(name.unwrap_or_default(), args.span, group);
        }
        args.node(NodeKind::Map(map))
    };
    if all {
        return Some(args.list(pattern.captures_iter(&text).take(1000).map(|found| value(&found)).collect()));
    }
    Some(pattern.captures(&text).map_or_else(|| super::error(args.span), |found| value(&found)))
}

/// Keeps what is not known as holes.
fn join(args: &Args<'_>) -> Option<Node> {
    let separator = args.text(0)?;
    if let (2, Some([only])) = (args.list.len(), args.items(1).as_deref())
        && matches!(only.kind, NodeKind::Text(_))
    {
        return Some(only.clone());
    }
    let mut pieces = Vec::new();
    let mut size = 0;
    for list in &args.list[1..] {
        for (_, item) in access::iterate(list)? {
            if access::is_open(&item) {
                return None;
            }
            if !pieces.is_empty() {
                pieces.push(Piece { span: args.span, part: Part::Lit(separator.clone()) });
            }
            size += access::push_text(&mut pieces, item, args.span) + separator.len();
            if size > MAX_TEXT {
                return None;
            }
        }
    }
    Some(whole(args, pieces))
}

/// A text of pieces, as one piece if all of it is known.
fn whole(args: &Args<'_>, pieces: Vec<Piece>) -> Node {
    let text = Text { pieces };
    match text.known() {
        Some(known) => args.string(known.as_ref()),
        None => args.node(NodeKind::Text(text)),
    }
}

/// `%s`, `%d`, `%v`, `%q` with flags and widths; what is not known stays as a hole.
fn format(args: &Args<'_>, pattern: &str, values: &[Node]) -> Node {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    let mut next = 0;
    let lit = |text: &str| Piece { span: args.span, part: Part::Lit(text.into()) };
    while let Some(at) = rest.find('%') {
        pieces.push(lit(&rest[..at]));
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(rest.len());
        let flags = &rest[..end];
        let verb = rest[end..].chars().next().unwrap_or('%');
        rest = rest.get(end + verb.len_utf8()..).unwrap_or("");
        if verb == '%' {
            pieces.push(lit("%"));
            continue;
        }
        if let Some(index) = flags.strip_prefix('[').and_then(|flags| flags.split(']').next()?.parse::<usize>().ok()) {
            next = index.saturating_sub(1);
        }
        let Some(value) = values.get(next) else { return super::error(args.span) };
        next += 1;
        match (access::scalar(value), verb) {
            (Some(text), 'q') => pieces.push(lit(&format!("{text:?}"))),
            (Some(text), 'x' | 'X' | 'b' | 'o' | 'f' | 'e' | 'g') => pieces.push(lit(&number_as(&text, verb, flags))),
            (Some(text), _) => {
                let width =
                    flags.trim_start_matches(['0', '-', '+', ' ', '#']).split('.').next().and_then(|width| width.parse::<usize>().ok());
                let missing = width.unwrap_or(0).min(64).saturating_sub(text.len());
                let fill = if flags.starts_with('0') { "0" } else { " " };
                let fill = fill.repeat(missing);
                pieces.push(lit(&if flags.starts_with('-') { format!("{text}{fill}") } else { format!("{fill}{text}") }));
            }
            (None, _) => {
                access::push_text(&mut pieces, value.clone(), args.span);
            }
        }
    }
    pieces.push(lit(rest));
    pieces.retain(|piece| !matches!(&piece.part, Part::Lit(text) if text.is_empty()));
    whole(args, pieces)
}

/// A number in another base or with decimals; what is none stays as it is.
fn number_as(text: &str, verb: char, flags: &str) -> String {
    let Ok(number) = text.parse::<f64>() else { return text.to_owned() };
    let decimals = flags.split_once('.').map_or(6, |(_, decimals)| decimals.parse::<usize>().unwrap_or(0).min(32));
    match verb {
        'x' => format!("{:x}", number as i64),
        'X' => format!("{:X}", number as i64),
        'b' => format!("{:b}", number as i64),
        'o' => format!("{:o}", number as i64),
        'f' => format!("{number:.decimals$}"),
        _ => text.to_owned(),
    }
}

fn format_list(args: &Args<'_>) -> Option<Node> {
    let pattern = args.text(0)?;
    let lists: Vec<Option<Vec<Node>>> = (1..args.list.len()).map(|index| args.items(index)).collect();
    let length = lists.iter().flatten().map(Vec::len).max()?;
    let mut out = Vec::new();
    let mut size = 0;
    for at in 0..length {
        let mut row = Vec::new();
        for (index, list) in lists.iter().enumerate() {
            row.push(match list {
                Some(items) => items.get(at)?.clone(),
                None => args.get(index + 1)?.clone(),
            });
        }
        let made = format(args, &pattern, &row);
        size += super::text_size(&made);
        if size > MAX_TEXT {
            return None;
        }
        out.push(made);
    }
    Some(args.list(out))
}

fn extreme(largest: bool, args: &Args<'_>) -> Option<Node> {
    if args.list.iter().any(|arg| matches!(arg.kind, NodeKind::Op(Op::Spread, _))) {
        return None;
    }
    let mut numbers = (0..args.list.len()).map(|index| args.number(index));
    let first = numbers.next()??;
    let found = numbers.try_fold(first, |best, next| Some(if largest { best.max(next?) } else { best.min(next?) }))?;
    Some(args.node(NodeKind::Number(found)))
}
