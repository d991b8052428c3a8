//! Instants and dates: UTC, to the millisecond, with one text form.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in UTC, truncated to the millisecond.
///
/// Its text form is RFC 3339 with milliseconds and `Z`, between the years 0001 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// The text is not an RFC 3339 date-time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date-time with an offset, such as 2026-02-03T09:10:00Z")]
pub struct NotAnInstant;

/// Milliseconds of one day, the unit in which half-lives and delays are written.
pub const DAY_MS: i64 = 86_400_000;

impl Instant {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant that is `millis` milliseconds after 1970-01-01T00:00:00Z, held to the years 1 to 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `millis`, held to the years 1 to 9999.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// The calendar day in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(self.to_chrono().date_naive())
    }

    fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Instant {
    type Err = NotAnInstant;

    fn from_str(text: &str) -> Result<Self, NotAnInstant> {
        let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| NotAnInstant)?;
        let millis = parsed.timestamp_millis();
        if (Self::MIN.0..=Self::MAX.0).contains(&millis) { Ok(Self(millis)) } else { Err(NotAnInstant) }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A calendar day, written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

/// The text is not a calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date such as 2026-02-03")]
pub struct NotADate;

impl Date {
    /// Midnight UTC of this day.
    #[must_use]
    pub fn midnight(self) -> Instant {
        Instant::from_millis(self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
    }

    /// Whole years from this day to `day`; negative when `day` comes first.
    #[must_use]
    pub fn years_until(self, day: Self) -> i32 {
        use chrono::Datelike;
        let years = day.0.year() - self.0.year();
        let birthday_to_come = (day.0.month(), day.0.day()) < (self.0.month(), self.0.day());
        years - i32::from(birthday_to_come)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        if text.len() != 10 {
            return Err(NotADate);
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self).map_err(|_| NotADate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_kept_in_utc_truncated_to_the_millisecond() {
        let at: Instant = "2026-06-01T09:00:00.1239+02:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-06-01T07:00:00.123Z");
        let before_1970: Instant = "1969-12-31T23:59:59.9999Z".parse().unwrap();
        assert_eq!(before_1970.to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn what_is_not_a_date_time_is_refused() {
        for text in
            ["", "2026-06-01", "2026-06-01T09:00:00", "2026-02-30T00:00:00Z", "+12026-01-01T00:00:00Z"]
        {
            assert_eq!(text.parse::<Instant>(), Err(NotAnInstant), "{text}");
        }
    }

    #[test]
    fn age_counts_full_years_only() {
        let born: Date = "1980-06-15".parse().unwrap();
        assert_eq!(born.years_until("2026-06-14".parse().unwrap()), 45);
        assert_eq!(born.years_until("2026-06-15".parse().unwrap()), 46);
    }
}
