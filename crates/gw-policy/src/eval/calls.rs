//! What the functions do. Serves the evaluation.

use super::{Evaluated, Run};
use crate::functions::{Function, TimePart};
use crate::plan::Plan;
use crate::value::{Text, Value};
use gw_model::Micros;
use gw_model::policy::ConditionFault;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Longest text of a number or a timestamp.
const SCALAR_BYTES: usize = 400;

impl<'e> Run<'e> {
    pub(super) fn call(&mut self, function: Function, arguments: &'e [Plan]) -> Evaluated<Value<'e>> {
        match arguments {
            [of] => {
                let of = self.value(of)?;
                self.call_one(function, of)
            }
            [of, what] => match (self.value(of)?, self.value(what)?) {
                (Value::Text(of), Value::Text(what)) => self.call_texts(function, &of, &what),
                _ => Err(ConditionFault::WrongType),
            },
            _ => Err(ConditionFault::WrongType),
        }
    }

    fn call_texts(&mut self, function: Function, of: &Text<'_>, what: &Text<'_>) -> Evaluated<Value<'e>> {
        let (of, what) = (of.as_str(), what.as_str());
        self.charge_text(of)?;
        self.charge_text(what)?;
        Ok(Value::Bool(match function {
            Function::Contains => of.contains(what),
            Function::StartsWith => of.starts_with(what),
            Function::EndsWith => of.ends_with(what),
            _ => return Err(ConditionFault::WrongType),
        }))
    }

    fn call_one(&mut self, function: Function, of: Value<'e>) -> Evaluated<Value<'e>> {
        match (function, of) {
            (Function::Size, of) => self.size(&of).map(Value::Int),
            (Function::LowerAscii, Value::Text(of)) => {
                self.make(of.as_str().len())?;
                Ok(Self::made_text(of.as_str().to_ascii_lowercase()))
            }
            (Function::UpperAscii, Value::Text(of)) => {
                self.make(of.as_str().len())?;
                Ok(Self::made_text(of.as_str().to_ascii_uppercase()))
            }
            (Function::Int, of) => to_int(&of).map(Value::Int),
            (Function::Double, of) => to_double(&of).map(Value::Double),
            (Function::Text, Value::Text(of)) => Ok(Value::Text(of)),
            (Function::Text, of) => {
                self.make(SCALAR_BYTES)?;
                to_text(&of).map(Self::made_text)
            }
            (Function::Timestamp, of) => to_time(&of).map(Value::Time),
            (Function::Part(part), Value::Time(time)) => part_of(part, time).map(Value::Int),
            _ => Err(ConditionFault::WrongType),
        }
    }

    /// Characters of a text, elements of a list, entries of a map.
    fn size(&mut self, of: &Value<'_>) -> Evaluated<i64> {
        let size = match of {
            Value::Text(text) => {
                self.charge_text(text.as_str())?;
                text.as_str().chars().count()
            }
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            _ => return Err(ConditionFault::WrongType),
        };
        i64::try_from(size).map_err(|_| ConditionFault::Arithmetic)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn to_int(of: &Value<'_>) -> Evaluated<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match of {
        Value::Int(number) => Ok(*number),
        Value::Double(number) if *number > -LIMIT && *number < LIMIT => Ok(*number as i64),
        Value::Double(_) => Err(ConditionFault::Arithmetic),
        Value::Time(time) => Ok(time.div_euclid(1_000_000)),
        Value::Text(text) => text.as_str().parse().map_err(|_| ConditionFault::Conversion),
        _ => Err(ConditionFault::WrongType),
    }
}

#[expect(clippy::cast_precision_loss, reason = "that is what the conversion means")]
fn to_double(of: &Value<'_>) -> Evaluated<f64> {
    match of {
        Value::Int(number) => Ok(*number as f64),
        Value::Double(number) => Ok(*number),
        Value::Text(text) if text.as_str().len() <= SCALAR_BYTES => {
            text.as_str().parse().map_err(|_| ConditionFault::Conversion)
        }
        Value::Text(_) => Err(ConditionFault::Conversion),
        _ => Err(ConditionFault::WrongType),
    }
}

fn to_text(of: &Value<'_>) -> Evaluated<String> {
    match of {
        Value::Bool(is) => Ok(is.to_string()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Double(number) => Ok(number.to_string()),
        Value::Time(time) => Ok(gw_model::time::format(*time)),
        _ => Err(ConditionFault::WrongType),
    }
}

fn to_time(of: &Value<'_>) -> Evaluated<Micros> {
    match of {
        Value::Time(time) => Ok(*time),
        Value::Int(seconds) => seconds.checked_mul(1_000_000).ok_or(ConditionFault::Arithmetic),
        Value::Text(text) if text.as_str().len() <= SCALAR_BYTES => {
            gw_model::time::parse(text.as_str()).ok_or(ConditionFault::Conversion)
        }
        Value::Text(_) => Err(ConditionFault::Conversion),
        _ => Err(ConditionFault::WrongType),
    }
}

/// Counted as CEL counts: months, days of the month (but for the date) and of the year from 0, weekdays from Sunday.
fn part_of(part: TimePart, time: Micros) -> Evaluated<i64> {
    let time = Timestamp::from_microsecond(time).map_err(|_| ConditionFault::Arithmetic)?;
    let time = time.to_zoned(TimeZone::UTC);
    Ok(match part {
        TimePart::Year => i64::from(time.year()),
        TimePart::Month => i64::from(time.month()) - 1,
        TimePart::Date => i64::from(time.day()),
        TimePart::DayOfMonth => i64::from(time.day()) - 1,
        TimePart::DayOfWeek => i64::from(time.weekday().to_sunday_zero_offset()),
        TimePart::DayOfYear => i64::from(time.day_of_year()) - 1,
        TimePart::Hours => i64::from(time.hour()),
        TimePart::Minutes => i64::from(time.minute()),
        TimePart::Seconds => i64::from(time.second()),
        TimePart::Milliseconds => i64::from(time.millisecond()),
    })
}
