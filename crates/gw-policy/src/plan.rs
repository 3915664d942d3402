//! A checked condition, ready to be evaluated: names are resolved, patterns compiled. Serves checker and evaluation.

use crate::ast::Operator;
use crate::functions::Function;
use crate::variables::Fact;
use gw_model::Micros;
use regex::Regex;

/// A step and the character that errors about it name.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) column: u32,
    pub(crate) step: Step,
}

#[derive(Debug)]
pub(crate) enum Step {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Box<str>),
    Time(Micros),
    Fact(Fact),
    /// The variable of a macro, by its place among those around it.
    Local(usize),
    Member(Box<Plan>, Box<str>),
    Index(Box<Plan>, Box<Plan>),
    List(Vec<Plan>),
    Map(Vec<(Plan, Plan)>),
    Not(Box<Plan>),
    Negative(Box<Plan>),
    And(Vec<Plan>),
    Or(Vec<Plan>),
    Binary(Operator, Box<Plan>, Box<Plan>),
    /// `in` a literal list, which need not be made.
    IsOneOf(Box<Plan>, Vec<Plan>),
    Choice(Box<(Plan, Plan, Plan)>),
    HasFact(Fact),
    HasMember(Box<Plan>, Box<str>),
    Call(Function, Vec<Plan>),
    Matches(Box<Plan>, Box<Regex>),
    Each(Box<Each>),
}

/// A macro over a list, or the keys of a map.
#[derive(Debug)]
pub(crate) struct Each {
    pub(crate) kind: Macro,
    pub(crate) range: Plan,
    pub(crate) body: Plan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Macro {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}
