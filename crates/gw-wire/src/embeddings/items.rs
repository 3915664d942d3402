//! Answers in OpenAI's format vector by vector: taken apart, and put together of vectors that came at different times.
//! Serves the cache, which keeps vectors by input. It must not read a vector.

use crate::json::cursor::DEPTH_CEILING;
use crate::json::{Kind, Object, Writer};
use std::borrow::Cow;

/// An answer taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken<'a> {
    /// The vectors in order of the inputs, as they are written.
    pub vectors: Vec<&'a str>,
    /// The model as the provider names it.
    pub model: Cow<'a, str>,
    /// How many tokens the provider counted; `None`: it does not say.
    pub tokens: Option<u64>,
}

/// Takes an answer apart that should have so many vectors. `None`: it is none, or has others.
#[must_use]
pub fn take(body: &[u8], count: usize) -> Option<Taken<'_>> {
    let object = Object::parse(body, DEPTH_CEILING).ok()?;
    let data = object.get("data").filter(|data| data.kind == Kind::Array)?;
    let mut vectors: Vec<Option<&str>> = vec![None; count];
    for (place, element) in data.elements().enumerate() {
        let (mut index, mut vector) = (place, None);
        for (name, value) in element.members() {
            match (name, value.kind) {
                ("index", Kind::Number) => index = usize::try_from(value.as_u64()?).ok()?,
                ("embedding", Kind::Array | Kind::String) => vector = Some(value.raw()),
                _ => {}
            }
        }
        let place = vectors.get_mut(index).filter(|place| place.is_none())?;
        *place = Some(vector?);
    }
    let vectors = vectors.into_iter().collect::<Option<Vec<_>>>()?;
    let usage = object.get("usage").and_then(|usage| usage.object().ok());
    let tokens = usage.and_then(|usage| usage.get("prompt_tokens")?.as_u64());
    let model = object.get("model").and_then(|model| model.as_str()).unwrap_or_default();
    Some(Taken { vectors, model, tokens })
}

/// An answer with these vectors.
#[must_use]
pub fn put<'a>(vectors: impl IntoIterator<Item = &'a str>, model: &str, tokens: u64) -> Vec<u8> {
    let mut w = Writer::with_capacity(256);
    w.begin_object();
    w.string_member("object", "list");
    w.key("data");
    w.begin_array();
    for (index, vector) in vectors.into_iter().enumerate() {
        w.begin_object();
        w.string_member("object", "embedding");
        w.number_member("index", index);
        w.raw_member("embedding", vector);
        w.end_object();
    }
    w.end_array();
    w.string_member("model", model);
    w.key("usage");
    w.begin_object();
    w.number_member("prompt_tokens", tokens);
    w.number_member("total_tokens", tokens);
    w.end_object();
    w.end_object();
    w.into_bytes()
}

/// Shares a count out by weights. What the shares add up to is the count.
#[must_use]
pub fn shares(tokens: u64, weights: &[u64]) -> Vec<u64> {
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum::<u128>().max(1);
    let (mut before, mut seen) = (0, 0u128);
    let share = |weight: &u64| {
        seen += u128::from(*weight);
        let until = u64::try_from(u128::from(tokens) * seen / all).unwrap_or(u64::MAX);
        let share = until - before;
        before = until;
        share
    };
    weights.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::{put, shares, take};

    #[test]
    fn what_is_put_together_is_taken_apart_again() {
        let body = put(["[0.1,2e-3]", "\"AAA=\""], "m\"1", 7);
        let taken = take(&body, 2).unwrap();
        assert_eq!(
            (taken.vectors, &*taken.model, taken.tokens),
            (vec!["[0.1,2e-3]", "\"AAA=\""], "m\"1", Some(7))
        );
        assert_eq!(take(&body, 1), None);
        assert_eq!(take(&body, 3), None);
    }

    #[test]
    fn places_are_what_the_provider_says() {
        let body = br#"{"data":[{"embedding":[2],"index":1},{"index":0,"embedding":[1]}]}"#;
        assert_eq!(take(body, 2).unwrap().vectors, ["[1]", "[2]"]);
        for wrong in [
            &br#"{"data":[{"embedding":[2],"index":0},{"index":0,"embedding":[1]}]}"#[..],
            br#"{"data":[{"index":0},{"index":1,"embedding":[1]}]}"#,
            br#"{"error":"no"}"#,
            b"[]",
        ] {
            assert_eq!(take(wrong, 2), None);
        }
    }

    #[test]
    fn shares_add_up() {
        for (tokens, weights) in [(10, vec![1, 1, 1]), (0, vec![5, 5]), (7, vec![100, 1]), (3, vec![1; 9])] {
            assert_eq!(shares(tokens, &weights).iter().sum::<u64>(), tokens, "{weights:?}");
        }
        assert_eq!(shares(u64::MAX, &[1, 3])[0], u64::MAX / 4);
    }
}
