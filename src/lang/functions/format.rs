//! `format` and `formatlist`: Terraform's verbs, flags, widths and precisions.

use super::string::check_length;
use super::{Cx, Error, Function, Ty, argument, encoding, function, param, text};
use crate::lang::convert;
use crate::lang::eval::unknown_because;
use crate::value::{Data, Number, Type, Value};
use bigdecimal::{BigDecimal, RoundingMode};
use unicode_segmentation::UnicodeSegmentation;

pub(super) const FUNCTIONS: &[Function] = &[
    function("format", &[param("format", Ty::String)], Ty::String, |_, args| {
        format(text(args, 0), &args[1..]).map(Value::string)
    })
    .variadic(param("args", Ty::Any).nullable()),
    function("formatlist", &[param("format", Ty::String)], Ty::Strings, formatlist)
        .variadic(param("args", Ty::Any).nullable().shallow()),
];

/// Widths and precisions beyond this are refused.
const MAX_WIDTH: usize = 1024;

#[derive(Default)]
struct Verb {
    plus: bool,
    minus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: Option<usize>,
    precision: Option<usize>,
    mode: char,
}

fn formatlist(cx: &Cx, args: &[Value]) -> Result<Value, Error> {
    let mut length: Option<(usize, usize)> = None;
    for (index, value) in args.iter().enumerate().skip(1) {
        let Some(items) = value.as_items() else { continue };
        match length {
            None => length = Some((items.len(), index)),
            Some((known, first)) if known != items.len() => {
                return argument(
                    index,
                    format!(
                        "argument {index} has length {}, which is inconsistent with argument {first} of length {known}",
                        items.len()
                    ),
                );
            }
            Some(_) => {}
        }
    }
    let rows = length.map_or(1, |(rows, _)| rows);
    cx.spend(rows.saturating_mul(args.len()))?;
    let mut results = Vec::with_capacity(rows);
    for row in 0..rows {
        let values: Vec<Value> = args[1..]
            .iter()
            .map(|value| value.as_items().map_or(value, |items| &items[row]).clone())
            .collect();
        let sensitive = values.iter().any(Value::contains_sensitive);
        let result = if values.iter().any(Value::contains_unknown) {
            unknown_because(Type::String, &values)
        } else {
            Value::string(format(text(args, 0), &values).map_err(|error| match error {
                Error::Call(message) => Error::Call(format!("error on format iteration {row}: {message}")),
                other => other,
            })?)
        };
        results.push(result.mark(sensitive));
    }
    Ok(Value::list(results))
}

fn format(spec: &str, args: &[Value]) -> Result<String, Error> {
    let mut output = String::new();
    let mut next = 0usize;
    let mut used = 0usize;
    let mut indexed = false;
    let mut rest = spec;
    while let Some(at) = rest.find('%') {
        output.push_str(&rest[..at]);
        let offset = spec.len() - rest.len() + at;
        rest = &rest[at + 1..];
        let (verb, explicit, after) = parse_verb(rest, offset)?;
        rest = after;
        if verb.mode == '%' {
            output.push('%');
            continue;
        }
        if let Some(explicit) = explicit {
            next = explicit;
            indexed = true;
        }
        let Some(value) = args.get(next) else {
            return Err(format!(
                "not enough arguments for \"%{}\" at {offset}: need index {} but have {} total",
                verb.mode,
                next + 1,
                args.len()
            )
            .into());
        };
        let written = render(&verb, value).map_err(|reason| {
            Error::Call(format!("unsupported value for \"%{}\" at {offset}: {reason}", verb.mode))
        })?;
        check_length(output.len() + written.len() + spec.len())?;
        output.push_str(&written);
        next += 1;
        used = used.max(next);
    }
    output.push_str(rest);
    if !indexed && used < args.len() {
        return Err(match used {
            0 => "too many arguments; no verbs in format string".to_string(),
            used => format!("too many arguments; only {used} used by format string"),
        }
        .into());
    }
    Ok(output)
}

/// Reads what follows a `%`: flags, width, precision, `[index]` (from 1) and the letter.
fn parse_verb(text: &str, offset: usize) -> Result<(Verb, Option<usize>, &str), Error> {
    let mut verb = Verb::default();
    let mut explicit = None;
    let mut rest = text;
    loop {
        let Some(c) = rest.chars().next() else {
            return Err(format!("unexpected end of format string after \"%\" at {offset}").into());
        };
        match c {
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            ' ' => verb.space = true,
            '0' if verb.width.is_none() => verb.zero = true,
            '#' => verb.sharp = true,
            '1'..='9' => {
                let (width, after) = digits(rest, offset)?;
                verb.width = Some(width);
                rest = after;
                continue;
            }
            '.' => {
                let (precision, after) = digits(&rest[1..], offset)?;
                verb.precision = Some(precision);
                rest = after;
                continue;
            }
            '[' => {
                let (index, after) = digits(&rest[1..], offset)?;
                let after = after.strip_prefix(']').filter(|_| index > 0).ok_or_else(|| {
                    Error::Call(format!("invalid argument index in the verb at {offset}; write %[1]d"))
                })?;
                explicit = Some(index - 1);
                rest = after;
                continue;
            }
            '%' | 'v' | 't' | 'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' | 's' | 'q' => {
                verb.mode = c;
                return Ok((verb, explicit, &rest[1..]));
            }
            other if other.is_ascii_alphabetic() => {
                let raw = &text[..text.len() - rest.len() + 1];
                return Err(
                    format!("unsupported format verb {other:?} in \"%{raw}\" at offset {offset}").into()
                );
            }
            other => {
                let at = offset + 1 + text.len() - rest.len();
                return Err(format!("unrecognized format character {other:?} at offset {at}").into());
            }
        }
        rest = &rest[1..];
    }
}

fn digits(text: &str, offset: usize) -> Result<(usize, &str), Error> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let value = if end == 0 { Some(0) } else { text[..end].parse().ok().filter(|value| *value <= MAX_WIDTH) };
    match value {
        Some(value) => Ok((value, &text[end..])),
        None => Err(format!("a number in the verb at {offset} is larger than {MAX_WIDTH}").into()),
    }
}

fn render(verb: &Verb, value: &Value) -> Result<String, String> {
    if verb.mode == 'v' {
        return Ok(pad(verb, as_is(verb, value)));
    }
    if value.is_null() {
        return Err("null value cannot be formatted".to_string());
    }
    let convert_to = |ty: &Type| convert::convert(value.clone(), ty).map_err(|error| error.to_string());
    match verb.mode {
        't' => {
            let value = convert_to(&Type::Bool)?;
            Ok(pad(verb, value.as_bool().unwrap_or_default().to_string()))
        }
        's' | 'q' => {
            let value = convert_to(&Type::String)?;
            let mut text = value.as_str().unwrap_or_default().to_string();
            if let Some(precision) = verb.precision {
                text = text.graphemes(true).take(precision).collect();
            }
            if verb.mode == 'q' {
                text = encoding::json_string(&text);
            }
            Ok(pad(verb, text))
        }
        mode => {
            let value = convert_to(&Type::Number)?;
            let number = value.as_number().ok_or("a number is required")?;
            Ok(match mode {
                'b' | 'd' | 'o' | 'x' | 'X' if number.truncated() != *number => {
                    return Err("an integer is required".to_string());
                }
                'b' | 'd' | 'o' | 'x' | 'X' => integer(verb, number),
                _ => sign_and_pad(verb, number.is_negative(), &float(verb, &number.abs())),
            })
        }
    }
}

/// `%v`: text as it is, numbers in their shortest form, everything else as JSON.
fn as_is(verb: &Verb, value: &Value) -> String {
    match value.data() {
        Data::String(text) if !verb.sharp => text.to_string(),
        Data::Number(number) if !verb.sharp => {
            let general = Verb { mode: 'g', ..Verb::default() };
            let sign = if number.is_negative() { "-" } else { "" };
            format!("{sign}{}", float(&general, &number.abs()))
        }
        _ => encoding::json(value),
    }
}

/// Pads text to the width, counted in what a reader takes for characters.
fn pad(verb: &Verb, text: String) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(text.graphemes(true).count());
    let fill = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus { text + &fill } else { fill + &text }
}

fn sign_and_pad(verb: &Verb, negative: bool, digits: &str) -> String {
    let sign = match negative {
        true => "-",
        false if verb.plus => "+",
        false if verb.space => " ",
        false => "",
    };
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
    if verb.minus {
        format!("{sign}{digits}{}", " ".repeat(missing))
    } else if verb.zero {
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{sign}{digits}", " ".repeat(missing))
    }
}

fn integer(verb: &Verb, number: &Number) -> String {
    let whole = number.abs().truncated().as_integer().unwrap_or_default();
    let radix = match verb.mode {
        'b' => 2,
        'o' => 8,
        'x' | 'X' => 16,
        _ => 10,
    };
    let mut digits = whole.to_str_radix(radix);
    if verb.mode == 'X' {
        digits = digits.to_ascii_uppercase();
    }
    if let Some(precision) = verb.precision {
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    }
    if verb.sharp {
        digits = match verb.mode {
            'b' => format!("0b{digits}"),
            'o' => format!("0{digits}"),
            'x' => format!("0x{digits}"),
            'X' => format!("0X{digits}"),
            _ => digits,
        };
    }
    let negative = number.is_negative() && !number.truncated().is_zero();
    sign_and_pad(verb, negative, &digits)
}

/// The digits of a number that is not negative, without padding.
fn float(verb: &Verb, number: &Number) -> String {
    match verb.mode {
        'f' => {
            let precision = verb.precision.unwrap_or(6);
            number.decimal().with_scale_round(precision as i64, RoundingMode::HalfEven).to_plain_string()
        }
        'e' | 'E' => {
            let (digits, exponent) = rounded(number.decimal(), verb.precision.unwrap_or(6) + 1);
            exponential(&digits, exponent, verb.mode)
        }
        _ => {
            let shortest = verb.precision.is_none();
            let (mut digits, exponent) = match verb.precision {
                Some(precision) => rounded(number.decimal(), precision.max(1)),
                None => rounded(number.decimal(), usize::MAX),
            };
            while digits.len() > 1 && digits.ends_with('0') {
                digits.pop();
            }
            let mut limit = verb.precision.unwrap_or(6).max(1) as i64;
            if !shortest && limit > digits.len() as i64 && digits.len() as i64 > exponent {
                limit = digits.len() as i64;
            }
            if shortest {
                limit = 6;
            }
            if exponent < -4 || exponent >= limit {
                exponential(&digits, exponent, if verb.mode == 'G' { 'E' } else { 'e' })
            } else {
                plain(&digits, exponent)
            }
        }
    }
}

/// The first `count` significant digits, and the exponent of the first one.
fn rounded(number: &BigDecimal, count: usize) -> (String, i64) {
    if bigdecimal::Zero::is_zero(number) {
        let zeros = if count == usize::MAX { 1 } else { count };
        return ("0".repeat(zeros), 0);
    }
    let cut = match std::num::NonZeroU64::new(count as u64) {
        Some(precision) if (count as u64) < number.digits() => {
            number.with_precision_round(precision, RoundingMode::HalfEven)
        }
        _ => number.clone(),
    };
    let (digits, scale) = cut.as_bigint_and_scale();
    let mut digits = digits.to_string();
    let exponent = digits.len() as i64 - 1 - scale;
    if count != usize::MAX {
        digits.extend(std::iter::repeat_n('0', count.saturating_sub(digits.len())));
        digits.truncate(count);
    }
    (digits, exponent)
}

fn exponential(digits: &str, exponent: i64, letter: char) -> String {
    let (first, fraction) = digits.split_at(1);
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{fraction}{letter}{sign}{:02}", exponent.abs())
}

fn plain(digits: &str, exponent: i64) -> String {
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}
