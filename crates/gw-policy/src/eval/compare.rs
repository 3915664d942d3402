//! Equality, order and arithmetic. Serves the evaluation.

use super::{Evaluated, Run};
use crate::ast::Operator;
use crate::limits::MAX_COMPARED_DEPTH;
use crate::value::{List, Map, Value};
use gw_model::policy::ConditionFault;
use std::cmp::Ordering;
use std::rc::Rc;

impl<'e> Run<'e> {
    /// Values of different types are not equal; numbers are compared by what they stand for.
    pub(super) fn equal(&mut self, left: &Value<'e>, right: &Value<'e>) -> Evaluated<bool> {
        self.charge(1)?;
        Ok(match (left, right) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => {
                let (a, b) = (a.as_str(), b.as_str());
                // Texts of different lengths are not looked at.
                if a.len() == b.len() {
                    self.charge_text(a)?;
                }
                a == b
            }
            (Value::Time(a), Value::Time(b)) => a == b,
            (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
                if self.depth >= MAX_COMPARED_DEPTH {
                    return Err(ConditionFault::TooMuch);
                }
                self.depth += 1;
                let found = match (left, right) {
                    (Value::List(a), Value::List(b)) => self.equal_lists(a, b),
                    (Value::Map(a), Value::Map(b)) => self.equal_maps(a, b),
                    _ => Ok(false),
                };
                self.depth -= 1;
                found?
            }
            _ => compare_numbers(left, right) == Some(Ordering::Equal),
        })
    }

    fn equal_lists(&mut self, left: &List<'e>, right: &List<'e>) -> Evaluated<bool> {
        if left.len() != right.len() {
            return Ok(false);
        }
        for at in 0..left.len() {
            let (Some(a), Some(b)) = (left.get(at), right.get(at)) else { return Ok(false) };
            if !self.equal(&a, &b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equal_maps(&mut self, left: &Map<'e>, right: &Map<'e>) -> Evaluated<bool> {
        if left.len() != right.len() {
            return Ok(false);
        }
        self.make_list(left.len())?;
        for key in left.keys() {
            let (Some(a), Some(b)) = (self.look_up(left, &key)?, self.look_up(right, &key)?) else {
                return Ok(false);
            };
            if !self.equal(&a, &b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn ordered(
        &mut self,
        operator: Operator,
        left: &Value<'e>,
        right: &Value<'e>,
    ) -> Evaluated<bool> {
        let order = match (left, right) {
            (Value::Text(a), Value::Text(b)) => {
                self.charge_text(if a.as_str().len() < b.as_str().len() { a.as_str() } else { b.as_str() })?;
                Some(a.as_str().cmp(b.as_str()))
            }
            (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
                compare_numbers(left, right)
            }
            _ => return Err(ConditionFault::WrongType),
        };
        // What is no number is neither less nor greater.
        let Some(order) = order else { return Ok(false) };
        Ok(match operator {
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    pub(super) fn arithmetic(
        &mut self,
        operator: Operator,
        left: &Value<'e>,
        right: &Value<'e>,
    ) -> Evaluated<Value<'e>> {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => integers(operator, *a, *b).map(Value::Int),
            (Value::Double(a), Value::Double(b)) => doubles(operator, *a, *b).map(Value::Double),
            (Value::Text(a), Value::Text(b)) if operator == Operator::Add => {
                self.make(a.as_str().len().saturating_add(b.as_str().len()))?;
                Ok(Self::made_text([a.as_str(), b.as_str()].concat()))
            }
            (Value::List(a), Value::List(b)) if operator == Operator::Add => {
                self.make_list(a.len().saturating_add(b.len()))?;
                let parts = [a, b].into_iter().flat_map(|list| (0..list.len()).filter_map(|at| list.get(at)));
                let made: Rc<[Value<'e>]> = parts.collect();
                Ok(Value::List(List::Made(made)))
            }
            _ => Err(ConditionFault::WrongType),
        }
    }
}

fn integers(operator: Operator, a: i64, b: i64) -> Evaluated<i64> {
    let found = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
        _ => return Err(ConditionFault::WrongType),
    };
    found.ok_or(ConditionFault::Arithmetic)
}

fn doubles(operator: Operator, a: f64, b: f64) -> Evaluated<f64> {
    Ok(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        _ => return Err(ConditionFault::WrongType),
    })
}

/// `None` when one is no number, or not comparable.
fn compare_numbers(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Double(b)) => compare_mixed(*a, *b),
        (Value::Double(a), Value::Int(b)) => compare_mixed(*b, *a).map(Ordering::reverse),
        _ => None,
    }
}

/// Exact, where a conversion to a double would round the integer.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn compare_mixed(int: i64, double: f64) -> Option<Ordering> {
    const ABOVE: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        return None;
    }
    if double >= ABOVE {
        return Some(Ordering::Less);
    }
    if double < -ABOVE {
        return Some(Ordering::Greater);
    }
    let whole = double.trunc();
    let order = int.cmp(&(whole as i64));
    Some(order.then_with(|| whole.partial_cmp(&double).unwrap_or(Ordering::Equal)))
}
