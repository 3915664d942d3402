//! Calls and macros: who takes what. Serves the checker.

use super::{Checker, unknown};
use crate::ast::{Ast, Node};
use crate::error::CompileError;
use crate::functions::{self, Form, Function};
use crate::limits::{MAX_REGEX_BYTES, MAX_REGEXES};
use crate::plan::{Each, Macro, Plan, Step};
use crate::types::Type;
use regex::{Regex, RegexBuilder};

/// Deepest nesting of groups in a pattern.
const MAX_PATTERN_NESTING: u32 = 20;

type Made = Result<(Step, Type), CompileError>;

impl<'a> Checker<'a> {
    pub(super) fn call(
        &mut self,
        column: u32,
        of: Option<&'a Ast>,
        name: &str,
        arguments: &'a [Ast],
    ) -> Made {
        match (of, name) {
            (None, "has") => return self.has(column, arguments),
            (Some(of), "matches") => return self.matches(column, of, arguments),
            (Some(of), _) => {
                if let Some(kind) = macro_of(name) {
                    return self.each(column, kind, of, arguments);
                }
            }
            (None, _) => {}
        }
        let form = if of.is_some() { Form::Method } else { Form::Alone };
        let Some((function, takes, gives)) = functions::find(name, form) else {
            return Err(unknown(column, &no_such(name, form), name, functions::names(form)));
        };
        let given: Vec<&'a Ast> = of.into_iter().chain(arguments).collect();
        if given.len() != takes.len() {
            let wanted = takes.len() - usize::from(of.is_some());
            let message = format!("`{name}` takes {wanted} arguments, and has {}", arguments.len());
            return Err(CompileError::new(column, message));
        }
        let mut plans = Vec::with_capacity(given.len());
        for (argument, takes) in given.into_iter().zip(takes) {
            let (plan, kind) = self.expression(argument)?;
            if !functions::accepts(takes, &kind) {
                let message = format!("`{name}` does not take {}", kind.describe());
                return Err(CompileError::new(argument.column, message));
            }
            plans.push(plan);
        }
        let step = match (function, plans.as_slice()) {
            (Function::Timestamp, [Plan { step: Step::Text(text), .. }]) => {
                let time = gw_model::time::parse(text);
                let wrong = || CompileError::new(column, "the timestamp is not as RFC 3339 has it");
                Step::Time(time.ok_or_else(wrong)?)
            }
            _ => Step::Call(function, plans),
        };
        Ok((step, gives.clone()))
    }

    fn has(&mut self, column: u32, arguments: &'a [Ast]) -> Made {
        let [Ast { node: Node::Member(of, name), column: at, .. }] = arguments else {
            let message =
                "`has` takes a member: has(a.b); for names with other signs write \"a-b\" in headers";
            return Err(CompileError::new(column, message));
        };
        if let Some((fact, _)) = self.fact(*at, of, name)? {
            return Ok((Step::HasFact(fact), Type::Bool));
        }
        let (of, _) = self.members_of(*at, of)?;
        Ok((Step::HasMember(Box::new(of), name.as_str().into()), Type::Bool))
    }

    fn matches(&mut self, column: u32, of: &'a Ast, arguments: &'a [Ast]) -> Made {
        let of = self.typed(of, &Type::Text)?;
        let [Ast { node: Node::Text(pattern), column: at, .. }] = arguments else {
            let message = "`matches` takes a pattern that is written out, so that it is compiled once";
            return Err(CompileError::new(column, message));
        };
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            return Err(CompileError::new(*at, format!("more than {MAX_REGEXES} patterns")));
        }
        Ok((Step::Matches(Box::new(of), Box::new(pattern_of(pattern, *at)?)), Type::Bool))
    }

    fn each(&mut self, column: u32, kind: Macro, of: &'a Ast, arguments: &'a [Ast]) -> Made {
        let [Ast { node: Node::Name(variable), .. }, body] = arguments else {
            let message = "this macro takes a variable's name and an expression: list.all(x, x != \"\")";
            return Err(CompileError::new(column, message));
        };
        let (range, range_kind) = self.expression(of)?;
        let element = match &range_kind {
            Type::List(elements) => (**elements).clone(),
            // Their keys.
            Type::Map(_) | Type::Any => Type::Any,
            _ => {
                let message = format!("{} has no elements", range_kind.describe());
                return Err(CompileError::new(of.column, message));
            }
        };
        self.locals.push((variable, element.clone()));
        let found = match kind {
            Macro::Map => self.expression(body),
            _ => self.typed(body, &Type::Bool).map(|plan| (plan, Type::Bool)),
        };
        self.locals.pop();
        let (body, body_kind) = found?;
        let gives = match kind {
            Macro::All | Macro::Exists | Macro::ExistsOne => Type::Bool,
            Macro::Filter => Type::List(Box::new(element)),
            Macro::Map => Type::List(Box::new(body_kind)),
        };
        Ok((Step::Each(Box::new(Each { kind, range, body })), gives))
    }
}

fn macro_of(name: &str) -> Option<Macro> {
    Some(match name {
        "all" => Macro::All,
        "exists" => Macro::Exists,
        "exists_one" => Macro::ExistsOne,
        "filter" => Macro::Filter,
        "map" => Macro::Map,
        _ => return None,
    })
}

fn no_such(name: &str, form: Form) -> String {
    let other = match form {
        Form::Method => Form::Alone,
        Form::Alone => Form::Method,
    };
    match (functions::names(other).any(|known| known == name), form) {
        (true, Form::Alone) => format!("`{name}` is called on a value: value.{name}(...)"),
        (true, Form::Method) => format!("`{name}` is called alone: {name}(value)"),
        (false, _) => format!("there is no function `{name}`"),
    }
}

fn pattern_of(pattern: &str, column: u32) -> Result<Regex, CompileError> {
    let built = RegexBuilder::new(pattern)
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .nest_limit(MAX_PATTERN_NESTING)
        .build();
    built.map_err(|error| {
        let message = match error {
            regex::Error::CompiledTooBig(_) => "the pattern is too large once compiled".to_owned(),
            // Its last line says what is wrong; those before draw the place.
            error => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                format!("the pattern is wrong: {}", last.trim_start_matches("error: "))
            }
        };
        CompileError::new(column, message)
    })
}
