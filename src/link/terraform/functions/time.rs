//! Functions on moments. What asks for the time of the run (`timestamp`, `plantimestamp`) stays unknown.

use super::Args;
use crate::ir::{Node, NodeKind};
use crate::source::{civil_date, days_of};

const DAY: i64 = 24 * 60 * 60;

/// The result, or nothing if it is not one of these functions or an argument is not known.
pub(super) fn call(name: &str, args: &Args<'_>) -> Option<Node> {
    let moment = |index: usize| moment(&args.text(index)?);
    Some(match name {
        "timeadd" => args.string(shown(moment(0)?.checked_add(duration(&args.text(1)?)?)?)?),
        "timecmp" => args.node(NodeKind::Number(match moment(0)?.cmp(&moment(1)?) {
            std::cmp::Ordering::Less => -1.0,
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => 1.0,
        })),
        "formatdate" => args.string(format(&args.text(0)?, &args.text(1)?)?),
        _ => return None,
    })
}

/// Seconds since 1970 of `2024-03-05T10:00:00Z`, or of a time with an offset; fractions are left out.
/// <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>
fn moment(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let is_separated = |at: usize, byte: u8| text.as_bytes().get(at) == Some(&byte);
    if !(is_separated(4, b'-') && is_separated(7, b'-') && is_separated(10, b'T') && is_separated(13, b':') && is_separated(16, b':')) {
        return None;
    }
    let days = days_of(number(0..4)?, number(5..7)?, number(8..10)?)?;
    let rest = text.get(19..)?;
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match (zone.split_at_checked(1)?, zone.split_once(':')) {
        (("Z", ""), _) => 0,
        ((sign @ ("+" | "-"), _), Some((hours, minutes))) => {
            let seconds = hours.get(1..)?.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "-" { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some(days * DAY + number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)? - offset)
}

/// A moment of UTC as it is written; nothing before 1970.
fn shown(seconds: i64) -> Option<String> {
    let day = u64::try_from(seconds.div_euclid(DAY)).ok()?;
    let rest = seconds.rem_euclid(DAY);
    Some(format!("{}T{:02}:{:02}:{:02}Z", civil_date(day), rest / 3600, rest / 60 % 60, rest % 60))
}

/// Seconds of a duration as Go writes it: `24h`, `-1h30m`, `1.5h`.
fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit = rest[number..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |length| number + length);
        let of_unit = match &rest[number..unit] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += rest[..number].parse::<f64>().ok()? * of_unit;
        rest = &rest[unit..];
    }
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and the sum is checked")]
    Some((sign * seconds) as i64)
}

/// `formatdate`: numbers of the moment as it is written, and what stands in quotes. Names of days and
/// months are not made.
/// <https://developer.hashicorp.com/terraform/language/functions/formatdate>
fn format(pattern: &str, text: &str) -> Option<String> {
    moment(text)?;
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (quoted, after) = rest[1..].split_once('\'')?;
            out.push_str(quoted);
            rest = after;
            continue;
        }
        let length = rest.find(|c| c != first).unwrap_or(rest.len());
        let number = |range: std::ops::Range<usize>| text.get(range);
        match &rest[..length] {
            "YYYY" => out.push_str(number(0..4)?),
            "YY" => out.push_str(number(2..4)?),
            "MM" => out.push_str(number(5..7)?),
            "DD" => out.push_str(number(8..10)?),
            "hh" => out.push_str(number(11..13)?),
            "mm" => out.push_str(number(14..16)?),
            "ss" => out.push_str(number(17..19)?),
            "M" => out.push_str(number(5..7)?.trim_start_matches('0')),
            "D" => out.push_str(number(8..10)?.trim_start_matches('0')),
            _ if first.is_ascii_alphabetic() => return None,
            other => out.push_str(other),
        }
        rest = &rest[length..];
    }
    Some(out)
}
