//! Exact numbers: integers and decimals of any size, never binary floating point.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An exact decimal number. `1`, `1.0` and `1e0` are one number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(Arc<BigDecimal>);

/// Digits a number may have before and after its decimal point. Larger ones are refused where they
/// would arise, so that no short text can stand for megabytes of digits.
const MAX_DIGITS: i64 = 4096;

/// Significant digits of a quotient that does not end: as many as Terraform's 512 bits hold.
const DIVISION_DIGITS: u64 = 154;

impl Number {
    /// Any decimal, normalised so that equal numbers print alike.
    pub fn new(decimal: BigDecimal) -> Self {
        Self(Arc::new(decimal.normalized()))
    }

    pub fn decimal(&self) -> &BigDecimal {
        &self.0
    }

    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    pub fn is_negative(&self) -> bool {
        self.0.is_negative()
    }

    /// The number as an `i64`, if it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        if self.0.is_integer() { self.0.to_i64() } else { None }
    }

    /// The number as a `usize`, if it is whole, not negative and fits.
    pub fn as_usize(&self) -> Option<usize> {
        if self.0.is_integer() { self.0.to_usize() } else { None }
    }

    /// The number as an integer of any size, if it is whole.
    pub fn as_integer(&self) -> Option<BigInt> {
        self.0.is_integer().then(|| self.0.with_scale(0).into_bigint_and_exponent().0)
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The shortest decimal that reads as this `f64`; `None` for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_finite() { format!("{value:e}").parse().ok() } else { None }
    }

    /// The sum; like the other operations `None` if it has too many digits.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Self::within_limits(&*self.0 + &*other.0)
    }

    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        Self::within_limits(&*self.0 - &*other.0)
    }

    pub fn checked_mul(&self, other: &Self) -> Option<Self> {
        Self::within_limits(&*self.0 * &*other.0)
    }

    /// The quotient, to 154 significant digits; `None` for a division by zero.
    pub fn checked_div(&self, other: &Self) -> Option<Self> {
        if other.0.is_zero() {
            return None;
        }
        let quotient = &*self.0 / &*other.0;
        Self::within_limits(quotient.with_precision_round(
            std::num::NonZeroU64::new(DIVISION_DIGITS).unwrap_or(std::num::NonZeroU64::MIN),
            RoundingMode::HalfEven,
        ))
    }

    /// The remainder, with the sign of `self`; `None` for a division by zero.
    pub fn checked_rem(&self, other: &Self) -> Option<Self> {
        if other.0.is_zero() { None } else { Self::within_limits(&*self.0 % &*other.0) }
    }

    #[must_use]
    pub fn negated(&self) -> Self {
        Self::new(-&*self.0)
    }

    #[must_use]
    pub fn abs(&self) -> Self {
        Self::new(self.0.abs())
    }

    /// The nearest whole number not above.
    #[must_use]
    pub fn floor(&self) -> Self {
        Self::new(self.0.with_scale_round(0, RoundingMode::Floor))
    }

    /// The nearest whole number not below.
    #[must_use]
    pub fn ceil(&self) -> Self {
        Self::new(self.0.with_scale_round(0, RoundingMode::Ceiling))
    }

    /// The number without its fraction.
    #[must_use]
    pub fn truncated(&self) -> Self {
        Self::new(self.0.with_scale_round(0, RoundingMode::Down))
    }

    fn within_limits(decimal: BigDecimal) -> Option<Self> {
        let normalized = decimal.normalized();
        let (_, scale) = normalized.as_bigint_and_scale();
        let digits = i64::try_from(normalized.digits()).ok()?;
        (scale <= MAX_DIGITS && digits - scale <= MAX_DIGITS).then(|| Self(Arc::new(normalized)))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::new(BigDecimal::from(value))
    }
}

impl From<BigInt> for Number {
    fn from(value: BigInt) -> Self {
        Self::new(BigDecimal::from(value))
    }
}

impl FromStr for Number {
    type Err = bigdecimal::ParseBigDecimalError;

    /// Decimal notation with optional exponent: `12`, `-0.5`, `1e3`. Numbers of more than 4096 digits
    /// before or after the decimal point are refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let too_large = || bigdecimal::ParseBigDecimalError::Other("number out of range".to_string());
        // BigDecimal also reads underscores, which the language does not.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        if !plain || text.len() > 3 * MAX_DIGITS as usize {
            return Err(too_large());
        }
        BigDecimal::from_str(text).and_then(|decimal| Self::within_limits(decimal).ok_or_else(too_large))
    }
}

/// Plain notation, as Terraform prints numbers: `1000000`, `0.5`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}
