//! The macros over lists and maps. Serves the evaluation.

use super::{Evaluated, Run};
use crate::plan::{Each, Macro};
use crate::value::{List, Value};
use gw_model::policy::ConditionFault;

impl<'e> Run<'e> {
    pub(super) fn each(&mut self, each: &'e Each) -> Evaluated<Value<'e>> {
        let range = match self.value(&each.range)? {
            Value::List(list) => list,
            Value::Map(map) => {
                self.make_list(map.len())?;
                List::Made(map.keys().into())
            }
            _ => return Err(ConditionFault::WrongType),
        };
        match each.kind {
            Macro::All => self.quantify(each, &range, false).map(Value::Bool),
            Macro::Exists => self.quantify(each, &range, true).map(Value::Bool),
            Macro::ExistsOne => {
                let mut found = 0_usize;
                for at in 0..range.len() {
                    let Some(element) = range.get(at) else { break };
                    found += usize::from(self.holds_for(each, element)?);
                }
                Ok(Value::Bool(found == 1))
            }
            Macro::Filter => {
                let mut kept = Vec::new();
                for at in 0..range.len() {
                    let Some(element) = range.get(at) else { break };
                    if self.holds_for(each, element.clone())? {
                        self.make_list(1)?;
                        kept.push(element);
                    }
                }
                Ok(Value::List(List::Made(kept.into())))
            }
            Macro::Map => {
                let mut made = Vec::new();
                for at in 0..range.len() {
                    let Some(element) = range.get(at) else { break };
                    self.make_list(1)?;
                    self.locals.push(element);
                    let value = self.value(&each.body);
                    self.locals.pop();
                    made.push(value?);
                }
                Ok(Value::List(List::Made(made.into())))
            }
        }
    }

    fn holds_for(&mut self, each: &'e Each, element: Value<'e>) -> Evaluated<bool> {
        self.charge(1)?;
        self.locals.push(element);
        let found = self.boolean(&each.body);
        self.locals.pop();
        found
    }

    /// `all` ends at the first `false`, `exists` at the first `true`.
    fn quantify(&mut self, each: &'e Each, range: &List<'e>, ends_at: bool) -> Evaluated<bool> {
        let mut fault = None;
        for at in 0..range.len() {
            let Some(element) = range.get(at) else { break };
            match self.holds_for(each, element) {
                Ok(is) if is == ends_at => {
                    self.column = 0;
                    return Ok(ends_at);
                }
                Ok(_) => {}
                Err(ConditionFault::TooMuch) => return Err(ConditionFault::TooMuch),
                Err(first) => fault = fault.or(Some((first, self.column))),
            }
        }
        let Some((fault, column)) = fault else { return Ok(!ends_at) };
        self.column = column;
        Err(fault)
    }
}
