//! Reads filters: `not` binds tighter than `and`, `and` tighter than `or`. What an attribute can not be compared with is
//! refused here. Pure.

use super::super::Fault;
use super::super::path::{self, Named, Place};
use super::super::schema::{Attribute, Kind, ResourceKind};
use super::{Filter, Literal, MAX_BYTES, MAX_DEPTH, MAX_TERMS, Operator, wrong};
use serde_json::Value;

/// What names mean.
#[derive(Clone, Copy)]
pub(super) enum Scope<'k> {
    Resource(&'k ResourceKind),
    Values(&'static Attribute),
}

impl Scope<'_> {
    fn place(self, name: &str) -> Result<Place, Fault> {
        let found = match self {
            Self::Resource(kind) => match path::find(kind, name) {
                Some(Named::Place(place)) => Some(place),
                _ => None,
            },
            Self::Values(attribute) => {
                attribute.sub(name).map(|attribute| Place { extension: None, attribute, sub: None })
            }
        };
        found.ok_or_else(|| wrong(format!("there is no attribute '{name}' to filter by")))
    }
}

/// Reads all of a text.
pub(super) fn whole(scope: Scope<'_>, text: &str) -> Result<Filter, Fault> {
    if text.len() > MAX_BYTES {
        return Err(wrong(format!("the filter is longer than {MAX_BYTES} bytes")));
    }
    let mut reader = Reader { rest: text, terms: 0, depth: 0 };
    let filter = reader.any(scope)?;
    reader.blank();
    match reader.rest {
        "" => Ok(filter),
        rest => Err(wrong(format!("the filter goes on with '{}' where it should end", shown(rest)))),
    }
}

struct Reader<'t> {
    rest: &'t str,
    terms: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes a character, where it comes next.
    fn takes(&mut self, wanted: char) -> bool {
        self.blank();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Fault> {
        match self.takes(wanted) {
            true => Ok(()),
            false => Err(wrong(format!("a '{wanted}' is missing before '{}'", shown(self.rest)))),
        }
    }

    /// The next word: letters, digits and what else stands in names.
    fn peek(&mut self) -> &'t str {
        self.blank();
        let is_in_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | ':' | '_' | '-' | '$');
        let end = self.rest.find(|c| !is_in_word(c)).unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    fn word(&mut self) -> &'t str {
        let word = self.peek();
        self.rest = self.rest.get(word.len()..).unwrap_or_default();
        word
    }

    /// Takes a word, where it comes next, whatever its case.
    fn takes_word(&mut self, wanted: &str) -> bool {
        let is_it = self.peek().eq_ignore_ascii_case(wanted);
        if is_it {
            self.word();
        }
        is_it
    }

    fn any(&mut self, scope: Scope<'_>) -> Result<Filter, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(wrong(format!("the filter is deeper than {MAX_DEPTH}")));
        }
        let mut filter = self.all(scope)?;
        while self.takes_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all(scope)?));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn all(&mut self, scope: Scope<'_>) -> Result<Filter, Fault> {
        let mut filter = self.term(scope)?;
        while self.takes_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.term(scope)?));
        }
        Ok(filter)
    }

    fn term(&mut self, scope: Scope<'_>) -> Result<Filter, Fault> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(wrong(format!("the filter has more than {MAX_TERMS} parts")));
        }
        if self.takes('(') {
            let inner = self.any(scope)?;
            self.expect(')')?;
            return Ok(inner);
        }
        let name = self.word();
        if name.eq_ignore_ascii_case("not") {
            self.expect('(')?;
            let inner = self.any(scope)?;
            self.expect(')')?;
            return Ok(Filter::Not(Box::new(inner)));
        }
        if name.is_empty() {
            return Err(wrong(match self.rest {
                "" => "the filter ends where an attribute should stand".to_owned(),
                rest => format!("an attribute should stand before '{}'", shown(rest)),
            }));
        }
        let place = scope.place(name)?;
        if self.rest.starts_with('[') {
            return self.within(place);
        }
        self.comparison(place)
    }

    fn within(&mut self, place: Place) -> Result<Filter, Fault> {
        if place.sub.is_some() || place.attribute.subs.is_empty() {
            return Err(wrong(format!("'{place}' has no parts that could be compared in '[...]'")));
        }
        self.expect('[')?;
        let inner = self.any(Scope::Values(place.attribute))?;
        self.expect(']')?;
        Ok(Filter::Within(place, Box::new(inner)))
    }

    fn comparison(&mut self, place: Place) -> Result<Filter, Fault> {
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(place));
        }
        let operator = match word.to_ascii_lowercase().as_str() {
            "eq" => Operator::Equal,
            "ne" => Operator::NotEqual,
            "co" => Operator::Contains,
            "sw" => Operator::StartsWith,
            "ew" => Operator::EndsWith,
            "gt" => Operator::Greater,
            "ge" => Operator::GreaterOrEqual,
            "lt" => Operator::Less,
            "le" => Operator::LessOrEqual,
            _ => {
                let text = "an operator (eq, ne, co, sw, ew, pr, gt, ge, lt or le) should stand behind";
                return Err(wrong(format!("{text} '{place}', not '{}'", shown(word))));
            }
        };
        let value = self.value()?;
        Ok(Filter::Compare(place, operator, literal(&place, operator, value)?))
    }

    /// A value as in JSON.
    fn value(&mut self) -> Result<Value, Fault> {
        self.blank();
        let all = self.rest;
        // A word ends also where JSON would want something between.
        let value = match all.starts_with('"') {
            true => {
                let mut values = serde_json::Deserializer::from_str(all).into_iter::<Value>();
                let value = values.next();
                self.rest = all.get(values.byte_offset()..).unwrap_or_default();
                value.and_then(Result::ok)
            }
            false => serde_json::from_str(&self.word().to_ascii_lowercase()).ok(),
        };
        value.ok_or_else(|| {
            let text = "a value (a text in double quotes, a number, true, false or null) should stand at";
            wrong(format!("{text} '{}'", shown(all)))
        })
    }
}

/// Can that be compared so with the attribute?
fn literal(place: &Place, operator: Operator, value: Value) -> Result<Literal, Fault> {
    let leaf = place.leaf();
    let leaf = match leaf.kind {
        Kind::Complex => leaf.sub("value").ok_or_else(|| {
            wrong(format!("'{place}' has parts: compare one of them, such as {place}.{}", first(leaf)))
        })?,
        _ => leaf,
    };
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    let is_of_texts = matches!(operator, Operator::Contains | Operator::StartsWith | Operator::EndsWith);
    match (leaf.kind, value) {
        (_, Value::Null) if is_equality => Ok(Literal::Null),
        (Kind::Flag, Value::Bool(flag)) if is_equality => Ok(Literal::Flag(flag)),
        (Kind::Flag, Value::String(text)) if is_equality && text.eq_ignore_ascii_case("true") => {
            Ok(Literal::Flag(true))
        }
        (Kind::Flag, Value::String(text)) if is_equality && text.eq_ignore_ascii_case("false") => {
            Ok(Literal::Flag(false))
        }
        (Kind::Flag, _) => Err(wrong(format!("'{place}' can be 'eq' or 'ne' true or false only"))),
        (Kind::Time, Value::String(text)) if !is_of_texts => gw_model::time::parse(&text)
            .map(Literal::Time)
            .ok_or_else(|| wrong(format!("'{place}' is compared with a time such as 2026-11-01T00:00:00Z"))),
        (Kind::Time, _) => {
            Err(wrong(format!("'{place}' is a time: compare it by eq, ne, gt, ge, lt or le with a text")))
        }
        (_, Value::String(text)) => Ok(Literal::Text(text)),
        _ => Err(wrong(format!("'{place}' is compared with a text in double quotes"))),
    }
}

fn first(attribute: &Attribute) -> &'static str {
    attribute.subs.first().map_or("value", |sub| sub.name)
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
