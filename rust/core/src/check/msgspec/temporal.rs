//! Temporal: RFC 3339 dates, times and datetimes, and ISO 8601 durations of days, hours, minutes and seconds.

use std::io::Write;

use crate::check::temporal;
use crate::check::{Kernel, Verdict};
use crate::plan::{Bounds, ErrorCode, Microseconds, Unit, Zone};

/// Longer durations are left to msgspec: Python has no room for them, or 64 bits of microseconds do not.
const DAYS: i64 = 100_000_000;

const DAY: i64 = 86_400_000_000;

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// What follows the seconds: a fraction of up to six digits and an offset. None where that is not known.
fn is_rest(rest: &[u8]) -> Option<bool> {
    let mut rest = rest;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let places = digits(fraction);
        match places {
            0 => return Some(false),
            1..=6 => rest = &fraction[places..],
            // The seventh digit rounds the sixth.
            _ => return None,
        }
    }
    match rest {
        [] | [b'Z' | b'z'] => Some(true),
        [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
            let (hours, minutes) = ((a - b'0') * 10 + b - b'0', (c - b'0') * 10 + d - b'0');
            Some(hours < 24 && minutes < 60)
        }
        // `+0200` is an offset, too.
        [b'+' | b'-', rest @ ..]
            if rest.len() >= 4 && rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b':') =>
        {
            None
        }
        _ => Some(false),
    }
}

/// Whether a text is a time, as far as its form goes. None where that is not known.
fn is_clock(bytes: &[u8]) -> Option<bool> {
    let Some((clock, rest)) = bytes.split_at_checked(8) else { return Some(false) };
    if clock[2] != b':' || clock[5] != b':' {
        return Some(false);
    }
    is_rest(rest)
}

/// The verdict of a kernel of Pydantic's on a text whose form msgspec reads: the reasons are not msgspec's.
fn reworded(verdict: Verdict, code: ErrorCode) -> Verdict {
    match verdict {
        Verdict::Reject(zone @ (ErrorCode::TimezoneAware | ErrorCode::TimezoneNaive)) => Verdict::Reject(zone),
        Verdict::Reject(_) | Verdict::RejectWith(..) => Verdict::Reject(code),
        verdict => verdict,
    }
}

/// `YYYY-MM-DD`.
#[derive(Debug)]
pub struct Date;

impl Kernel for Date {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, _out: &mut Vec<u8>) -> Verdict {
        match text.as_bytes().try_into().ok().and_then(temporal::plain_day) {
            Some(_) => Verdict::Same(0),
            None => refused(text, ErrorCode::DateParsing),
        }
    }
}

/// A date and a time. Cells may also be numbers of seconds.
#[derive(Debug)]
pub struct DateTime(temporal::DateTime);

impl DateTime {
    /// Compiles the constraint.
    pub fn new(zone: Option<Zone>) -> Result<Self, speedate::ParseError> {
        temporal::DateTime::new(&Bounds::default(), zone, Microseconds::Truncate, Unit::Infer).map(Self)
    }
}

impl Kernel for DateTime {
    const TEXT: bool = true;

    #[inline(always)]
    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let bytes = text.as_bytes();
        let Some((day, rest)) = bytes.split_first_chunk::<10>() else { return no_moment(text) };
        let dashed = day[4] == b'-' && day[7] == b'-' && digits(day) == 4;
        match rest {
            [b'T' | b't' | b' ', clock @ ..] if dashed => match is_clock(clock) {
                Some(true) if temporal::plain_day(day).is_some() => {
                    reworded(self.0.check(text, out), ErrorCode::DatetimeParsing)
                }
                Some(_) => refused(text, ErrorCode::DatetimeParsing),
                None => Verdict::Unsure,
            },
            _ => no_moment(text),
        }
    }
}

/// Anything but a number, or a word that stands for one, is surely refused.
#[cold]
fn no_moment(text: &str) -> Verdict {
    let number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let word = text.trim_start_matches(['-', '+']);
    let maybe = ["nan", "inf", "infinity"].iter().any(|each| each.eq_ignore_ascii_case(word));
    if maybe || (!text.is_empty() && text.bytes().all(number)) {
        return Verdict::Unsure;
    }
    refused(text, ErrorCode::DatetimeParsing)
}

/// Refuses a text, unless a NUL is in it, which msgspec may take for its end.
#[cold]
fn refused(text: &str, code: ErrorCode) -> Verdict {
    if text.contains('\0') { Verdict::Unsure } else { Verdict::Reject(code) }
}

/// A time of day.
#[derive(Debug)]
pub struct Time(temporal::Time);

impl Time {
    /// Compiles the constraint.
    pub fn new(zone: Option<Zone>) -> Result<Self, speedate::ParseError> {
        temporal::Time::new(&Bounds::default(), zone, Microseconds::Truncate).map(Self)
    }
}

impl Kernel for Time {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        match is_clock(text.as_bytes()) {
            Some(true) => reworded(self.0.check(text, out), ErrorCode::TimeParsing),
            Some(false) => refused(text, ErrorCode::TimeParsing),
            None => Verdict::Unsure,
        }
    }
}

/// A duration: `P1DT2H3M4.5S`. Cells may also be numbers of seconds.
#[derive(Debug)]
pub struct TimeDelta;

/// Reads a number of one unit; the text after the unit, where it is there.
fn part(text: &[u8], unit: u8) -> Option<(Option<i64>, &[u8])> {
    let count = digits(text);
    if count == 0 || text.get(count).map(u8::to_ascii_uppercase) != Some(unit) {
        return Some((None, text));
    }
    if count > 9 {
        return None;
    }
    let value = text[..count].iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    Some((Some(value), &text[count + 1..]))
}

/// Reads seconds with up to six places, as microseconds.
fn seconds(text: &[u8]) -> Option<i64> {
    let number = text.strip_suffix(b"S").or_else(|| text.strip_suffix(b"s"))?;
    let count = digits(number);
    let places = number.get(count + 1..).unwrap_or_default();
    let pointed = number.get(count) == Some(&b'.') && matches!(places.len(), 1..=6) && digits(places) == places.len();
    if count == 0 || count > 9 || (count < number.len() && !pointed) {
        return None;
    }
    let read = |digits: &[u8]| digits.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
    let scale = 10_i64.pow(6 - u32::try_from(places.len()).ok()?);
    Some(read(&number[..count]) * 1_000_000 + read(places) * scale)
}

/// Microseconds, without the sign.
fn magnitude(text: &[u8]) -> Option<i64> {
    let [b'P' | b'p', rest @ ..] = text else { return None };
    let (days, rest) = part(rest, b'D')?;
    let days = match days {
        Some(days) if days < DAYS => days * DAY,
        Some(_) => return None,
        None => 0,
    };
    let [b'T' | b't', rest @ ..] = rest else {
        return (rest.is_empty() && text.len() > 1).then_some(days);
    };
    let (hours, after) = part(rest, b'H')?;
    let (minutes, after) = part(after, b'M')?;
    if rest.is_empty() {
        return None;
    }
    let seconds = if after.is_empty() { 0 } else { seconds(after)? };
    let (hours, minutes) = (hours.unwrap_or(0) * 3_600_000_000, minutes.unwrap_or(0) * 60_000_000);
    let sum = days.checked_add(hours)?.checked_add(minutes)?.checked_add(seconds)?;
    (sum < DAYS * DAY).then_some(sum)
}

impl Kernel for TimeDelta {
    const TEXT: bool = true;

    fn check(&self, text: &str, out: &mut Vec<u8>) -> Verdict {
        let (negative, unsigned) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        let Some(size) = magnitude(unsigned) else { return no_duration(text) };
        write(size, negative, out);
        Verdict::Written(if negative { -size } else { size })
    }
}

/// Appends a duration as msgspec writes it: days, then seconds.
fn write(size: i64, negative: bool, out: &mut Vec<u8>) {
    if size == 0 {
        out.extend_from_slice(b"P0D");
        return;
    }
    let (days, seconds, micros) = (size / DAY, size % DAY / 1_000_000, size % 1_000_000);
    out.extend_from_slice(if negative { b"-P" } else { b"P" });
    // Writing to a vector cannot fail.
    if days > 0 {
        let _ = write!(out, "{days}D");
    }
    if seconds > 0 || micros > 0 {
        let _ = write!(out, "T{seconds}");
        if micros > 0 {
            let _ = write!(out, ".{micros:06}");
            while out.last() == Some(&b'0') {
                out.pop();
            }
        }
        out.push(b'S');
    }
}

/// A text that begins like a word, and like none that msgspec knows, is surely refused.
#[cold]
fn no_duration(text: &str) -> Verdict {
    let word = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let known = matches!(text.bytes().next(), Some(b'P' | b'p' | b'N' | b'n' | b'I' | b'i'));
    if text.is_empty() || (word && !known) { refused(text, ErrorCode::TimeDeltaParsing) } else { Verdict::Unsure }
}

#[cfg(test)]
mod tests {
    use super::{Date, DateTime, Time, TimeDelta, Verdict};
    use crate::check::ask;
    use crate::plan::{ErrorCode, Zone};

    #[test]
    fn moments() {
        let refused = Verdict::Reject(ErrorCode::DatetimeParsing);
        let kernel = DateTime::new(None).expect("no bounds");
        for (text, expected) in [
            ("2024-01-31T23:23:09", Verdict::Same(0)),
            ("2024-01-31 23:23:09z", Verdict::Written(0)),
            ("2024-01-31T23:23:09.1+05:30", Verdict::Written(0)),
            ("2024-01-31T23:23:09.1234567", Verdict::Unsure),
            ("2024-01-31T23:23:09+0530", Verdict::Unsure),
            ("2024-01-31T23:23:09+24:00", refused.clone()),
            ("2024-01-31T23:23", refused.clone()),
            ("2024-02-30T00:00:00", refused.clone()),
            ("0000-01-01T00:00:00", refused.clone()),
            ("2024-01-31", Verdict::Unsure),
            ("1700000000", Verdict::Unsure),
            ("NaN", Verdict::Unsure),
            ("n/a", refused.clone()),
            ("", refused),
        ] {
            assert_eq!(ask(&kernel, text).0, expected, "{text:?}");
        }
        let aware = DateTime::new(Some(Zone::Aware)).expect("no bounds");
        assert_eq!(ask(&aware, "2024-01-31T23:23:09").0, Verdict::Reject(ErrorCode::TimezoneAware));
        let naive = Time::new(Some(Zone::Naive)).expect("no bounds");
        assert_eq!(ask(&naive, "23:23:09Z").0, Verdict::Reject(ErrorCode::TimezoneNaive));
        assert_eq!(ask(&naive, "23:23").0, Verdict::Reject(ErrorCode::TimeParsing));
        assert_eq!(ask(&Date, "2024-02-29").0, Verdict::Same(0));
        assert_eq!(ask(&Date, "2023-02-29").0, Verdict::Reject(ErrorCode::DateParsing));
    }

    #[test]
    fn durations() {
        for (text, value, expected) in [
            ("PT1S", 1_000_000, "PT1S"),
            ("P1D", 86_400_000_000, "P1D"),
            ("P1DT1H", 90_000_000_000, "P1DT3600S"),
            ("-pt1.50s", -1_500_000, "-PT1.5S"),
            ("+PT36H", 129_600_000_000, "P1DT43200S"),
            ("PT1H2M3S", 3_723_000_000, "PT3723S"),
            ("PT0S", 0, "P0D"),
            ("-P0D", 0, "P0D"),
            ("PT0.000001S", 1, "PT0.000001S"),
        ] {
            assert_eq!(ask(&TimeDelta, text), (Verdict::Written(value), expected.to_owned()), "{text}");
        }
        for text in ["P", "PT", "P1DT", "P1W", "PT1S1H", "P0.5D", "PT1,5S", "1", "nan", "P100000000D", "PT1S "] {
            assert_eq!(ask(&TimeDelta, text).0, Verdict::Unsure, "{text}");
        }
        for text in ["", "soon", "T1S"] {
            assert_eq!(ask(&TimeDelta, text).0, Verdict::Reject(ErrorCode::TimeDeltaParsing), "{text}");
        }
    }
}
