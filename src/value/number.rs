//! Exact numbers: integers and decimals of any size, never binary floating point.

use bigdecimal::BigDecimal;
use std::fmt;
use std::str::FromStr;

/// An exact decimal number. `1`, `1.0` and `1e0` are one number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(BigDecimal);

impl Number {
    /// Any decimal, normalised so that equal numbers print alike.
    pub fn new(decimal: BigDecimal) -> Self {
        Self(decimal.normalized())
    }

    pub fn decimal(&self) -> &BigDecimal {
        &self.0
    }

    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// The number as an `i64`, if it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        use bigdecimal::ToPrimitive;
        if self.0.is_integer() { self.0.to_i64() } else { None }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::new(BigDecimal::from(value))
    }
}

impl FromStr for Number {
    type Err = bigdecimal::ParseBigDecimalError;

    /// Decimal notation with optional exponent: `12`, `-0.5`, `1e3`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        BigDecimal::from_str(text).map(Self::new)
    }
}

/// Plain notation, as Terraform prints numbers: `1000000`, `0.5`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}
