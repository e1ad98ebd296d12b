//! Temporal: date, datetime, time and timedelta through speedate, the crate that pydantic-core itself uses.
//!
//! The fixed-width forms (`2024-07-31`, `2024-07-31T23:23:09`, `23:23:09`) are read without it; a test holds the
//! short cut against it. The texts that say why a date does not parse are speedate's own.

use std::borrow::Cow;
use std::io::Write;

use speedate::{
    Date as Day, DateConfig, DateTime as Moment, DateTimeConfig, Duration, MicrosecondsPrecisionOverflowBehavior,
    ParseError, Time as Clock, TimeConfig, TimestampUnit,
};
use strum::EnumMessage;

use super::{Kernel, Verdict, int::outside};
use crate::plan::{Bounds, ErrorCode, Microseconds, Unit, Zone};

const YEAR_ZERO: &str = "year 0 is out of range";

fn unit(unit: Unit) -> TimestampUnit {
    match unit {
        Unit::Seconds => TimestampUnit::Second,
        Unit::Milliseconds => TimestampUnit::Millisecond,
        Unit::Infer => TimestampUnit::Infer,
    }
}

fn clock_config(microseconds: Microseconds) -> TimeConfig {
    TimeConfig {
        microseconds_precision_overflow_behavior: match microseconds {
            Microseconds::Truncate => MicrosecondsPrecisionOverflowBehavior::Truncate,
            Microseconds::Error => MicrosecondsPrecisionOverflowBehavior::Error,
        },
        unix_timestamp_offset: Some(0),
    }
}

fn refuse(code: ErrorCode, error: &ParseError) -> Verdict {
    Verdict::RejectWith(code, Cow::Borrowed(error.get_documentation().unwrap_or_default()))
}

fn bounds<T>(texts: &Bounds<String>, parse: impl Fn(&str) -> Result<T, ParseError>) -> Result<Bounds<T>, ParseError> {
    let one = |text: &Option<String>| text.as_deref().map(&parse).transpose();
    Ok(Bounds { le: one(&texts.le)?, lt: one(&texts.lt)?, ge: one(&texts.ge)?, gt: one(&texts.gt)? })
}

fn is_free<T>(bounds: &Bounds<T>) -> bool {
    bounds.le.is_none() && bounds.lt.is_none() && bounds.ge.is_none() && bounds.gt.is_none()
}

fn zone_error(zone: Option<Zone>, offset: Option<i32>) -> Option<ErrorCode> {
    match (zone?, offset) {
        (Zone::Aware, None) => Some(ErrorCode::TimezoneAware),
        (Zone::Naive, Some(_)) => Some(ErrorCode::TimezoneNaive),
        _ => None,
    }
}

/// Appends how a value is written, which is how speedate shows it; says so where that is the text itself.
fn written(value: &impl std::fmt::Display, text: &str, out: &mut Vec<u8>) -> Verdict {
    let begin = out.len();
    // Writing to a vector cannot fail.
    let _ = write!(out, "{value}");
    if &out[begin..] == text.as_bytes() {
        out.truncate(begin);
        return Verdict::Same(0);
    }
    Verdict::Written(0)
}

#[inline(always)]
fn two(bytes: &[u8], at: usize) -> Option<u8> {
    let (tens, ones) = (bytes[at].wrapping_sub(b'0'), bytes[at + 1].wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| tens * 10 + ones)
}

/// Reads `YYYY-MM-DD`, where it is a day of the calendar after year 0.
#[inline(always)]
pub(super) fn plain_day(bytes: &[u8; 10]) -> Option<Day> {
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = u16::from(two(bytes, 0)?) * 100 + u16::from(two(bytes, 2)?);
    let (month, day) = (two(bytes, 5)?, two(bytes, 8)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        _ => return None,
    };
    (year > 0 && day >= 1 && day <= days).then_some(Day { year, month, day })
}

/// Whether `bytes` are `HH:MM:SS`.
#[inline(always)]
fn is_plain_clock(bytes: &[u8]) -> bool {
    bytes.len() == 8
        && bytes[2] == b':'
        && bytes[5] == b':'
        && two(bytes, 0).is_some_and(|h| h < 24)
        && two(bytes, 3).is_some_and(|m| m < 60)
        && two(bytes, 6).is_some_and(|s| s < 60)
}

/// A date.
#[derive(Debug)]
pub struct Date {
    bounds: Bounds<Day>,
    config: DateConfig,
    moment: DateTimeConfig,
}

impl Date {
    /// Compiles the constraints.
    pub fn new(texts: &Bounds<String>, timestamp: Unit) -> Result<Self, ParseError> {
        Ok(Self {
            bounds: bounds(texts, Day::parse_str)?,
            config: DateConfig { timestamp_unit: unit(timestamp) },
            moment: DateTimeConfig {
                time_config: clock_config(Microseconds::Truncate),
                timestamp_unit: unit(timestamp),
            },
        })
    }

    /// Pydantic's order: a date, else a moment whose time is zero.
    fn parse(&self, text: &str) -> Result<Day, Verdict> {
        if let Ok(day) = Day::parse_bytes_with_config(text.as_bytes(), &self.config) {
            return Ok(day);
        }
        match Moment::parse_bytes_with_config(text.as_bytes(), &self.moment) {
            Ok(Moment { date, time: Clock { hour: 0, minute: 0, second: 0, microsecond: 0, .. } }) => Ok(date),
            Ok(_) => Err(Verdict::Reject(ErrorCode::DateFromDatetimeInexact)),
            Err(error) => Err(refuse(ErrorCode::DateFromDatetimeParsing, &error)),
        }
    }
}

impl Kernel for Date {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        if let Some(day) = text.as_bytes().try_into().ok().and_then(plain_day) {
            return outside(&self.bounds, &day).map_or(Verdict::Same(0), Verdict::Reject);
        }
        let day = match self.parse(text) {
            Ok(day) => day,
            Err(verdict) => return verdict,
        };
        if let Some(code) = outside(&self.bounds, &day) {
            return Verdict::Reject(code);
        }
        if day.year == 0 {
            return Verdict::RejectWith(ErrorCode::DateParsing, Cow::Borrowed(YEAR_ZERO));
        }
        written(&day, text, out)
    }
}

/// A date and a time.
#[derive(Debug)]
pub struct DateTime {
    bounds: Bounds<Moment>,
    zone: Option<Zone>,
    config: DateTimeConfig,
    short_cut: bool,
}

impl DateTime {
    /// Compiles the constraints.
    pub fn new(
        texts: &Bounds<String>,
        zone: Option<Zone>,
        microseconds: Microseconds,
        timestamp: Unit,
    ) -> Result<Self, ParseError> {
        let bounds = bounds(texts, Moment::parse_str)?;
        Ok(Self {
            short_cut: is_free(&bounds) && zone.is_none(),
            bounds,
            zone,
            config: DateTimeConfig { time_config: clock_config(microseconds), timestamp_unit: unit(timestamp) },
        })
    }

    /// Pydantic's order: a moment, else a date at midnight.
    fn parse(&self, text: &str) -> Result<Moment, Verdict> {
        if let Ok(moment) = Moment::parse_bytes_with_config(text.as_bytes(), &self.config) {
            return Ok(moment);
        }
        match Day::parse_bytes_with_config(text.as_bytes(), &DateConfig::default()) {
            Ok(date) => {
                let time = Clock { hour: 0, minute: 0, second: 0, microsecond: 0, tz_offset: None };
                Ok(Moment { date, time })
            }
            Err(error) => Err(refuse(ErrorCode::DatetimeFromDateParsing, &error)),
        }
    }
}

/// Whether `bytes` are `YYYY-MM-DDTHH:MM:SS`, with or without `Z`, a moment of the calendar.
#[inline(always)]
fn is_plain_moment(bytes: &[u8]) -> bool {
    let naive = match bytes {
        [naive @ .., b'Z'] => naive,
        _ => bytes,
    };
    naive.len() == 19
        && naive[10] == b'T'
        && is_plain_clock(&naive[11..])
        && naive.first_chunk().is_some_and(|day| plain_day(day).is_some())
}

impl Kernel for DateTime {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        if self.short_cut && is_plain_moment(text.as_bytes()) {
            return Verdict::Same(0);
        }
        let moment = match self.parse(text) {
            Ok(moment) => moment,
            Err(verdict) => return verdict,
        };
        if let Some(code) = outside(&self.bounds, &moment).or_else(|| zone_error(self.zone, moment.time.tz_offset)) {
            return Verdict::Reject(code);
        }
        if moment.date.year == 0 {
            return Verdict::RejectWith(ErrorCode::DatetimeParsing, Cow::Borrowed(YEAR_ZERO));
        }
        written(&moment, text, out)
    }
}

/// A time of day.
#[derive(Debug)]
pub struct Time {
    bounds: Bounds<Clock>,
    zone: Option<Zone>,
    config: TimeConfig,
    short_cut: bool,
}

impl Time {
    /// Compiles the constraints.
    pub fn new(texts: &Bounds<String>, zone: Option<Zone>, microseconds: Microseconds) -> Result<Self, ParseError> {
        let bounds = bounds(texts, Clock::parse_str)?;
        Ok(Self { short_cut: is_free(&bounds) && zone.is_none(), bounds, zone, config: clock_config(microseconds) })
    }
}

impl Kernel for Time {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        if self.short_cut && is_plain_clock(text.as_bytes()) {
            return Verdict::Same(0);
        }
        let clock = match Clock::parse_bytes_with_config(text.as_bytes(), &self.config) {
            Ok(clock) => clock,
            Err(error) => return refuse(ErrorCode::TimeParsing, &error),
        };
        if let Some(code) = outside(&self.bounds, &clock).or_else(|| zone_error(self.zone, clock.tz_offset)) {
            return Verdict::Reject(code);
        }
        written(&clock, text, out)
    }
}

/// A duration.
#[derive(Debug)]
pub struct TimeDelta {
    bounds: Bounds<i64>,
    config: TimeConfig,
}

impl TimeDelta {
    /// Compiles the constraints; bounds are microseconds.
    #[must_use]
    pub fn new(bounds: Bounds<i64>, microseconds: Microseconds) -> Self {
        Self { bounds, config: clock_config(microseconds) }
    }
}

impl Kernel for TimeDelta {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let duration = match Duration::parse_bytes_with_config(text.as_bytes(), &self.config) {
            Ok(duration) => duration,
            Err(error) => return refuse(ErrorCode::TimeDeltaParsing, &error),
        };
        // Past this, Python's timedelta overflows with an exception of its own. 64 bits hold 106,751,991 days.
        if duration.day >= 106_000_000 {
            return Verdict::Unsure;
        }
        let seconds = i64::from(duration.day) * 86_400 + i64::from(duration.second);
        let size = seconds * 1_000_000 + i64::from(duration.microsecond);
        let value = if duration.positive { size } else { -size };
        if outside(&self.bounds, &value).is_some() {
            return Verdict::Unsure;
        }
        // Python has no negative zero.
        let normal = Duration { positive: duration.positive || size == 0, ..duration };
        match written(&normal, text, out) {
            Verdict::Same(_) => Verdict::Same(value),
            _ => Verdict::Written(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Day, Moment, is_plain_clock, is_plain_moment, plain_day};

    #[test]
    fn the_short_cuts_accept_only_what_speedate_reads_and_shows_the_same() {
        let parts = ["0000", "0001", "1900", "2000", "2023", "2024", "9999", "20 4"];
        let months = ["00", "01", "02", "04", "12", "13", "1a"];
        let days = ["00", "01", "28", "29", "30", "31", "32"];
        let clocks = ["00:00:00", "23:59:59", "24:00:00", "12:60:00", "12:00:60", "12-00-00", "1 :00:00"];
        let mut accepted = 0;
        for year in parts {
            for month in months {
                for day in days {
                    let date = format!("{year}-{month}-{day}");
                    if let Some(found) = date.as_bytes().first_chunk().and_then(plain_day) {
                        assert_eq!(Day::parse_str(&date).expect("speedate reads it"), found);
                        assert_eq!(found.to_string(), date);
                        accepted += 1;
                    } else {
                        assert!(Day::parse_bytes_rfc3339(date.as_bytes()).is_err() || year == "0000", "{date}");
                    }
                    for clock in clocks {
                        for zone in ["", "Z"] {
                            let text = format!("{date}T{clock}{zone}");
                            if is_plain_moment(text.as_bytes()) {
                                let moment = Moment::parse_str(&text).expect("speedate reads it");
                                assert_eq!(moment.to_string(), text);
                            }
                        }
                    }
                }
            }
        }
        assert!(accepted > 90, "{accepted}");
        for clock in clocks {
            assert_eq!(is_plain_clock(clock.as_bytes()), Clock::parse_str(clock).is_ok(), "{clock}");
        }
    }
}
