//! Numbers: `abs`, `ceil`, `floor`, `log`, `max`, `min`, `parseint`, `pow`, `signum`, `sum`.

use super::{Cx, Error, Function, Ty, argument, function, items, number, number_at, param, whole};
use crate::lang::convert;
use crate::value::{Number, Type, Value};
use bigdecimal::num_bigint::BigInt;

pub(super) const FUNCTIONS: &[Function] = &[
    function("abs", &[param("num", Ty::Number)], Ty::Number, |_, args| Ok(number(number_at(args, 0)?.abs()))),
    function("ceil", &[param("num", Ty::Number)], Ty::Number, |_, args| {
        Ok(number(number_at(args, 0)?.ceil()))
    }),
    function("floor", &[param("num", Ty::Number)], Ty::Number, |_, args| {
        Ok(number(number_at(args, 0)?.floor()))
    }),
    function("log", &[param("num", Ty::Number), param("base", Ty::Number)], Ty::Number, log),
    function("max", &[param("numbers", Ty::Number)], Ty::Number, |_, args| extreme(args, true))
        .variadic(param("numbers", Ty::Number)),
    function("min", &[param("numbers", Ty::Number)], Ty::Number, |_, args| extreme(args, false))
        .variadic(param("numbers", Ty::Number)),
    function("parseint", &[param("number", Ty::Any), param("base", Ty::Number)], Ty::Number, parseint),
    function("pow", &[param("num", Ty::Number), param("power", Ty::Number)], Ty::Number, pow),
    function("signum", &[param("num", Ty::Number)], Ty::Number, signum),
    function("sum", &[param("list", Ty::Sequence)], Ty::Number, sum),
];

fn log(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let result = number_at(args, 0)?.to_f64().ln() / number_at(args, 1)?.to_f64().ln();
    Ok(number(Number::from_f64(result).ok_or("the logarithm is not a finite number")?))
}

fn extreme(args: &[Value], largest: bool) -> Result<Value, Error> {
    let numbers = args.iter().filter_map(Value::as_number);
    let found = if largest { numbers.max() } else { numbers.min() };
    Ok(number(found.ok_or("at least one number is required")?.clone()))
}

fn parseint(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let Some(digits) = args[0].as_str() else {
        return argument(0, format!("a string is required, not a {}", args[0].type_name()));
    };
    let base = match whole(args, 1)? {
        base @ 2..=62 => base as u32,
        _ => return argument(1, "base must be a whole number between 2 and 62 inclusive"),
    };
    let refuse = || Error::Argument(0, format!("cannot parse {digits:?} as a base {base} integer"));
    if digits.len() > 4096 {
        return argument(0, "too many digits");
    }
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    if digits.is_empty() {
        return Err(refuse());
    }
    let mut value = BigInt::from(0);
    for digit in digits.bytes() {
        // Up to base 36 case does not matter; beyond, capitals follow the small letters.
        let digit = match digit {
            b'0'..=b'9' => u32::from(digit - b'0'),
            b'a'..=b'z' => u32::from(digit - b'a') + 10,
            b'A'..=b'Z' if base <= 36 => u32::from(digit - b'A') + 10,
            b'A'..=b'Z' => u32::from(digit - b'A') + 36,
            _ => return Err(refuse()),
        };
        if digit >= base {
            return Err(refuse());
        }
        value = value * base + digit;
    }
    Ok(number(Number::from(if negative { -value } else { value })))
}

fn pow(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let (base, power) = (number_at(args, 0)?, number_at(args, 1)?);
    // Whole powers stay exact as long as they are of a reasonable size.
    if let Some(exponent @ 0..=1024) = power.as_i64() {
        let mut result = Number::from(1);
        for _ in 0..exponent {
            result = result.checked_mul(base).ok_or("the result has too many digits")?;
        }
        return Ok(number(result));
    }
    let result = base.to_f64().powf(power.to_f64());
    Ok(number(Number::from_f64(result).ok_or("the result is not a finite number")?))
}

fn signum(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let given = number_at(args, 0)?;
    Ok(Value::from(match (given.is_zero(), given.is_negative()) {
        (true, _) => 0,
        (_, true) => -1,
        _ => 1,
    }))
}

fn sum(_: &Cx, args: &[Value]) -> Result<Value, Error> {
    let list = items(args, 0);
    if list.is_empty() {
        return argument(0, "cannot sum an empty list");
    }
    let mut total = Number::from(0);
    for item in list {
        if item.is_null() {
            return argument(0, "argument must be a list, set, or tuple of number values");
        }
        let Ok(item) = convert::convert(item.clone(), &Type::Number) else {
            return argument(0, "argument must be a list, set, or tuple of number values");
        };
        if let Some(item) = item.as_number() {
            total = total.checked_add(item).ok_or("the sum has too many digits")?;
        }
    }
    Ok(number(total))
}
