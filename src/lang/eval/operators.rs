//! Unary and binary operators, with Terraform's conversions.

use super::{Env, Evaluator, Outcome, both, fail, unknown_because};
use crate::diagnostic::{Diagnostic, Span};
use crate::lang::ast::Expr;
use crate::lang::convert;
use crate::value::{Data, Number, Type, Value};
use hcl::edit::expr::{BinaryOperator, UnaryOperator};

impl Evaluator<'_> {
    pub(super) fn unary(&self, operator: UnaryOperator, operand: &Expr, env: Option<&Env>) -> Outcome {
        let ty = match operator {
            UnaryOperator::Neg => Type::Number,
            UnaryOperator::Not => Type::Bool,
        };
        let value = as_operand(self.eval(operand, env)?, &ty, "the operand", operand)?;
        let sensitive = value.is_sensitive();
        let result = match value.data() {
            Data::Number(number) => Value::new(Data::Number(number.negated())),
            Data::Bool(value) => Value::from(!value),
            _ => unknown_because(ty, [&value]),
        };
        Ok(result.mark(sensitive))
    }

    pub(super) fn binary(
        &self,
        operator: BinaryOperator,
        left: &Expr,
        right: &Expr,
        span: Span,
        env: Option<&Env>,
    ) -> Outcome {
        use BinaryOperator as Op;
        match operator {
            Op::And | Op::Or => self.logical(operator == Op::Or, left, right, env),
            Op::Eq | Op::NotEq => {
                let (left, right) = both(self.eval(left, env), self.eval(right, env))?;
                let sensitive = self.weigh(&left, span)?.sensitive | self.weigh(&right, span)?.sensitive;
                let result = match equal(&left, &right) {
                    Some(same) => Value::from(same == (operator == Op::Eq)),
                    None => unknown_because(Type::Bool, [&left, &right]),
                };
                Ok(result.mark(sensitive))
            }
            _ => {
                let operand = |expr: &Expr, what| {
                    self.eval(expr, env).and_then(|value| as_operand(value, &Type::Number, what, expr))
                };
                let (left, right) =
                    both(operand(left, "the left operand"), operand(right, "the right operand"))?;
                let sensitive = left.is_sensitive() || right.is_sensitive();
                let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else {
                    let ty = match operator {
                        Op::Less | Op::LessEq | Op::Greater | Op::GreaterEq => Type::Bool,
                        _ => Type::Number,
                    };
                    return Ok(unknown_because(ty, [&left, &right]).mark(sensitive));
                };
                Ok(arithmetic(operator, a, b, span)?.mark(sensitive))
            }
        }
    }

    /// `&&` and `||`: a side that decides the result alone hides unknowns and errors of the other.
    fn logical(&self, deciding: bool, left: &Expr, right: &Expr, env: Option<&Env>) -> Outcome {
        let side = |expr: &Expr, what| {
            self.eval(expr, env).and_then(|value| as_operand(value, &Type::Bool, what, expr))
        };
        let decides =
            |outcome: &Outcome| outcome.as_ref().is_ok_and(|value| value.as_bool() == Some(deciding));
        let left = side(left, "the left operand");
        if decides(&left) {
            return left;
        }
        let right = side(right, "the right operand");
        if decides(&right) {
            let sensitive = left.is_ok_and(|value| value.is_sensitive());
            return right.map(|value| value.mark(sensitive));
        }
        // What is wrong on the right may never be reached: the left, once known, may decide.
        if let (Ok(unknown), Err(_)) = (&left, &right)
            && unknown.is_unknown()
        {
            return left;
        }
        let (left, right) = both(left, right)?;
        let sensitive = left.is_sensitive() || right.is_sensitive();
        let result = match (left.as_bool(), right.as_bool()) {
            (Some(_), Some(_)) => Value::from(!deciding),
            _ => unknown_because(Type::Bool, [&left, &right]),
        };
        Ok(result.mark(sensitive))
    }
}

fn as_operand(value: Value, ty: &Type, what: &str, expr: &Expr) -> Outcome {
    if value.is_null() {
        return Err(fail(
            Diagnostic::error("invalid-operand", format!("Invalid operand: {what} is null"))
                .at(expr.span())
                .label(format!("a {} is required", ty.name())),
        ));
    }
    convert::convert(value, ty).map_err(|error| {
        fail(
            Diagnostic::error("invalid-operand", format!("Unsuitable value for {what}: {error}"))
                .at(expr.span())
                .label(format!("a {} is required", ty.name())),
        )
    })
}

fn arithmetic(operator: BinaryOperator, a: &Number, b: &Number, span: Span) -> Outcome {
    use BinaryOperator as Op;
    let zero =
        || fail(Diagnostic::error("division-by-zero", "Division by zero").at(span).label("the divisor is 0"));
    let result = match operator {
        Op::Less => return Ok(Value::from(a < b)),
        Op::LessEq => return Ok(Value::from(a <= b)),
        Op::Greater => return Ok(Value::from(a > b)),
        Op::GreaterEq => return Ok(Value::from(a >= b)),
        Op::Div | Op::Mod if b.is_zero() => return Err(zero()),
        Op::Plus => a.checked_add(b),
        Op::Minus => a.checked_sub(b),
        Op::Mul => a.checked_mul(b),
        Op::Div => a.checked_div(b),
        Op::Mod => a.checked_rem(b),
        Op::Eq => return Ok(Value::from(a == b)),
        Op::NotEq => return Ok(Value::from(a != b)),
        Op::And | Op::Or => None,
    };
    match result {
        Some(number) => Ok(Value::new(Data::Number(number))),
        None => {
            Err(fail(Diagnostic::error("limit", "The result of this operation has too many digits").at(span)))
        }
    }
}

/// Whether two values are equal; `None` if what is unknown in them decides. Different types are never
/// equal: `1 == "1"` is false.
pub(crate) fn equal(left: &Value, right: &Value) -> Option<bool> {
    let all = |pairs: &mut dyn Iterator<Item = Option<bool>>| {
        let mut undecided = false;
        for pair in pairs {
            match pair {
                Some(false) => return Some(false),
                Some(true) => {}
                None => undecided = true,
            }
        }
        if undecided { None } else { Some(true) }
    };
    match (left.data(), right.data()) {
        (Data::Unknown(_), _) | (_, Data::Unknown(_)) => None,
        (Data::List(a), Data::List(b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all(&mut a.iter().zip(b.iter()).map(|(a, b)| equal(a, b)))
        }
        (Data::Map(a), Data::Map(b)) => {
            if a.len() != b.len() || !a.keys().eq(b.keys()) {
                return Some(false);
            }
            all(&mut a.values().zip(b.values()).map(|(a, b)| equal(a, b)))
        }
        (Data::Set(_), Data::Set(_)) if left.contains_unknown() || right.contains_unknown() => None,
        _ => Some(left == right),
    }
}
