//! Repeated groups with two alternatives that fit the same text, `(a|[a-f])+$` or `(\\.|[^"])*"`: of a text that does not
//! fit in the end, every way to cut it is tried.

use super::class_end;

/// Alternatives of a group, and signs of one of them, that are looked at.
const MAX_PARTS: usize = 16;

/// The characters of ASCII that one sign of a pattern fits.
type Set = u128;

/// Whether a pattern, with its slashes, has such a group and something behind it that can fail to fit.
pub(super) fn is_slow(pattern: &str) -> bool {
    let Some((body, _)) = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else { return false };
    let mut open = Vec::new();
    let mut at = 0;
    let bytes = body.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => at = class_end(bytes, at) - 1,
            b'(' => open.push(at + 1),
            b')' => {
                let Some(start) = open.pop() else { return false };
                let is_repeated = matches!(bytes.get(at + 1), Some(b'*' | b'+'));
                if is_repeated && at + 2 < bytes.len() && overlaps(body[start..at].trim_start_matches("?:")) {
                    return true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}

/// Whether one alternative is a single sign that fits wherever each sign of another does.
fn overlaps(group: &str) -> bool {
    let Some(alternatives) = alternatives(group) else { return false };
    let single = |signs: &Vec<Set>| if let [only] = signs.as_slice() { Some(*only) } else { None };
    alternatives.iter().enumerate().filter_map(|(at, signs)| Some((at, single(signs)?))).any(|(own, set)| {
        let others = alternatives.iter().enumerate().filter(|(at, _)| *at != own);
        others.into_iter().any(|(_, signs)| !signs.is_empty() && signs.iter().all(|other| other & set != 0))
    })
}

/// The alternatives of a group as the sets that their signs fit; nothing if it has other parts than signs and classes.
fn alternatives(group: &str) -> Option<Vec<Vec<Set>>> {
    let bytes = group.as_bytes();
    let mut found: Vec<Vec<Set>> = vec![Vec::new()];
    let mut at = 0;
    while at < bytes.len() {
        let set = match bytes[at] {
            b'|' => {
                found.push(Vec::new());
                at += 1;
                continue;
            }
            b'(' | b')' | b'*' | b'+' | b'?' | b'{' | b'^' | b'$' => return None,
            b'[' => {
                let end = class_end(bytes, at) - 1;
                let set = class(bytes.get(at + 1..end)?)?;
                at = end;
                set
            }
            b'\\' => {
                at += 1;
                escaped(*bytes.get(at)?)
            }
            b'.' => !single(b'\n'),
            other => single(other),
        };
        at += 1;
        found.last_mut()?.push(set);
        if found.len() > MAX_PARTS || found.last()?.len() > MAX_PARTS {
            return None;
        }
    }
    (found.len() > 1).then_some(found)
}

fn single(byte: u8) -> Set {
    if byte.is_ascii() { 1 << byte } else { 0 }
}

fn range(first: u8, last: u8) -> Set {
    (first..=last.min(127)).map(single).fold(0, |set, byte| set | byte)
}

/// What a sign behind a backslash fits.
fn escaped(byte: u8) -> Set {
    let digits = range(b'0', b'9');
    let word = digits | range(b'a', b'z') | range(b'A', b'Z') | single(b'_');
    let blank = range(9, 13) | single(b' ');
    match byte {
        b'd' => digits,
        b'D' => !digits,
        b'w' => word,
        b'W' => !word,
        b's' => blank,
        b'S' => !blank,
        b'n' => single(b'\n'),
        b'r' => single(b'\r'),
        b't' => single(b'\t'),
        // A boundary is no sign; what a number or a property stands for is not known.
        b'b' | b'B' | b'0'..=b'9' | b'u' | b'x' | b'p' | b'P' | b'k' | b'c' => 0,
        other => single(other),
    }
}

/// What a class fits, by what stands between its brackets.
fn class(inner: &[u8]) -> Option<Set> {
    let (negated, inner) = inner.strip_prefix(b"^").map_or((false, inner), |rest| (true, rest));
    let mut set = 0;
    let mut at = 0;
    while at < inner.len() {
        let byte = inner[at];
        if byte == b'\\' {
            let next = *inner.get(at + 1)?;
            if matches!(next, b'u' | b'x' | b'p' | b'P' | b'c') {
                return None;
            }
            set |= escaped(next);
            at += 2;
        } else if inner.get(at + 1) == Some(&b'-') && inner.get(at + 2).is_some_and(|last| *last != b'\\') {
            set |= range(byte, inner[at + 2]);
            at += 3;
        } else {
            set |= single(byte);
            at += 1;
        }
    }
    Some(if negated { !set } else { set })
}

#[cfg(test)]
mod tests {
    use super::is_slow;

    #[test]
    fn alternatives_that_fit_the_same_text_are_slow() {
        for pattern in [r"/^(a|[a-f])+$/", r"/(x|xx)+y/", r#"/^"(?:\\.|[^"])*"$/"#, r"/^(\s|\n)*$/", r"/(\w|\d)+;/"] {
            assert!(is_slow(pattern), "{pattern}");
        }
        for pattern in
            [r#"/"(\\.|[^"\\])*"/"#, r"/^(a|b)+$/", r"/^(?:ab|cd)+$/", r"/^(\d|\s)+$/", r"/(a|aa)+/", r"/^(a|aa)?$/", r"/(\n|.)*x/"]
        {
            assert!(!is_slow(pattern), "{pattern}");
        }
    }
}
