//! Date and time: `formatdate`, `plantimestamp`, `timeadd`, `timecmp`, `timestamp`.

use super::{Cx, Error, Function, Ty, argument, function, param, text};
use crate::value::Value;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Function] = &[
    function("formatdate", &[param("format", Ty::String), param("time", Ty::String)], Ty::String, formatdate),
    function("plantimestamp", &[], Ty::String, now),
    function(
        "timeadd",
        &[param("timestamp", Ty::String), param("duration", Ty::String)],
        Ty::String,
        timeadd,
    ),
    function(
        "timecmp",
        &[param("timestamp_a", Ty::String), param("timestamp_b", Ty::String)],
        Ty::Number,
        |_, args| {
            let (a, b) = (parse(args, 0)?, parse(args, 1)?);
            Ok(Value::from(match a.at.cmp(&b.at) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }))
        },
    ),
    function("timestamp", &[], Ty::String, now),
];

/// A moment, and the offset from UTC it was written with.
struct Time {
    at: Timestamp,
    offset: Offset,
}

impl Time {
    fn civil(&self) -> DateTime {
        self.offset.to_datetime(self.at)
    }
}

/// The time of the plan: the same for every call, and part of the plan.
fn now(cx: &Cx, _: &[Value]) -> Result<Value, Error> {
    let Some(inputs) = cx.evaluator.scope.inputs() else {
        return Err("the time is not known here".into());
    };
    let now = Timestamp::from_second(inputs.now).map_err(|error| error.to_string())?;
    Ok(Value::string(rfc3339(&Time { at: now, offset: Offset::UTC })))
}

/// Strict RFC 3339, keeping the offset it was written with.
fn parse(args: &[Value], index: usize) -> Result<Time, Error> {
    let given = text(args, index);
    let refuse = |reason: &str| Error::Argument(index, format!("not a valid RFC3339 timestamp: {reason}"));
    let bytes = given.as_bytes();
    if bytes.len() < 11 || bytes[10] != b'T' {
        return Err(refuse("missing required time introducer 'T', as in 2017-11-22T00:00:00Z"));
    }
    let zone_at = given[11..].find(['Z', '+', '-']).map(|at| at + 11);
    let Some(zone_at) = zone_at else {
        return Err(refuse("missing the offset from UTC: Z, or hours and minutes such as +01:00"));
    };
    let (civil, zone) = given.split_at(zone_at);
    let shape = civil.len() >= 19 && civil.as_bytes()[13] == b':' && civil.as_bytes()[16] == b':';
    let civil: DateTime = civil
        .parse()
        .ok()
        .filter(|_| shape)
        .ok_or_else(|| refuse("the date or the time of day does not exist"))?;
    let offset = if zone == "Z" {
        Offset::UTC
    } else {
        let parsed = zone[1..].split_once(':').and_then(|(hours, minutes)| {
            let two = |text: &str| (text.len() == 2).then(|| text.parse::<i32>().ok()).flatten();
            let seconds = two(hours).filter(|h| *h < 24)? * 3600 + two(minutes).filter(|m| *m < 60)? * 60;
            Offset::from_seconds(if zone.starts_with('-') { -seconds } else { seconds }).ok()
        });
        parsed.ok_or_else(|| refuse("the offset from UTC must be Z or hours and minutes such as +01:00"))?
    };
    offset.to_timestamp(civil).map(|at| Time { at, offset }).map_err(|_| refuse("out of range"))
}

fn rfc3339(time: &Time) -> String {
    let civil = time.civil();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        offset(time, ":", "Z")
    )
}

/// `+01:00`, or `utc` for no offset.
fn offset(time: &Time, separator: &str, utc: &str) -> String {
    let seconds = time.offset.seconds();
    if seconds == 0 && !utc.is_empty() {
        return utc.to_string();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
}

fn timeadd(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let time = parse(args, 0)?;
    let nanoseconds = duration(text(args, 1)).ok_or_else(|| {
        Error::Argument(1, format!("{:?} is not a duration such as \"1h30m\" or \"-10s\"", text(args, 1)))
    })?;
    let span = SignedDuration::from_nanos_i128(nanoseconds);
    match time.at.checked_add(span) {
        Ok(at) => Ok(Value::string(rfc3339(&Time { at, ..time }))),
        Err(_) => Err("the resulting time is out of range".into()),
    }
}

/// Nanoseconds of a duration in Go's notation: signed numbers with units, `1h2.5m`.
fn duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(whole.checked_mul(unit)?)?;
        let mut scale = unit;
        for digit in fraction.bytes() {
            scale /= 10;
            total = total.checked_add(i128::from(digit - b'0') * scale)?;
        }
        rest = after;
    }
    (total <= i128::from(i64::MAX)).then_some(if negative { -total } else { total })
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn formatdate(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let time = parse(args, 1)?;
    let mut output = String::new();
    let mut rest = text(args, 0);
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = quoted(&rest[1..], &mut output)?;
            continue;
        }
        if !first.is_ascii_alphabetic() {
            output.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let end = rest.find(|c| c != first).unwrap_or(rest.len());
        let (verb, after) = rest.split_at(end);
        output.push_str(&written(verb, &time)?);
        rest = after;
    }
    Ok(Value::string(output))
}

/// Text in single quotes stands for itself, `''` in it for a quote.
fn quoted<'t>(mut rest: &'t str, output: &mut String) -> Result<&'t str, Error> {
    // Two quotes on their own are one, too.
    if let Some(after) = rest.strip_prefix('\'') {
        output.push('\'');
        return Ok(after);
    }
    loop {
        let Some(end) = rest.find('\'') else { return argument(0, "unterminated literal '...'") };
        output.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        let Some(after) = rest.strip_prefix('\'') else { return Ok(rest) };
        output.push('\'');
        rest = after;
    }
}

fn written(verb: &str, time: &Time) -> Result<String, Error> {
    let civil = time.civil();
    let (hour, half) = (civil.hour(), (civil.hour() + 11) % 12 + 1);
    let month = MONTHS[(civil.month() - 1) as usize];
    let day = DAYS[civil.weekday().to_sunday_zero_offset() as usize];
    Ok(match verb {
        "YYYY" => format!("{:04}", civil.year()),
        "YY" => format!("{:02}", civil.year() % 100),
        "MMMM" => month.to_string(),
        "MMM" => month[..3].to_string(),
        "MM" => format!("{:02}", civil.month()),
        "M" => civil.month().to_string(),
        "DD" => format!("{:02}", civil.day()),
        "D" => civil.day().to_string(),
        "EEEE" => day.to_string(),
        "EEE" => day[..3].to_string(),
        "hh" => format!("{hour:02}"),
        "h" => hour.to_string(),
        "HH" => format!("{half:02}"),
        "H" => half.to_string(),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_string(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_string(),
        "mm" => format!("{:02}", civil.minute()),
        "m" => civil.minute().to_string(),
        "ss" => format!("{:02}", civil.second()),
        "s" => civil.second().to_string(),
        "ZZZZZ" => offset(time, ":", ""),
        "ZZZZ" => offset(time, "", ""),
        "ZZZ" => offset(time, "", "UTC"),
        "Z" => offset(time, ":", "Z"),
        verb => {
            let hint = match verb.as_bytes()[0] {
                b'Y' => "year must either be \"YYYY\" or \"YY\"",
                b'M' => "month must be \"MMMM\", \"MMM\", \"MM\" or \"M\"",
                b'D' => "day of month must either be \"DD\" or \"D\"",
                b'E' => "day of week must either be \"EEEE\" or \"EEE\"",
                b'h' => "24-hour must either be \"hh\" or \"h\"",
                b'H' => "12-hour must either be \"HH\" or \"H\"",
                b'A' => "must be \"AA\"",
                b'a' => "must be \"aa\"",
                b'm' => "minute must either be \"mm\" or \"m\"",
                b's' => "second must either be \"ss\" or \"s\"",
                b'Z' => "timezone must be \"Z\", \"ZZZ\", \"ZZZZ\" or \"ZZZZZ\"",
                _ => "enclose text in single quotes",
            };
            return argument(0, format!("invalid date format verb {verb:?}: {hint}"));
        }
    })
}
