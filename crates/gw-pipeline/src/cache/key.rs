//! Which calls may share answers, and the key that those have which share one. Serves the cache stage. What a key leaves
//! out, two calls may differ in and still get the same answer: whatever shapes an answer, or says who may have it, is in.

use super::wish;
use crate::guard::Screened;
use crate::lineup::Lineup;
use gw_model::caching::{CachePolicy, CacheScope, CacheWish, SemanticPolicy};
use gw_model::routing::EmbedderName;
use gw_model::{Call, Earlier, Endpoint, Level, WireFormat};
use gw_store::answers::AnswerKey;
use gw_store::answers::similar::RoomKey;
use gw_wire::canonical::{self, Canonical, Inputs};
use gw_wire::translate::PathFacts;
use sha2::{Digest, Sha256};

/// Grows when the meaning of keys changes: what was kept under older ones is not found any more.
const VERSION: u8 = 2;

/// Headers that go to the provider and change nothing in its answer.
const BESIDE: [&str; 3] = ["idempotency-key", "x-client-request-id", "content-type"];

/// May answers to calls of this kind be kept at all?
pub(super) fn is_cacheable(screened: &Screened) -> bool {
    let call = &screened.call;
    let facts = &call.facts;
    let is_kind = match call.format.endpoint() {
        Endpoint::Chat | Endpoint::Completions | Endpoint::Embeddings | Endpoint::Rerank => true,
        Endpoint::Moderations => true,
        Endpoint::Images => call.format == WireFormat::OpenAiImages,
        _ => false,
    };
    let is_bound = matches!(facts.earlier.as_deref(), Some(Earlier::AtProvider(_))) || facts.stored.is_some();
    let is_plain =
        call.raw.is_none() && call.format.counts().is_none() && !facts.is_form && !facts.background;
    // One call of an ensemble is several, each with a record of its own.
    is_kind && is_plain && !is_bound && screened.model.panel().is_empty()
}

/// What the request says, in one spelling. `None`: it can not be compared.
pub(super) fn canonical(call: &Call) -> Option<Canonical> {
    let path = PathFacts { model: &call.facts.model, stream: call.facts.stream };
    canonical::request(call.format, call.full(), path)
}

/// Feeds a digest with pieces that can not run into each other.
struct Digester(Sha256);

impl Digester {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn add_all<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        texts.into_iter().for_each(|text| self.add(text.as_bytes()));
        self.0.update(u64::MAX.to_le_bytes());
    }

    fn add_optional(&mut self, text: Option<&str>) {
        self.add_all(text);
    }
}

/// The key of a call's answer; and where its last turn may be compared with others, the key of everything else.
pub(super) fn keys<'a>(
    screened: &Screened,
    policy: &'a CachePolicy,
    wish: &CacheWish,
    said: &Canonical,
) -> (AnswerKey, Option<(&'a SemanticPolicy, RoomKey)>) {
    let mut digest = surroundings(screened, policy, wish);
    let call = &screened.call;
    if let Some(own) = &wish.key {
        digest.0.update(b"k");
        digest.add(call.format.endpoint().as_str().as_bytes());
        digest.add(own.as_bytes());
        return (AnswerKey(digest.0.finalize().into()), None);
    }
    digest.0.update(b"c");
    headers(call, &mut digest);
    // Streams of other kinds can not be made of whole answers, nor the other way round.
    if !wish::is_conversation(call.format) && call.facts.stream {
        digest.0.update(b"s");
    }
    digest.add(&said.frame);
    // Placeholders of other values may stand in another order in a similar turn: the answer would name the wrong ones.
    let is_exact = wish.exact || screened.ticket.has_masked();
    let semantic = policy.semantic.as_ref().filter(|policy| !is_exact && is_comparable(said, policy));
    let room = semantic.map(|policy| (policy, room(screened, policy, &digest)));
    digest.add_optional(said.last_turn.as_deref());
    (AnswerKey(digest.0.finalize().into()), room)
}

/// The keys of the vectors of each input, where the call asks for some and has no key of its own.
pub(super) fn items(
    screened: &Screened,
    policy: &CachePolicy,
    wish: &CacheWish,
    inputs: &Inputs,
) -> Vec<AnswerKey> {
    let mut all = surroundings(screened, policy, wish);
    all.0.update(b"v");
    headers(&screened.call, &mut all);
    all.add(&inputs.frame);
    let key = |spelled: &Vec<u8>| {
        let mut digest = all.0.clone();
        digest.update(spelled);
        AnswerKey(digest.finalize().into())
    };
    inputs.spelled.iter().map(key).collect()
}

/// Who shares the answer, and whose it is.
fn surroundings(screened: &Screened, policy: &CachePolicy, wish: &CacheWish) -> Digester {
    let mut digest = Digester(Sha256::new());
    digest.0.update([VERSION]);
    who(screened, policy, wish, &mut digest);
    target_class(screened, &mut digest);
    digest.add_optional(wish.namespace.as_deref());
    digest
}

/// Headers that may change the answer.
fn headers(call: &Call, digest: &mut Digester) {
    let is_beside = |name: &str, value: &[u8]| {
        // The only version there is says nothing; SDKs of one format send it, and those of others do not.
        BESIDE.contains(&name) || (name == "anthropic-version" && value == b"2023-06-01")
    };
    for (name, value) in call.forward_headers.iter().filter(|(name, value)| !is_beside(name, value)) {
        digest.add(name.as_bytes());
        digest.add(value);
    }
    digest.0.update(u64::MAX.to_le_bytes());
}

/// May the last turn be compared by what it means? Models read little of a long one.
fn is_comparable(said: &Canonical, policy: &SemanticPolicy) -> bool {
    said.last_turn
        .as_deref()
        .is_some_and(|turn| turn.len() <= policy.max_turn_bytes && !turn.trim().is_empty())
}

/// All but the last turn, and what makes its vector: those of different models can not be compared.
fn room(screened: &Screened, policy: &SemanticPolicy, all_else: &Digester) -> RoomKey {
    let mut digest = Digester(all_else.0.clone());
    digest.0.update(b"r");
    match &policy.embedder {
        EmbedderName::Local => digest.add(screened.live.vectors(&policy.embedder).name().as_bytes()),
        EmbedderName::Model(name) => {
            digest.add(name.as_bytes());
            if let Ok(found) = screened.live.resolve(name, WireFormat::OpenAiEmbeddings) {
                targets(&found.model, &mut digest);
            }
        }
    }
    RoomKey(digest.0.finalize().into())
}

/// Who shares it: never more than the policy says, and fewer where something tells callers apart.
fn who(screened: &Screened, policy: &CachePolicy, wish: &CacheWish, digest: &mut Digester) {
    let ticket = &screened.ticket;
    // The gateway's own: no caller, not even one with the master key, can ask until an answer suits it and leave that for
    // a guardrail to find.
    if ticket.context.is_own {
        digest.0.update(b"o");
    }
    let entry = ticket.key();
    let above = |level: Level| {
        let found = entry.and_then(|key| key.above().iter().find(|account| account.id.level == level));
        found.map(|account| account.id)
    };
    let is_free = entry.is_none_or(|key| key.allows_every_provider())
        && ticket.beside_allows(|policy| policy.providers.is_none())
        && ticket.access(|access| (!access.calls.is_empty()).then_some(())).is_none();
    // A stored answer is one key's, and so is what conditions make of who calls. A caller's own name for its request says
    // nothing about the request: under the same name, others ask for something else.
    let is_apart = screened.call.facts.stores
        || !is_free
        || screened.model.reads().is_some()
        || wish.key.is_some()
        || ticket.context.is_own;
    let shared = match policy.scope {
        CacheScope::Global if !is_apart => {
            digest.0.update(b"g");
            true
        }
        CacheScope::Organization | CacheScope::Team if !is_apart => {
            let team = || above(Level::Team);
            let account = match policy.scope {
                CacheScope::Organization => above(Level::Organization).or_else(team),
                _ => team(),
            };
            if let Some(account) = account {
                digest.0.update(b"a");
                digest.add(account.to_string().as_bytes());
            }
            account.is_some()
        }
        _ => false,
    };
    if !shared {
        digest.0.update(b"k");
        digest.add(&ticket.record.key.map_or([0xff; 16], |key| key.0.to_le_bytes()));
    }
    let context = &ticket.context;
    if policy.scope == CacheScope::Customer || screened.model.reads().is_some() {
        digest.add_optional(ticket.record.customer.as_deref());
    }
    if screened.model.reads().is_some() {
        for text in [&context.tags, &context.metadata, &context.session, &context.priority] {
            digest.add_optional(text.as_deref());
        }
        digest.add_all(context.headers.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    }
    // What bounds the caller's answers shapes them.
    let strict = screened.model.is_strict() || ticket.chain().budgets().any(|budget| budget.strict);
    let strict = strict && !screened.call.facts.stream;
    digest.0.update([u8::from(strict)]);
    digest.0.update(ticket.max_output_tokens().unwrap_or(u64::MAX).to_le_bytes());
}

/// Where the call may go.
fn target_class(screened: &Screened, digest: &mut Digester) {
    targets(&screened.model, digest);
}

fn targets(model: &Lineup, digest: &mut Digester) {
    digest.add(model.name.as_bytes());
    for target in &model.targets {
        let provider = &target.provider;
        digest.add_all([&*provider.name, &*provider.base_url, &*target.model]);
    }
    digest.0.update(u64::MAX.to_le_bytes());
}
