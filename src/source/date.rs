//! Days as people write them.

/// The civil date of a day counted from 1970-01-01 (Howard Hinnant, "`chrono`-Compatible Low-Level Date
/// Algorithms", `civil_from_days`): years begin in March, so that the leap day is the last of its year.
pub fn civil_date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The day, counted from 1970-01-01, of a civil date; nothing for one that no calendar has (`days_from_civil` of
/// the same work).
pub fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::{civil_date as date, days_of};

    #[test]
    fn days_are_dates() {
        assert_eq!((date(0), date(59), date(11_016)), ("1970-01-01".into(), "1970-03-01".into(), "2000-02-29".into()));
        assert_eq!((days_of(1970, 1, 1), days_of(2000, 2, 29), days_of(1969, 12, 31)), (Some(0), Some(11_016), Some(-1)));
        assert_eq!((days_of(2026, 11, 22), days_of(2026, 13, 1)), (Some(20_779), None));
        assert_eq!((date(20_779), date(20_819)), ("2026-11-22".into(), "2027-01-01".into()));
    }
}
