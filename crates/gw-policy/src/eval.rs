//! Evaluation of a plan for a subject, within [`MAX_STEPS`] and [`MAX_BYTES`]. Serves the request path. It must not
//! panic, loop without counting, or make texts and lists without counting.
//!
//! As in CEL, `&&`, `||`, `all` and `exists` take an error only when what else they read leaves the result open.

mod calls;
mod compare;
mod each;

use crate::ast::Operator;
use crate::limits::{MAX_BYTES, MAX_STEPS};
use crate::plan::{Plan, Step};
use crate::value::{List, Map, Text, Value};
use crate::variables;
use gw_model::policy::{ConditionError, ConditionFault, Subject};
use std::rc::Rc;

/// Whether the condition holds.
pub(crate) fn holds(plan: &Plan, subject: &Subject<'_>) -> Result<bool, ConditionError> {
    let mut run = Run {
        subject,
        steps: MAX_STEPS,
        bytes: MAX_BYTES,
        locals: Vec::new(),
        depth: 0,
        column: plan.column,
    };
    let found = run.boolean(plan);
    found.map_err(|reason| ConditionError { reason, column: run.column })
}

/// The fault; the place is kept in the run, which stops at the first fault that counts.
type Evaluated<T> = Result<T, ConditionFault>;

struct Run<'e> {
    subject: &'e Subject<'e>,
    steps: u32,
    bytes: u32,
    locals: Vec<Value<'e>>,
    /// Lists and maps around those that are being compared.
    depth: u32,
    /// Where the last fault came up.
    column: u32,
}

impl<'e> Run<'e> {
    /// Counts steps.
    fn charge(&mut self, steps: usize) -> Evaluated<()> {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.steps = self.steps.checked_sub(steps).ok_or(ConditionFault::TooMuch)?;
        Ok(())
    }

    /// Counts the time that looking at a text takes.
    fn charge_text(&mut self, text: &str) -> Evaluated<()> {
        self.charge(text.len() / 64)
    }

    /// Counts memory before it is taken.
    fn make(&mut self, bytes: usize) -> Evaluated<()> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.bytes = self.bytes.checked_sub(bytes).ok_or(ConditionFault::TooMuch)?;
        Ok(())
    }

    fn make_list(&mut self, elements: usize) -> Evaluated<()> {
        self.charge(elements)?;
        self.make(elements.saturating_mul(size_of::<Value<'_>>()))
    }

    fn value(&mut self, plan: &'e Plan) -> Evaluated<Value<'e>> {
        let found = self.charge(1).and_then(|()| self.step(&plan.step));
        // The innermost place stays.
        if found.is_err() && self.column == 0 {
            self.column = plan.column;
        }
        found
    }

    fn boolean(&mut self, plan: &'e Plan) -> Evaluated<bool> {
        self.column = 0;
        match self.value(plan)? {
            Value::Bool(is) => Ok(is),
            _ => {
                self.column = plan.column;
                Err(ConditionFault::WrongType)
            }
        }
    }

    fn step(&mut self, step: &'e Step) -> Evaluated<Value<'e>> {
        Ok(match step {
            Step::Null => Value::Null,
            Step::Bool(is) => Value::Bool(*is),
            Step::Int(number) => Value::Int(*number),
            Step::Double(number) => Value::Double(*number),
            Step::Text(text) => Value::text(text),
            Step::Time(time) => Value::Time(*time),
            Step::Fact(fact) => variables::read(*fact, self.subject).ok_or(ConditionFault::Missing)?,
            Step::Local(place) => self.locals.get(*place).cloned().ok_or(ConditionFault::Missing)?,
            Step::Member(of, name) => self.member(of, name)?.ok_or(ConditionFault::Missing)?,
            Step::Index(of, index) => self.index(of, index)?,
            Step::List(elements) => {
                self.make_list(elements.len())?;
                let elements: Evaluated<Rc<[_]>> = elements.iter().map(|part| self.value(part)).collect();
                Value::List(List::Made(elements?))
            }
            Step::Map(entries) => self.map(entries)?,
            Step::Not(of) => Value::Bool(!self.boolean(of)?),
            Step::Negative(of) => match self.value(of)? {
                Value::Int(number) => Value::Int(number.checked_neg().ok_or(ConditionFault::Arithmetic)?),
                Value::Double(number) => Value::Double(-number),
                _ => return Err(ConditionFault::WrongType),
            },
            Step::And(parts) => Value::Bool(self.decide(parts, false)?),
            Step::Or(parts) => Value::Bool(self.decide(parts, true)?),
            Step::Binary(operator, left, right) => self.binary(*operator, left, right)?,
            Step::IsOneOf(value, elements) => Value::Bool(self.is_one_of(value, elements)?),
            Step::Choice(parts) => {
                let (condition, yes, no) = parts.as_ref();
                let chosen = if self.boolean(condition)? { yes } else { no };
                self.value(chosen)?
            }
            Step::HasFact(fact) => Value::Bool(variables::read(*fact, self.subject).is_some()),
            Step::HasMember(of, name) => Value::Bool(self.member(of, name)?.is_some()),
            Step::Call(function, arguments) => self.call(*function, arguments)?,
            Step::Matches(of, pattern) => match self.value(of)? {
                Value::Text(text) => {
                    // A pattern takes longer to look at a text than a comparison does.
                    self.charge(text.as_str().len() / 16)?;
                    Value::Bool(pattern.is_match(text.as_str()))
                }
                _ => return Err(ConditionFault::WrongType),
            },
            Step::Each(each) => self.each(each)?,
        })
    }

    fn member(&mut self, of: &'e Plan, name: &str) -> Evaluated<Option<Value<'e>>> {
        match self.value(of)? {
            Value::Map(map) => {
                self.charge(map.len() / 8)?;
                Ok(map.get(name))
            }
            _ => Err(ConditionFault::WrongType),
        }
    }

    fn index(&mut self, of: &'e Plan, index: &'e Plan) -> Evaluated<Value<'e>> {
        let (of, index) = (self.value(of)?, self.value(index)?);
        let found = match (&of, &index) {
            (Value::List(list), Value::Int(at)) => usize::try_from(*at).ok().and_then(|at| list.get(at)),
            (Value::Map(map), key) => self.look_up(map, key)?,
            _ => return Err(ConditionFault::WrongType),
        };
        found.ok_or(ConditionFault::Missing)
    }

    fn look_up(&mut self, map: &Map<'e>, key: &Value<'e>) -> Evaluated<Option<Value<'e>>> {
        self.charge(map.len() / 8)?;
        match (map, key) {
            (_, Value::Text(name)) => Ok(map.get(name.as_str())),
            (Map::Made(entries), _) => {
                for (known, value) in entries.iter() {
                    if self.equal(known, key)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn map(&mut self, entries: &'e [(Plan, Plan)]) -> Evaluated<Value<'e>> {
        self.make_list(entries.len().saturating_mul(2))?;
        let mut made = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            made.push((self.value(key)?, self.value(value)?));
        }
        Ok(Value::Map(Map::Made(made.into())))
    }

    /// `&&` (which ends at the first `false`) or `||` (at the first `true`).
    fn decide(&mut self, parts: &'e [Plan], ends_at: bool) -> Evaluated<bool> {
        let mut fault = None;
        for part in parts {
            match self.boolean(part) {
                Ok(is) if is == ends_at => {
                    // What failed before does not count any more.
                    self.column = 0;
                    return Ok(ends_at);
                }
                Ok(_) => {}
                Err(ConditionFault::TooMuch) => return Err(ConditionFault::TooMuch),
                Err(first) => fault = fault.or(Some((first, self.column))),
            }
        }
        match fault {
            Some((fault, column)) => {
                self.column = column;
                Err(fault)
            }
            None => Ok(!ends_at),
        }
    }

    fn is_one_of(&mut self, value: &'e Plan, elements: &'e [Plan]) -> Evaluated<bool> {
        let value = self.value(value)?;
        for element in elements {
            let element = self.value(element)?;
            if self.equal(&value, &element)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn binary(&mut self, operator: Operator, left: &'e Plan, right: &'e Plan) -> Evaluated<Value<'e>> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        Ok(match operator {
            Operator::Equal => Value::Bool(self.equal(&left, &right)?),
            Operator::Unequal => Value::Bool(!self.equal(&left, &right)?),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                Value::Bool(self.ordered(operator, &left, &right)?)
            }
            Operator::In => Value::Bool(self.is_in(&left, &right)?),
            _ => self.arithmetic(operator, &left, &right)?,
        })
    }

    fn is_in(&mut self, value: &Value<'e>, range: &Value<'e>) -> Evaluated<bool> {
        match range {
            Value::Map(map) => Ok(self.look_up(map, value)?.is_some()),
            Value::List(list) => {
                for at in 0..list.len() {
                    let Some(element) = list.get(at) else { break };
                    if self.equal(value, &element)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(ConditionFault::WrongType),
        }
    }

    fn made_text(text: String) -> Value<'e> {
        Value::Text(Text::Made(text.into()))
    }
}
