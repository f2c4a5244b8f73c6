//! Points in time, handed in by the host; the core never looks at a clock.

use crate::text::with_digit;

/// What both clocks of the host said when an event happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Now {
    /// Milliseconds since the Unix epoch. May jump either way.
    pub wall_ms: u64,
    /// Milliseconds since any fixed point. Never runs backwards, may stand still while a machine sleeps.
    pub mono_ms: u64,
}

impl Now {
    /// Both clocks at once.
    pub const fn new(wall_ms: u64, mono_ms: u64) -> Self {
        Now { wall_ms, mono_ms }
    }

    /// How far the wall clock is ahead of the other, in seconds: it changes when the wall clock is set.
    pub(crate) const fn apart_s(self) -> u64 {
        self.wall_s().wrapping_sub(self.mono_ms / 1000)
    }

    /// The wall clock in whole seconds, as JWT claims count (RFC 7519, section 2, NumericDate).
    pub const fn wall_s(self) -> u64 {
        self.wall_ms / 1000
    }
}

/// Whether two differences of clocks, in seconds, are more than ten apart.
pub(crate) fn differ(one_s: u64, other_s: u64) -> bool {
    one_s.wrapping_sub(other_s).wrapping_add(10) > 20
}

/// Reads an HTTP date in its one preferred form, as milliseconds since the Unix epoch
/// (RFC 9110, section 5.6.7, IMF-fixdate). Anything else is `None`.
///
/// ```
/// use cloud_run_auth::time::http_date;
/// assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
/// assert_eq!(http_date("yesterday"), None);
/// ```
pub fn http_date(text: &str) -> Option<u64> {
    let mut words = text.trim().split(' ').skip(1);
    let day = number(words.next()?, 31)?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year = number(words.next()?, 9999)?;
    let mut clock = words.next()?.split(':');
    let hour = number(clock.next()?, 23)?;
    let minute = number(clock.next()?, 59)?;
    let second = number(clock.next()?, 60)?;
    if words.next() != Some("GMT") || year < 1970 {
        return None;
    }
    let days =
        days_before_year(year)?.checked_add(days_before_month(year, month)?)?.checked_add(day.checked_sub(1)?)?;
    let hours = days.checked_mul(24)?.checked_add(hour)?;
    let minutes = hours.checked_mul(60)?.checked_add(minute)?;
    minutes.checked_mul(60)?.checked_add(second)?.checked_mul(1000)
}

/// Date and time of day as a number of 14 decimal digits, those of ISO 8601's basic format.
pub(crate) fn calendar(seconds: u64) -> u64 {
    // Up to the last day of four digits; month by month, which is the least code.
    let mut days = (seconds / 86_400).min(2_932_896) as u32;
    let second = (seconds % 86_400) as u32;
    let (mut year, mut month) = (1970_u32, 1_u32);
    loop {
        let leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = (LONGER >> month.wrapping_mul(2) & 3).wrapping_add(28).wrapping_add(leap.into());
        if days < length {
            break;
        }
        days = days.wrapping_sub(length);
        month = month.wrapping_add(1);
        if month > 12 {
            (year, month) = (year.wrapping_add(1), 1);
        }
    }
    let date = year.wrapping_mul(100).wrapping_add(month).wrapping_mul(100).wrapping_add(days).wrapping_add(1);
    let clock = (second / 3600).wrapping_mul(100).wrapping_add(second / 60 % 60).wrapping_mul(100);
    u64::from(date).wrapping_mul(1_000_000).wrapping_add(clock.wrapping_add(second % 60).into())
}

/// How many seconds it is from that moment of UTC (RFC 3339, section 5.6) back to `now_s`; at most 65,535.
pub(crate) fn seconds_until(moment: &str, now_s: u64) -> Option<u64> {
    let mut digits = 0;
    for byte in moment.bytes().take(19) {
        if byte.is_ascii_digit() {
            digits = with_digit(digits, byte);
        }
    }
    let mut life = 0;
    for bit in (0..16).rev() {
        let longer = life | 1 << bit;
        if calendar(now_s.wrapping_add(longer)) <= digits {
            life = longer;
        }
    }
    (digits > 0).then_some(life)
}

/// By how many days each month is longer than 28: two bits for each, those of January the third and fourth from the end.
const LONGER: u32 = 0b11_10_11_10_11_11_10_11_10_11_00_11_00;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn number(text: &str, most: u64) -> Option<u64> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| *n <= most)
}

fn leap_years_before(year: u64) -> Option<u64> {
    let y = year.checked_sub(1)?;
    (y / 4).checked_sub(y / 100)?.checked_add(y / 400)
}

fn days_before_year(year: u64) -> Option<u64> {
    let leap = leap_years_before(year)?.checked_sub(leap_years_before(1970)?)?;
    year.checked_sub(1970)?.checked_mul(365)?.checked_add(leap)
}

fn days_before_month(year: u64, month: usize) -> Option<u64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days: u64 = DAYS.get(..month)?.iter().sum();
    days.checked_add(u64::from(leap && month > 1))
}

#[cfg(test)]
mod tests {
    use super::{calendar, http_date, seconds_until};

    #[test]
    fn the_calendar_says_the_same_on_every_kind_of_day() {
        for (digits, http) in [
            (19_700_101_000_000, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (20_000_229_235_959, "Tue, 29 Feb 2000 23:59:59 GMT"),
            (20_000_301_000_000, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (20_231_231_120_001, "Sun, 31 Dec 2023 12:00:01 GMT"),
            (20_240_101_000_000, "Mon, 01 Jan 2024 00:00:00 GMT"),
            (20_240_229_080_910, "Thu, 29 Feb 2024 08:09:10 GMT"),
            (21_000_228_000_000, "Sun, 28 Feb 2100 00:00:00 GMT"),
            (21_000_301_000_000, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            assert_eq!(calendar(http_date(http).unwrap() / 1000), digits);
        }
        assert_eq!(calendar(u64::MAX) / 1_000_000, 99_991_231);
    }

    #[test]
    fn a_moment_is_so_many_seconds_away() {
        let now_s = http_date("Wed, 31 Dec 2025 23:30:00 GMT").unwrap() / 1000;
        for (moment, seconds) in [
            ("2026-01-01T00:30:00Z", Some(3600)),
            ("2025-12-31T23:30:01.999999999Z", Some(1)),
            ("2025-12-31T23:30:00Z", Some(0)),
            ("2025-12-31T23:40:00+00:00", Some(600)),
            ("2001-01-01T00:00:00Z", Some(0)),
            ("9999-01-01T00:00:00Z", Some(65_535)),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds_until(moment, now_s), seconds, "{moment}");
        }
    }

    #[test]
    fn dates_on_both_sides_of_a_leap_day() {
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Tue, 29 Feb 2000 00:00:00 GMT"), Some(951_782_400_000));
        assert_eq!(http_date("Wed, 01 Mar 2000 00:00:00 GMT"), Some(951_868_800_000));
        assert_eq!(http_date("Sun, 22 Nov 2026 06:02:29 GMT"), Some(1_795_327_349_000));
    }

    #[test]
    fn what_is_not_a_date_is_none() {
        for text in [
            "",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 0x Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }
}
