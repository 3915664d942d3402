//! What can be called, with types. Serves the checker; the evaluation of each is in `eval/calls.rs`. The reference in
//! `docs/policy.md` is held to this table by a test.

use crate::types::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Contains,
    StartsWith,
    EndsWith,
    LowerAscii,
    UpperAscii,
    Size,
    Int,
    Double,
    Text,
    Timestamp,
    Part(TimePart),
}

/// A part of a timestamp, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimePart {
    Year,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// How a function is called: on a value (which is its first argument), or alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Method,
    Alone,
}

/// Name, form, function, what each argument may be, result.
type Signature = (&'static str, Form, Function, &'static [&'static [Type]], Type);

const TEXT: &[Type] = &[Type::Text];
const TIME: &[Type] = &[Type::Time];
/// Checked by [`has_size`], as types of lists are many.
const SIZED: &[Type] = &[];

const FUNCTIONS: &[Signature] = &[
    ("contains", Form::Method, Function::Contains, &[TEXT, TEXT], Type::Bool),
    ("startsWith", Form::Method, Function::StartsWith, &[TEXT, TEXT], Type::Bool),
    ("endsWith", Form::Method, Function::EndsWith, &[TEXT, TEXT], Type::Bool),
    ("lowerAscii", Form::Method, Function::LowerAscii, &[TEXT], Type::Text),
    ("upperAscii", Form::Method, Function::UpperAscii, &[TEXT], Type::Text),
    ("size", Form::Method, Function::Size, &[SIZED], Type::Int),
    ("size", Form::Alone, Function::Size, &[SIZED], Type::Int),
    ("int", Form::Alone, Function::Int, &[&[Type::Int, Type::Double, Type::Text, Type::Time]], Type::Int),
    ("double", Form::Alone, Function::Double, &[&[Type::Int, Type::Double, Type::Text]], Type::Double),
    (
        "string",
        Form::Alone,
        Function::Text,
        &[&[Type::Bool, Type::Int, Type::Double, Type::Text, Type::Time]],
        Type::Text,
    ),
    ("timestamp", Form::Alone, Function::Timestamp, &[&[Type::Int, Type::Text, Type::Time]], Type::Time),
    ("getFullYear", Form::Method, Function::Part(TimePart::Year), &[TIME], Type::Int),
    ("getMonth", Form::Method, Function::Part(TimePart::Month), &[TIME], Type::Int),
    ("getDate", Form::Method, Function::Part(TimePart::Date), &[TIME], Type::Int),
    ("getDayOfMonth", Form::Method, Function::Part(TimePart::DayOfMonth), &[TIME], Type::Int),
    ("getDayOfWeek", Form::Method, Function::Part(TimePart::DayOfWeek), &[TIME], Type::Int),
    ("getDayOfYear", Form::Method, Function::Part(TimePart::DayOfYear), &[TIME], Type::Int),
    ("getHours", Form::Method, Function::Part(TimePart::Hours), &[TIME], Type::Int),
    ("getMinutes", Form::Method, Function::Part(TimePart::Minutes), &[TIME], Type::Int),
    ("getSeconds", Form::Method, Function::Part(TimePart::Seconds), &[TIME], Type::Int),
    ("getMilliseconds", Form::Method, Function::Part(TimePart::Milliseconds), &[TIME], Type::Int),
];

/// Names that the checker itself knows: macros, and `matches`, whose pattern is compiled.
const SPECIAL: &[(&str, Form)] = &[
    ("has", Form::Alone),
    ("all", Form::Method),
    ("exists", Form::Method),
    ("exists_one", Form::Method),
    ("filter", Form::Method),
    ("map", Form::Method),
    ("matches", Form::Method),
];

/// A function, what each of its arguments may be (nothing: what has a size), and its result.
pub(crate) fn find(name: &str, form: Form) -> Option<(Function, &'static [&'static [Type]], &'static Type)> {
    let (_, _, function, takes, gives) =
        FUNCTIONS.iter().find(|(known, of, ..)| *known == name && *of == form)?;
    Some((*function, takes, gives))
}

/// Every name that can be called in that form.
pub(crate) fn names(form: Form) -> impl Iterator<Item = &'static str> {
    let functions = FUNCTIONS.iter().filter(move |(_, of, ..)| *of == form).map(|(name, ..)| *name);
    functions.chain(SPECIAL.iter().filter(move |(_, of)| *of == form).map(|(name, _)| *name))
}

/// Whether an argument of that type does.
pub(crate) fn accepts(takes: &[Type], given: &Type) -> bool {
    match takes {
        [] => has_size(given),
        _ => takes.iter().any(|wanted| given.may_be(wanted)),
    }
}

const fn has_size(given: &Type) -> bool {
    matches!(given, Type::Any | Type::Text | Type::List(_) | Type::Map(_))
}
