//! What a call wants of the cache: its headers, which ingress read, and the member `cache` of its body, as LiteLLM's
//! callers write it. Serves the cache stage.

use super::rule;
use crate::ticket::Open;
use bytes::Bytes;
use gw_model::caching::{CachePolicy, CacheWish};
use gw_model::{Call, Endpoint, ErrorCode, Refusal, WireFormat};
use gw_wire::json::cursor::DEPTH_CEILING;
use gw_wire::json::{Kind, Object};

/// Members that `cache` may have.
const MEMBERS: [&str; 6] = ["ttl", "s-maxage", "no-cache", "no-store", "namespace", "use-cache"];

/// Does the format have streams that say what its whole answers say?
pub(super) fn is_conversation(format: WireFormat) -> bool {
    matches!(format.endpoint(), Endpoint::Chat | Endpoint::Completions)
}

/// Takes `cache` out of a body: no provider knows it. `original` is the body as it came, where it may have been changed.
/// Errors: 400 when it is not what it should be.
pub(super) fn take_from_body(
    call: &mut Call,
    original: Option<Bytes>,
    max_depth: usize,
) -> Result<Option<CacheWish>, Refusal> {
    let Some(wish) = of_body(call, original.as_ref())? else { return Ok(None) };
    if let Some(less) = gw_wire::adapt::without(&call.body, "cache") {
        let mut facts = gw_wire::facts::read_with_model(call.format, &less, max_depth, &call.facts.model)?;
        facts.stream |= call.facts.stream;
        facts.json_array = call.facts.json_array;
        call.facts = facts;
        call.body = less;
    }
    Ok(Some(wish))
}

/// What the caller wants for questions that are asked about its texts before the cache is: their answers say something
/// about these, and are neither read nor kept where its own are not.
pub(crate) fn for_questions(ticket: &Open, call: &Call, original: &Bytes) -> CacheWish {
    let mut wish = CacheWish::default();
    if ticket.worker().gateway().answers.is_used() {
        // What is wrong with what it says is refused when the cache reads it.
        let body = of_body(call, Some(original)).ok().flatten();
        for said in ticket.context.cache.as_deref().into_iter().chain(&body) {
            wish.no_read |= said.no_read;
            wish.no_store |= said.no_store;
        }
        rule::bound(ticket, &mut wish);
    }
    wish
}

/// What a body says. Errors: 400 when it is not what it should be.
fn of_body(call: &Call, original: Option<&Bytes>) -> Result<Option<CacheWish>, Refusal> {
    let may_have = call.format.api() == gw_model::Api::OpenAi;
    let is_raw = call.raw.is_some() || call.facts.is_form;
    if !may_have
        || is_raw
        || call.facts.earlier.is_some()
        || memchr::memmem::find(&call.body, b"\"cache\"").is_none()
    {
        return Ok(None);
    }
    let Ok(body) = Object::parse(original.unwrap_or(&call.body), DEPTH_CEILING) else { return Ok(None) };
    let Some(value) = body.get("cache") else { return Ok(None) };
    Ok(Some(match value.kind {
        Kind::Object => read(&value.object().map_err(|_| wrong("cache", "names a member twice"))?)?,
        Kind::Null => CacheWish::default(),
        _ => return Err(wrong("cache", "must be an object")),
    }))
}

fn read(cache: &Object<'_>) -> Result<CacheWish, Refusal> {
    let mut wish = CacheWish::default();
    for member in &cache.members {
        let value = cache.value(member);
        let seconds = || value.as_u64().ok_or_else(|| wrong(&member.key, "must be a number of seconds"));
        let flag = || value.as_bool().ok_or_else(|| wrong(&member.key, "must be true or false"));
        match &*member.key {
            _ if value.is_null() => {}
            "ttl" => wish.ttl_seconds = Some(seconds()?),
            "s-maxage" | "s-max-age" => wish.max_age_seconds = Some(seconds()?),
            "no-cache" => wish.no_read = flag()?,
            "no-store" => wish.no_store = flag()?,
            "use-cache" => wish.wanted = flag()?,
            "namespace" => {
                let text = value.as_str().ok_or_else(|| wrong("namespace", "must be a string"))?;
                wish.namespace = Some(text.into_owned());
            }
            other => {
                let known = MEMBERS.join(", ");
                return Err(wrong(other, &format!("is not known in 'cache'; known are {known}")));
            }
        }
    }
    Ok(wish)
}

fn wrong(name: &str, text: &str) -> Refusal {
    let param = if name == "cache" { "cache".to_owned() } else { format!("cache.{name}") };
    Refusal::new(ErrorCode::InvalidRequest, format!("'{param}' {text}")).param(param)
}

/// Does the policy let the call use the cache?
pub(super) const fn is_let_in(policy: &CachePolicy, wish: &CacheWish) -> bool {
    let asks = wish.wanted || wish.ttl_seconds.is_some() || wish.key.is_some();
    (!policy.opt_in || asks || wish.only_if_cached) && !wish.is_off()
}
