//! Probabilities of tokens, which OpenAI's conversations state alike. Serves their readers and writers of answers.

use crate::json::{Kind, Value, Writer};
use gw_model::event::TokenLogprob;

/// Largest number of alternatives of a token; OpenAI gives 20 at most.
const MAX_TOP: usize = 64;

/// A list of tokens. What is none is passed over.
pub(crate) fn read(list: &Value<'_>) -> Vec<TokenLogprob> {
    let tokens = Some(list).filter(|list| list.kind == Kind::Array);
    tokens.into_iter().flat_map(Value::elements).filter_map(|token| one(&token, true)).collect()
}

fn one(token: &Value<'_>, with_top: bool) -> Option<TokenLogprob> {
    let token = token.object().ok()?;
    let bytes = token.get("bytes").filter(|bytes| bytes.kind == Kind::Array);
    let bytes = bytes.map(|bytes| {
        bytes.elements().filter_map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
    });
    let top = token.get("top_logprobs").filter(|top| with_top && top.kind == Kind::Array);
    let top = top.iter().flat_map(Value::elements).take(MAX_TOP).filter_map(|other| one(&other, false));
    Some(TokenLogprob {
        token: token.get("token")?.as_str()?.into_owned(),
        bytes,
        logprob: token.get("logprob")?.as_f64()?,
        top: top.collect(),
    })
}

/// Writes a list of tokens.
pub(crate) fn write(w: &mut Writer, tokens: &[TokenLogprob]) {
    w.begin_array();
    for token in tokens {
        w.begin_object();
        write_members(w, token);
        w.key("top_logprobs");
        w.begin_array();
        for other in &token.top {
            w.begin_object();
            write_members(w, other);
            w.end_object();
        }
        w.end_array();
        w.end_object();
    }
    w.end_array();
}

fn write_members(w: &mut Writer, token: &TokenLogprob) {
    w.string_member("token", &token.token);
    w.float_member("logprob", token.logprob);
    w.key("bytes");
    w.begin_array();
    let bytes = token.bytes.as_deref().unwrap_or(token.token.as_bytes());
    bytes.iter().for_each(|byte| w.number(*byte));
    w.end_array();
}
