//! Names and types: from a tree to a plan. What cannot work is refused here, with the nearest name that could. It must
//! not evaluate anything but literals.

mod calls;

use crate::ast::{Ast, Node, Operator};
use crate::error::CompileError;
use crate::plan::{Plan, Step};
use crate::types::Type;
use crate::variables::{self, Fact};
use gw_model::nearest::nearest;
use gw_model::policy::Reads;

/// A plan and the type of its value.
type Checked = Result<(Plan, Type), CompileError>;

/// Checks a whole condition, and says what it reads.
pub(crate) fn check(tree: &Ast) -> Result<(Plan, Type, Reads), CompileError> {
    let mut checker = Checker::default();
    let (plan, kind) = checker.expression(tree)?;
    Ok((plan, kind, checker.reads))
}

#[derive(Default)]
struct Checker<'a> {
    /// Variables of macros around, the innermost last.
    locals: Vec<(&'a str, Type)>,
    regexes: usize,
    reads: Reads,
}

impl<'a> Checker<'a> {
    fn expression(&mut self, tree: &'a Ast) -> Checked {
        let column = tree.column;
        let (step, kind) = match &tree.node {
            Node::Null => (Step::Null, Type::Null),
            Node::Bool(is) => (Step::Bool(*is), Type::Bool),
            Node::Int(number) => (Step::Int(*number), Type::Int),
            Node::Double(number) => (Step::Double(*number), Type::Double),
            Node::Text(text) => (Step::Text(text.as_str().into()), Type::Text),
            Node::Name(name) => self.name(column, name)?,
            Node::Member(of, name) => self.member(column, of, name)?,
            Node::Index(of, index) => self.index(of, index)?,
            Node::Call(of, name, arguments) => self.call(column, of.as_deref(), name, arguments)?,
            Node::List(elements) => {
                let (elements, kind) = self.elements(elements)?;
                (Step::List(elements), Type::List(Box::new(kind)))
            }
            Node::Map(entries) => self.map(entries)?,
            Node::Not(of) => (Step::Not(Box::new(self.typed(of, &Type::Bool)?)), Type::Bool),
            Node::Negative(of) => self.negative(column, of)?,
            Node::And(parts) => (Step::And(self.booleans(parts)?), Type::Bool),
            Node::Or(parts) => (Step::Or(self.booleans(parts)?), Type::Bool),
            Node::Binary(operator, left, right) => self.binary(column, *operator, left, right)?,
            Node::Choice(parts) => {
                let (condition, yes, no) = parts.as_ref();
                let condition = self.typed(condition, &Type::Bool)?;
                let (yes, yes_kind) = self.expression(yes)?;
                let (no, no_kind) = self.expression(no)?;
                (Step::Choice(Box::new((condition, yes, no))), yes_kind.join(&no_kind))
            }
        };
        if let Step::Fact(fact) | Step::HasFact(fact) = &step {
            self.reads = self.reads.or(variables::reads(*fact));
        }
        Ok((Plan { column, step }, kind))
    }

    /// An expression that must be of a type.
    fn typed(&mut self, tree: &'a Ast, wanted: &Type) -> Result<Plan, CompileError> {
        let (plan, kind) = self.expression(tree)?;
        if kind.may_be(wanted) {
            return Ok(plan);
        }
        let message = format!("expected {}, but this is {}", wanted.describe(), kind.describe());
        Err(CompileError::new(tree.column, message))
    }

    fn booleans(&mut self, parts: &'a [Ast]) -> Result<Vec<Plan>, CompileError> {
        parts.iter().map(|part| self.typed(part, &Type::Bool)).collect()
    }

    /// The parts of a list, and what all of them are.
    fn elements(&mut self, parts: &'a [Ast]) -> Result<(Vec<Plan>, Type), CompileError> {
        let mut plans = Vec::with_capacity(parts.len());
        let mut all: Option<Type> = None;
        for part in parts {
            let (plan, kind) = self.expression(part)?;
            plans.push(plan);
            all = Some(match all {
                Some(before) => before.join(&kind),
                None => kind,
            });
        }
        Ok((plans, all.unwrap_or(Type::Any)))
    }

    fn map(&mut self, entries: &'a [(Ast, Ast)]) -> Result<(Step, Type), CompileError> {
        let mut plans = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let (key_plan, kind) = self.expression(key)?;
            if !matches!(kind, Type::Any | Type::Bool | Type::Int | Type::Text) {
                let message = format!("{} is no key of a map", kind.describe());
                return Err(CompileError::new(key.column, message));
            }
            plans.push((key_plan, self.expression(value)?.0));
        }
        Ok((Step::Map(plans), Type::Map(Box::new(Type::Any))))
    }

    fn negative(&mut self, column: u32, of: &'a Ast) -> Result<(Step, Type), CompileError> {
        let (plan, kind) = self.expression(of)?;
        match kind {
            Type::Any | Type::Int | Type::Double => Ok((Step::Negative(Box::new(plan)), kind)),
            _ => {
                Err(CompileError::new(column, format!("`-` takes a number, but this is {}", kind.describe())))
            }
        }
    }

    fn local(&self, name: &str) -> Option<(usize, &Type)> {
        let place = self.locals.iter().rposition(|(known, _)| *known == name)?;
        Some((place, &self.locals.get(place)?.1))
    }

    fn name(&self, column: u32, name: &str) -> Result<(Step, Type), CompileError> {
        if let Some((place, kind)) = self.local(name) {
            return Ok((Step::Local(place), kind.clone()));
        }
        if let Some((fact, kind)) = variables::find(name) {
            return Ok((Step::Fact(fact), kind));
        }
        let members: Vec<&str> = variables::members(name).collect();
        if !members.is_empty() {
            let message = format!("`{name}` is no value itself; it has the members {}", members.join(", "));
            return Err(CompileError::new(column, message));
        }
        let roots = variables::names().filter_map(|known| known.split('.').next());
        let known = roots.chain(self.locals.iter().map(|(known, _)| *known));
        Err(unknown(column, &format!("there is no variable `{name}`"), name, known))
    }

    /// The fact that `of.name` stands for, when `of` is one of the records.
    fn fact(&self, column: u32, of: &Ast, name: &str) -> Result<Option<(Fact, Type)>, CompileError> {
        let Node::Name(record) = &of.node else { return Ok(None) };
        if self.local(record).is_some() || variables::members(record).next().is_none() {
            return Ok(None);
        }
        match variables::find(&format!("{record}.{name}")) {
            Some(found) => Ok(Some(found)),
            None => {
                let message = format!("`{record}` has no member `{name}`");
                Err(unknown(column, &message, name, variables::members(record)))
            }
        }
    }

    fn member(&mut self, column: u32, of: &'a Ast, name: &str) -> Result<(Step, Type), CompileError> {
        if let Some((fact, kind)) = self.fact(column, of, name)? {
            return Ok((Step::Fact(fact), kind));
        }
        let (of, kind) = self.members_of(column, of)?;
        Ok((Step::Member(Box::new(of), name.into()), kind))
    }

    /// Something that has members by name, and the type of these.
    fn members_of(&mut self, column: u32, of: &'a Ast) -> Checked {
        match self.expression(of)? {
            (plan, Type::Map(values)) => Ok((plan, *values)),
            (plan, Type::Any) => Ok((plan, Type::Any)),
            (_, kind) => Err(CompileError::new(column, format!("{} has no members", kind.describe()))),
        }
    }

    fn index(&mut self, of: &'a Ast, index: &'a Ast) -> Result<(Step, Type), CompileError> {
        let (of_plan, kind) = self.expression(of)?;
        let (index_plan, index_kind) = self.expression(index)?;
        check_header(&of_plan, &index_plan)?;
        let (fits, kind) = match kind {
            Type::List(elements) => (index_kind.may_be(&Type::Int), *elements),
            Type::Map(values) => {
                (matches!(index_kind, Type::Any | Type::Text | Type::Int | Type::Bool), *values)
            }
            Type::Any => (true, Type::Any),
            _ => {
                let message = format!("{} has no elements", kind.describe());
                return Err(CompileError::new(index.column, message));
            }
        };
        if !fits {
            let message = format!("{} is no index here", index_kind.describe());
            return Err(CompileError::new(index.column, message));
        }
        Ok((Step::Index(Box::new(of_plan), Box::new(index_plan)), kind))
    }

    fn binary(
        &mut self,
        column: u32,
        operator: Operator,
        left: &'a Ast,
        right: &'a Ast,
    ) -> Result<(Step, Type), CompileError> {
        let (left_plan, left_kind) = self.expression(left)?;
        let (right_plan, right_kind) = self.expression(right)?;
        let kind = match operator {
            Operator::Equal | Operator::Unequal => left_kind.may_equal(&right_kind).then_some(Type::Bool),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                left_kind.may_compare(&right_kind).then_some(Type::Bool)
            }
            Operator::In => {
                check_header(&right_plan, &left_plan)?;
                is_in(&left_kind, &right_kind).then_some(Type::Bool)
            }
            _ => arithmetic(operator, &left_kind, &right_kind),
        };
        let Some(kind) = kind else {
            let (left, right, sign) = (left_kind.describe(), right_kind.describe(), operator.as_str());
            let numbers = [&left_kind, &right_kind].contains(&&Type::Int)
                && [&left_kind, &right_kind].contains(&&Type::Double);
            let hint = if numbers { "; convert one with `double(...)` or `int(...)`" } else { "" };
            return Err(CompileError::new(column, format!("`{sign}` cannot take {left} and {right}{hint}")));
        };
        let left_plan = Box::new(left_plan);
        let step = match (operator, right_plan) {
            (Operator::In, Plan { step: Step::List(elements), .. }) => Step::IsOneOf(left_plan, elements),
            (_, right_plan) => Step::Binary(operator, left_plan, Box::new(right_plan)),
        };
        Ok((step, kind))
    }
}

fn is_in(left: &Type, right: &Type) -> bool {
    match right {
        Type::Any => true,
        Type::List(elements) => left.may_equal(elements),
        Type::Map(_) => matches!(left, Type::Any | Type::Text | Type::Int | Type::Bool),
        _ => false,
    }
}

/// The type of a sum, difference, product, quotient or remainder; `None` when there is none.
fn arithmetic(operator: Operator, left: &Type, right: &Type) -> Option<Type> {
    let kind = match (left, right) {
        (Type::Any, other) | (other, Type::Any) => other,
        (Type::List(a), Type::List(b)) if operator == Operator::Add => {
            return Some(Type::List(Box::new((**a).clone().join(b))));
        }
        (left, right) if left == right => left,
        _ => return None,
    };
    let does = match kind {
        Type::Any | Type::Int => true,
        Type::Double => operator != Operator::Remainder,
        Type::Text | Type::List(_) => operator == Operator::Add,
        _ => false,
    };
    does.then(|| kind.clone())
}

/// Names of headers are looked for as they are written, in lower case.
fn check_header(map: &Plan, name: &Plan) -> Result<(), CompileError> {
    match (&map.step, &name.step) {
        (Step::Fact(Fact::Headers), Step::Text(text)) if text.bytes().any(|b| b.is_ascii_uppercase()) => {
            let lower = text.to_ascii_lowercase();
            Err(CompileError::new(name.column, format!("names of headers are in lower case: \"{lower}\"")))
        }
        _ => Ok(()),
    }
}

/// An error about a name that is not known, with the nearest one that is.
fn unknown<'a>(column: u32, message: &str, name: &str, known: impl Iterator<Item = &'a str>) -> CompileError {
    match nearest(name, known) {
        Some(near) => CompileError::new(column, format!("{message}; did you mean `{near}`?")),
        None => CompileError::new(column, message),
    }
}
