//! Dates, datetimes and durations as numbers: reading and writing their ISO forms, their parts, sums and differences.
//!
//! In: canonical ISO texts and values. Out: values and texts. Nothing outside of the years 1 to 9999 is a value: what
//! would be is unsure. A time zone is a fixed offset.

use speedate::{Date, DateTime, Duration};

use super::number;
use super::value::{NAIVE, Texts, Value};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 0001-01-01 and 9999-12-31.
const FIRST: i32 = -719_162;
const LAST: i32 = 2_932_896;

/// A day of the calendar as days since 1970-01-01 (Howard Hinnant, `days_from_civil`).
fn days_of(year: i32, month: i32, day: i32) -> i32 {
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day (Howard Hinnant, `civil_from_days`).
fn civil(days: i32) -> (i32, i32, i32) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    (year + era * 400 + i32::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Digits at fixed places; None where there is anything else.
#[inline(always)]
fn digits<const N: usize>(text: &[u8], at: usize) -> Option<i32> {
    let mut value = 0;
    for &byte in &text[at..at + N] {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i32::from(digit);
    }
    Some(value)
}

/// Reads the date that a kernel accepted.
#[inline(always)]
#[must_use]
pub fn read_date(text: &str) -> Value {
    plain_date(text.as_bytes()).or_else(|| odd_date(text)).map_or(Value::Unsure, Value::Date)
}

/// The kernel has seen to it that it is a day of the calendar.
#[inline(always)]
fn plain_date(text: &[u8]) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    Some(days_of(digits::<4>(text, 0)?, digits::<2>(text, 5)?, digits::<2>(text, 8)?))
}

#[cold]
fn odd_date(text: &str) -> Option<i32> {
    let date = Date::parse_str(text).ok().filter(|date| date.year > 0)?;
    Some(days_of(i32::from(date.year), i32::from(date.month), i32::from(date.day)))
}

/// Reads the datetime that a kernel accepted.
#[inline(always)]
#[must_use]
pub fn read_datetime(text: &str) -> Value {
    let bytes = text.as_bytes();
    let (naive, offset) = match bytes {
        [naive @ .., b'Z'] => (naive, 0),
        _ => (bytes, NAIVE),
    };
    if naive.len() != 19 {
        return odd_datetime(text).unwrap_or(Value::Unsure);
    }
    let parts = (plain_date(&naive[..10]), digits::<2>(naive, 11), digits::<2>(naive, 14), digits::<2>(naive, 17));
    let (Some(days), Some(hour), Some(minute), Some(second)) = parts else {
        return odd_datetime(text).unwrap_or(Value::Unsure);
    };
    let micros = i64::from(days) * DAY + i64::from(hour * 3600 + minute * 60 + second) * SECOND;
    Value::DateTime { offset, micros }
}

#[cold]
fn odd_datetime(text: &str) -> Option<Value> {
    let DateTime { date, time } = DateTime::parse_str(text).ok().filter(|moment| moment.date.year > 0)?;
    let days = days_of(i32::from(date.year), i32::from(date.month), i32::from(date.day));
    let seconds = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
    let micros = i64::from(days) * DAY + seconds * SECOND + i64::from(time.microsecond);
    Some(Value::DateTime { offset: time.tz_offset.unwrap_or(NAIVE), micros })
}

/// Appends digits, filled up with zeros.
fn push(out: &mut String, number: i64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(number);
    for _ in text.len()..width {
        out.push('0');
    }
    out.push_str(text);
}

fn push_date(days: i32, out: &mut String) {
    let (year, month, day) = civil(days);
    push(out, i64::from(year), 4);
    out.push('-');
    push(out, i64::from(month), 2);
    out.push('-');
    push(out, i64::from(day), 2);
}

/// The day of a moment, and the microseconds since its midnight.
fn split(micros: i64) -> (i32, i64) {
    (micros.div_euclid(DAY) as i32, micros.rem_euclid(DAY))
}

/// How a date or datetime is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `isoformat()`.
    Iso,
    /// `str()`: a space in place of the T.
    Str,
    /// As Pydantic writes JSON: Z for UTC.
    Json,
}

/// Appends a date or datetime. None for anything else.
pub fn write(value: Value, form: Form, out: &mut String) -> Option<()> {
    let (offset, micros) = match value {
        Value::Date(days) => {
            push_date(days, out);
            return Some(());
        }
        Value::DateTime { offset, micros } => (offset, micros),
        _ => return None,
    };
    let (days, rest) = split(micros);
    push_date(days, out);
    out.push(if form == Form::Str { ' ' } else { 'T' });
    push_clock(rest, 2, out);
    if offset == NAIVE {
        return Some(());
    }
    if offset == 0 && form == Form::Json {
        out.push('Z');
        return Some(());
    }
    let size = i64::from(offset.unsigned_abs());
    // Pydantic accepts no zone with seconds.
    if size % 60 != 0 {
        return None;
    }
    out.push(if offset < 0 { '-' } else { '+' });
    push(out, size / 3600, 2);
    out.push(':');
    push(out, size / 60 % 60, 2);
    Some(())
}

/// Appends `H:MM:SS`, and microseconds where there are any.
fn push_clock(micros: i64, hour_width: usize, out: &mut String) {
    let seconds = micros / SECOND;
    push(out, seconds / 3600, hour_width);
    out.push(':');
    push(out, seconds / 60 % 60, 2);
    out.push(':');
    push(out, seconds % 60, 2);
    if micros % SECOND != 0 {
        out.push('.');
        push(out, micros % SECOND, 6);
    }
}

/// Appends `str(delta)`.
pub fn write_delta(micros: i64, out: &mut String) {
    let (days, rest) = split(micros);
    if days != 0 {
        out.push_str(itoa::Buffer::new().format(days));
        out.push_str(if days.abs() == 1 { " day, " } else { " days, " });
    }
    push_clock(rest, 1, out);
}

/// Appends a duration as Pydantic writes JSON. None where it does not fit speedate.
pub fn write_duration(micros: i64, out: &mut String) -> Option<()> {
    use std::fmt::Write;
    let size = micros.unsigned_abs();
    let (day, second) = (size / DAY.unsigned_abs(), size / SECOND.unsigned_abs() % 86_400);
    let (day, second) = (u32::try_from(day).ok()?, second as u32);
    let microsecond = (size % SECOND.unsigned_abs()) as u32;
    write!(out, "{}", Duration { positive: micros >= 0, day, second, microsecond }).ok()
}

/// `value.isoformat()`.
pub fn isoformat(value: Value, texts: &mut Texts<'_>) -> Value {
    texts.make(|_, out| write(value, Form::Iso, out))
}

/// A part of a date or datetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is Python's attribute or method of its name")]
pub enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Weekday,
    Isoweekday,
}

/// A part of a date or datetime; of the clock only where there is one.
#[must_use]
pub fn part(value: Value, part: Part) -> Value {
    let (days, clock) = match value {
        Value::Date(days) => (days, None),
        Value::DateTime { micros, .. } => {
            let (days, rest) = split(micros);
            (days, Some(rest / SECOND))
        }
        _ => return Value::Unsure,
    };
    let found = match part {
        Part::Year => Some(i64::from(civil(days).0)),
        Part::Month => Some(i64::from(civil(days).1)),
        Part::Day => Some(i64::from(civil(days).2)),
        Part::Hour => clock.map(|seconds| seconds / 3600),
        Part::Minute => clock.map(|seconds| seconds / 60 % 60),
        Part::Second => clock.map(|seconds| seconds % 60),
        // 1970-01-01 was a Thursday.
        Part::Weekday => Some(i64::from((days + 3).rem_euclid(7))),
        Part::Isoweekday => Some(i64::from((days + 3).rem_euclid(7)) + 1),
    };
    found.map_or(Value::Unsure, Value::Int)
}

/// `value.date()`.
#[must_use]
pub fn date(value: Value) -> Value {
    match value {
        Value::DateTime { micros, .. } => Value::Date(split(micros).0),
        _ => Value::Unsure,
    }
}

/// `value.days`.
#[must_use]
pub fn days(value: Value) -> Value {
    match value {
        Value::Delta(micros) => Value::Int(micros.div_euclid(DAY)),
        _ => Value::Unsure,
    }
}

/// `value.total_seconds()`.
#[must_use]
pub fn total_seconds(value: Value) -> Value {
    match value {
        Value::Delta(micros) => number::divide(micros, SECOND).map_or(Value::Unsure, Value::Float),
        _ => Value::Unsure,
    }
}

/// A duration, where 64 bits hold it; Python's own limit lies further out.
#[must_use]
pub fn delta(micros: Option<i64>) -> Value {
    micros.map_or(Value::Unsure, Value::Delta)
}

fn day(days: Option<i64>) -> Value {
    let days = days.and_then(|days| i32::try_from(days).ok());
    days.filter(|days| (FIRST..=LAST).contains(days)).map_or(Value::Unsure, Value::Date)
}

fn moment(offset: i32, micros: Option<i64>) -> Value {
    match micros {
        Some(micros) if (i64::from(FIRST) * DAY..(i64::from(LAST) + 1) * DAY).contains(&micros) => {
            Value::DateTime { offset, micros }
        }
        _ => Value::Unsure,
    }
}

/// `a + b`. Of a duration that is added to a date only the days count.
#[must_use]
pub fn add(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Delta(a), Value::Delta(b)) => delta(a.checked_add(b)),
        (Value::Date(days), Value::Delta(micros)) | (Value::Delta(micros), Value::Date(days)) => {
            day(i64::from(days).checked_add(micros.div_euclid(DAY)))
        }
        (Value::DateTime { offset, micros }, Value::Delta(more))
        | (Value::Delta(more), Value::DateTime { offset, micros }) => moment(offset, micros.checked_add(more)),
        _ => Value::Unsure,
    }
}

/// `a - b`.
#[must_use]
pub fn sub(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Delta(a), Value::Delta(b)) => delta(a.checked_sub(b)),
        (Value::Date(a), Value::Date(b)) => Value::Delta(i64::from(a - b) * DAY),
        (Value::Date(days), Value::Delta(micros)) => day(i64::from(days).checked_sub(micros.div_euclid(DAY))),
        (Value::DateTime { offset, micros }, Value::Delta(less)) => moment(offset, micros.checked_sub(less)),
        (Value::DateTime { offset: a, micros }, Value::DateTime { offset: b, micros: other }) => {
            if a == b {
                Value::Delta(micros - other)
            } else if a == NAIVE || b == NAIVE {
                Value::Unsure
            } else {
                Value::Delta(micros - other - i64::from(a - b) * SECOND)
            }
        }
        _ => Value::Unsure,
    }
}

/// `a / b` of durations: a float, or a duration rounded half to even.
#[must_use]
pub fn div(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Delta(a), Value::Delta(b)) => number::divide(a, b).map_or(Value::Unsure, Value::Float),
        (Value::Delta(a), Value::Int(b)) => {
            let (Some(floor), Some(rest)) = (number::floor(a, b), number::remain(a, b)) else {
                return Value::Unsure;
            };
            let twice = i128::from(rest).abs() * 2;
            let size = i128::from(b).abs();
            let up = twice > size || twice == size && floor % 2 != 0;
            delta(floor.checked_add(i64::from(up)))
        }
        _ => Value::Unsure,
    }
}

/// `a // b` of durations: an int, or a duration.
#[must_use]
pub fn floordiv(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Delta(a), Value::Delta(b)) => number::floor(a, b).map_or(Value::Unsure, Value::Int),
        (Value::Delta(a), Value::Int(b)) => delta(number::floor(a, b)),
        _ => Value::Unsure,
    }
}
