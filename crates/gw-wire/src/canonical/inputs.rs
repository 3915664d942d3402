//! The inputs of a request for embeddings one by one: what each is in one spelling, and what all share. Serves keys of the
//! cache, which keeps vectors by input. It must not know a key or an answer.

use super::{BESIDE, json};
use crate::json::cursor::DEPTH_CEILING;
use crate::json::splice::{self, Edit};
use crate::json::{Kind, Object, Value};
use bytes::Bytes;

/// Most inputs that are looked at one by one.
const MAX_INPUTS: usize = 4096;

/// The inputs of a request in OpenAI's format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// All of the request but its inputs, in one spelling.
    pub frame: Vec<u8>,
    /// Each input in one spelling.
    pub spelled: Vec<Vec<u8>>,
    /// How long each is, in tokens where they are given, else in bytes: by that a count for all is shared out.
    pub weights: Vec<u64>,
}

/// Takes a request apart. `None`: it has no inputs that could be told apart.
#[must_use]
pub fn inputs(body: &[u8]) -> Option<Inputs> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let mut inputs = Inputs::default();
    inputs.frame.push(b'{');
    let start = inputs.frame.len();
    let mut pieces = Vec::with_capacity(object.members.len());
    for member in &object.members {
        let value = object.value(member);
        if BESIDE.contains(&&*member.key) || value.kind == Kind::Null || member.key == "input" {
            continue;
        }
        let at = inputs.frame.len();
        json::string(&member.key, &mut inputs.frame);
        let name = at..inputs.frame.len();
        json::value(&value, &mut inputs.frame).ok()?;
        pieces.push(json::Piece { name, end: inputs.frame.len() });
    }
    json::sort(&mut inputs.frame, start, &mut pieces);
    inputs.frame.push(b'}');
    // Which of two counts is up to the provider.
    let mut all = object.members.iter().filter(|member| member.key == "input");
    let input = all.next().filter(|_| all.next().is_none())?;
    for one in each(&object.value(input))? {
        let mut spelled = Vec::with_capacity(one.raw().len() + 16);
        json::value(&one, &mut spelled).ok()?;
        let weight = match one.kind {
            Kind::Array => one.elements().count(),
            _ => one.raw().len().saturating_sub(2),
        };
        inputs.spelled.push(spelled);
        inputs.weights.push(weight.max(1) as u64);
    }
    Some(inputs)
}

/// The same request with some of its inputs, by their places in rising order. `None`: it has not so many.
#[must_use]
pub fn with_inputs(body: &Bytes, wanted: &[usize]) -> Option<Bytes> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let value = object.get("input")?;
    let all = each(&value)?;
    let mut written = vec![b'['];
    for at in wanted {
        if written.len() > 1 {
            written.push(b',');
        }
        written.extend_from_slice(all.get(*at)?.raw().as_bytes());
    }
    written.push(b']');
    let mut edits = [Edit::replace(value.span, Bytes::from(written))];
    Some(Bytes::from(splice::apply(body, &mut edits).concat()))
}

/// A text, a list of tokens, or a list of either.
fn each<'a>(input: &Value<'a>) -> Option<Vec<Value<'a>>> {
    match input.kind {
        Kind::String => Some(vec![*input]),
        Kind::Array => {
            let all: Vec<Value<'a>> = input.elements().take(MAX_INPUTS + 1).collect();
            let first = all.first()?.kind;
            if first == Kind::Number {
                return Some(vec![*input]);
            }
            let are_alike = all.iter().all(|one| one.kind == first);
            let is_known = matches!(first, Kind::String | Kind::Array);
            (are_alike && is_known && all.len() <= MAX_INPUTS).then_some(all)
        }
        _ => None,
    }
}
