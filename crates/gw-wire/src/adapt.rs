//! Fits a request to what a target is known not to take, by edits of the caller's own text: parameters left out,
//! a bound lowered, content put into another shape. Serves the attempt stage, before a body is forwarded or
//! translated. It must not be asked about targets of which nothing is known, and must not guess.

mod ask;
mod content;
mod look;
mod parameters;
mod remove;

pub use content::{Contents, contents, wants_json};
pub use remove::without;

use crate::json::cursor::DEPTH_CEILING;
use crate::json::splice::Edit;
use crate::json::{Kind, Object};
use bytes::Bytes;
use gw_model::catalog::{ModelInfo, Quirks};
use gw_model::{Abilities, Ability, Call, DropParams, ErrorCode, Refusal};

/// What is known of a target.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The model, with what the configuration says of it.
    pub model: &'a ModelInfo,
    /// The provider.
    pub provider: &'a Quirks,
    /// What the model lacks at this provider; its own lacks and what the provider's API takes away.
    pub lacks: Abilities,
    /// The model's name, for messages.
    pub name: &'a str,
}

/// What is to be changed in the caller's text.
#[derive(Clone, Debug, Default)]
pub struct Adapted {
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
    /// Parameters left out, in the caller's spelling.
    pub dropped: Vec<String>,
    /// Parameters lowered to what the target takes: `temperature=1`.
    pub clamped: Vec<String>,
}

/// Says what must change in the body of `call`. A bound on output tokens is not looked at: see
/// [`crate::edit::ForwardEdits`].
///
/// # Errors
/// `unsupported_parameter` when the caller asks for something that the target lacks and that must not be left out.
pub fn adapt(call: &Call, limits: &Limits<'_>) -> Result<Adapted, Refusal> {
    let mut work = Work { call, limits, adapted: Adapted::default(), unwanted: Vec::new() };
    let asks_too_much = !call.facts.asks.and(limits.lacks).is_empty();
    let content = content::suspected(call, limits.lacks);
    if !(asks_too_much || !content.is_empty() || look::is_needed(call, limits)) {
        return Ok(work.adapted);
    }
    let Ok(body) = Object::parse(&call.body, DEPTH_CEILING) else { return Ok(work.adapted) };
    work.named(&body);
    work.quirks(&body)?;
    if asks_too_much {
        parameters::fit(&mut work, &body)?;
    }
    content::refuse(&work, content, &body)?;
    if limits.provider.string_content {
        content::as_text(&mut work, &body)?;
    }
    let unwanted = std::mem::take(&mut work.unwanted);
    remove::edits(&body, &unwanted, &mut work.adapted.edits);
    Ok(work.adapted)
}

/// The body with the edits made, in one piece: for a translation.
#[must_use]
pub fn apply(body: &Bytes, edits: &mut [Edit]) -> Bytes {
    if edits.is_empty() {
        return body.clone();
    }
    let mut pieces = crate::json::splice::apply(body, edits);
    match pieces.len() {
        1 => pieces.swap_remove(0),
        _ => Bytes::from(pieces.concat()),
    }
}

/// A member to be taken out: a top-level one, or one within a top-level object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unwanted {
    holder: Option<String>,
    name: String,
}

struct Work<'a> {
    call: &'a Call,
    limits: &'a Limits<'a>,
    adapted: Adapted,
    unwanted: Vec<Unwanted>,
}

impl Work<'_> {
    fn lacks(&self, ability: Ability) -> bool {
        self.limits.lacks.has(ability)
    }

    /// Takes a member out and names it.
    fn leave_out(&mut self, holder: Option<&str>, name: &str) {
        let unwanted = Unwanted { holder: holder.map(str::to_owned), name: name.to_owned() };
        if self.unwanted.contains(&unwanted) {
            return;
        }
        self.adapted.dropped.push(match holder {
            Some(holder) => format!("{holder}.{name}"),
            None => name.to_owned(),
        });
        self.unwanted.push(unwanted);
    }

    /// Leaves a member out where the configuration allows it, else refuses the call.
    fn refuse(&mut self, holder: Option<&str>, name: &str, what: &str) -> Result<(), Refusal> {
        let path = holder.map_or_else(|| name.to_owned(), |holder| format!("{holder}.{name}"));
        if self.limits.model.drop_params.allows(&path) {
            self.leave_out(holder, name);
            return Ok(());
        }
        let message = format!(
            "`{}` {what}. Leave `{path}` out, choose another model, or set `drop_params` for it.",
            self.limits.name
        );
        Err(Refusal::new(ErrorCode::UnsupportedParameter, message).param(path))
    }

    /// What the configuration wants left out always.
    fn named(&mut self, body: &Object<'_>) {
        let DropParams::Named(names) = &self.limits.model.drop_params else { return };
        for name in names.iter() {
            match name.split_once('.') {
                None if body.get(name).is_some() => self.leave_out(None, name),
                Some((holder, inner)) if ask::inner(body, holder, inner).is_some() => {
                    self.leave_out(Some(holder), inner);
                }
                // The configuration speaks as OpenAI does, whatever the caller's format is.
                None => {
                    for place in ask::meant(self.call.format, name).filter(|place| place.stands(body)) {
                        self.leave_out(place.holder, place.name);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// What the provider does not take, whatever the model.
    fn quirks(&mut self, body: &Object<'_>) -> Result<(), Refusal> {
        let quirks = self.limits.provider;
        for name in &quirks.drop_params {
            if body.get(name).is_some_and(|value| !value.is_null()) {
                self.leave_out(None, name);
            }
        }
        for name in &quirks.refuse_params {
            let harmless = |raw: &str| matches!(raw, "null" | "false" | "0");
            if body.get(name).is_some_and(|value| !harmless(value.raw())) {
                self.refuse(None, name, "is at a provider that does not take this parameter")?;
            }
        }
        let most = quirks.temperature_max.as_deref().and_then(|text| Some((text, text.parse::<f64>().ok()?)));
        let stated = body.get("temperature").filter(|value| value.kind == Kind::Number);
        if let (Some((text, most)), Some(stated)) = (most, stated)
            && stated.raw().parse::<f64>().is_ok_and(|stated| stated > most)
        {
            self.adapted.clamped.push(format!("temperature={text}"));
            self.adapted.edits.push(Edit::replace(stated.span, Bytes::copy_from_slice(text.as_bytes())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
