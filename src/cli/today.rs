//! The day of the run, for comments that hold until a date.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::source::civil_date;

const DAY: u64 = 24 * 60 * 60;

/// Today in UTC as `2026-12-31`; `SOURCE_DATE_EPOCH` (reproducible-builds.org) sets another day.
#[expect(clippy::disallowed_methods, reason = "a comment that ends is the one thing that depends on the day")]
pub(super) fn today() -> String {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|value| value.parse().ok());
    let seconds = fixed.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()));
    civil_date(seconds / DAY)
}
