//! What conditions are asked about, put together from the call. Only what the model's conditions read is looked for. It
//! must not evaluate a condition, or refuse anything but metadata that cannot be read.

use crate::inbound::CallerContext;
use crate::receive::INLINE_BYTES;
use gw_model::access::{Access, CallRules};
use gw_model::policy::{KeyFacts, Reads, RequestFacts, Subject};
use gw_model::{Call, ErrorCode, Level, Micros, Refusal};
use gw_store::memory::{Account, Chain, KeyEntry};
use gw_wire::adapt::{Contents, contents};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The header in which callers say more of a call.
const METADATA: &str = "x-gatewright-metadata";

/// Tags of one call that conditions see.
const MAX_TAGS: usize = 64;

/// Who calls, as far as routing asks.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    /// What it says about itself.
    pub(crate) context: &'a CallerContext,
    /// `None` for the master key.
    pub(crate) key: Option<&'a KeyEntry>,
    /// The customer and the tags that it names.
    pub(crate) beside: &'a [Arc<Account>],
}

impl Caller<'_> {
    /// True when nothing that the call counts for rules a provider out.
    pub(super) fn allows_every_provider(&self) -> bool {
        let of_key = self.key.is_none_or(|key| key.allows_every_provider());
        of_key && self.beside.iter().all(|account| account.permits(|policy| policy.providers.is_none()))
    }

    /// True when everything that the call counts for allows calls to that provider.
    pub(super) fn allows_provider(&self, name: &str) -> bool {
        let of_key = self.key.is_none_or(|key| key.allows_provider(name));
        of_key && self.beside.iter().all(|account| account.permits(|policy| policy.allows_provider(name)))
    }
}

impl Caller<'_> {
    /// True when something that the call counts for rules a region out.
    pub(super) fn asks_region(&self) -> bool {
        self.rules(|calls| calls.regions.is_some())
    }

    /// True when everything that the call counts for lets it go to that region.
    pub(super) fn allows_region(&self, region: Option<&str>) -> bool {
        !self.rules(|calls| !calls.allows_region(region))
    }

    /// True when only the first target may be asked.
    pub(super) fn has_no_fallbacks(&self) -> bool {
        self.rules(|calls| calls.no_fallbacks)
    }

    /// Does one of the rules say that?
    fn rules(&self, says: impl Fn(&CallRules) -> bool) -> bool {
        let of = |access: &Access| says(&access.calls).then_some(());
        let Some(key) = self.key else { return false };
        key.access(of).is_some() || self.beside.iter().any(|account| account.access(of).is_some())
    }
}

/// What conditions ask of a body.
#[derive(Default)]
pub(crate) struct Looked {
    metadata: Option<Map<String, Value>>,
    contents: Contents,
}

impl Looked {
    /// Looks into the body for what is read.
    pub(crate) fn at(reads: Reads, call: &Call) -> Self {
        Self {
            metadata: reads.metadata.then(|| gw_wire::facts::metadata(call.format, call.asked())).flatten(),
            contents: if reads.content { contents(call, call.full()) } else { Contents::default() },
        }
    }

    /// The same; large bodies are looked into off the worker, whose other calls would wait.
    pub(super) async fn at_any(reads: Reads, call: &Call) -> Self {
        if !(reads.metadata || reads.content) || call.full().len().max(call.asked().len()) <= INLINE_BYTES {
            return Self::at(reads, call);
        }
        let call = call.clone();
        // Nothing is known of a body that could not be looked into, and what reads it does not hold.
        tokio::task::spawn_blocking(move || Self::at(reads, &call)).await.unwrap_or_default()
    }
}

/// Whose the key is, by ids; empty where it is nobody's.
#[derive(Default)]
struct Above {
    organization: String,
    team: String,
    project: String,
    user: String,
}

impl Above {
    fn of(key: Option<&KeyEntry>) -> Self {
        let Some(key) = key else { return Self::default() };
        // What is no account is a label for reports.
        let of = |level: Level, label: Option<&str>| {
            let account = key.above().iter().find(|account| account.id.level == level);
            account.map_or_else(|| label.unwrap_or_default().to_owned(), |account| account.id.to_string())
        };
        Self {
            organization: of(Level::Organization, None),
            team: of(Level::Team, key.policy.team_id.as_deref()),
            project: of(Level::Project, key.policy.project_id.as_deref()),
            user: of(Level::User, key.user_id()),
        }
    }
}

/// See the module. Lends itself as a [`Subject`].
pub(crate) struct Gathered<'a> {
    call: &'a Call,
    caller: Caller<'a>,
    key_id: String,
    above: Above,
    headers: Vec<(&'a str, &'a str)>,
    metadata: Option<Map<String, Value>>,
    tags: Vec<&'a str>,
    contents: Contents,
    budget_used: Option<f64>,
    now: Micros,
}

impl<'a> Gathered<'a> {
    /// Puts together what is read. Errors: 400 when the caller's metadata is no JSON object.
    pub(crate) fn gather(
        reads: Reads,
        looked: Looked,
        call: &'a Call,
        caller: Caller<'a>,
        now: Micros,
    ) -> Result<Self, Refusal> {
        let context = caller.context;
        let headers = context.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let tags = context.tags.as_deref().filter(|_| reads.tags).unwrap_or_default();
        Ok(Self {
            call,
            caller,
            key_id: caller.key.map_or(gw_model::KeyId::MASTER, |key| key.id).to_string(),
            above: Above::of(caller.key),
            headers,
            metadata: if reads.metadata { metadata(looked.metadata, context)? } else { None },
            tags: tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).take(MAX_TAGS).collect(),
            contents: looked.contents,
            budget_used: if reads.budget { budget_used(caller.key, now) } else { None },
            now,
        })
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        let context = self.caller.context;
        let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
        Subject {
            request: self.request(),
            headers: &self.headers,
            metadata: self.metadata.as_ref(),
            key: KeyFacts {
                id: &self.key_id,
                name: self.caller.key.map_or("", |key| &key.name),
                metadata: self.caller.key.map(|key| key.metadata()),
                // Keys have no tags yet.
                tags: &[],
            },
            team: &self.above.team,
            project: &self.above.project,
            organization: &self.above.organization,
            user: &self.above.user,
            customer: text(&context.customer),
            session: text(&context.session),
            tags: &self.tags,
            text: gw_model::policy::TextFacts::default(),
            now: self.now,
            budget_used: self.budget_used,
        }
    }

    fn request(&self) -> RequestFacts<'_> {
        let (call, facts) = (self.call, &self.call.facts);
        RequestFacts {
            model: &facts.model,
            format: call.format.as_str(),
            endpoint: call.format.endpoint().as_str(),
            stream: facts.stream,
            input_tokens: facts.input_tokens,
            max_output_tokens: facts.max_output_tokens,
            has_tools: self.contents.tools,
            has_images: self.contents.images,
            has_audio: self.contents.audio,
            choices: facts.choices,
            body_bytes: call.asked().len() as u64,
        }
    }
}

/// Can what the header says be read? Errors: it is no JSON object, or larger than that.
pub(crate) fn check_header(context: &CallerContext, most: usize) -> Result<(), Refusal> {
    let Some(text) = context.metadata.as_deref() else { return Ok(()) };
    // All of it: what reads like an object may still hold a text that none is.
    if text.len() <= most && serde_json::from_str::<Map<String, Value>>(text).is_ok() {
        return Ok(());
    }
    let text =
        format!("'{METADATA}' must be one JSON object of at most {most} bytes (settings.max_metadata_bytes)");
    Err(Refusal::new(ErrorCode::InvalidRequest, text).param(METADATA))
}

/// What the header says, and behind it what the body says. Errors: the header is no JSON object.
pub(crate) fn metadata(
    in_body: Option<Map<String, Value>>,
    context: &CallerContext,
) -> Result<Option<Map<String, Value>>, Refusal> {
    let Some(text) = context.metadata.as_deref() else { return Ok(in_body) };
    let Ok(mut found) = serde_json::from_str::<Map<String, Value>>(text) else {
        let message = format!("'{METADATA}' must be one JSON object");
        return Err(Refusal::new(ErrorCode::InvalidRequest, message).param(METADATA));
    };
    for (name, value) in in_body.into_iter().flatten() {
        found.entry(name).or_insert(value);
    }
    Ok(Some(found))
}

/// What is spent and held, as a share of the budget that is used most.
fn budget_used(key: Option<&KeyEntry>, now: Micros) -> Option<f64> {
    let views = Chain::new(key?.links()).budget_views(now);
    let shares = views.iter().map(|(_, view)| {
        let used = view.spent.plus(view.reserved);
        // All of nothing is used.
        if view.limit.0 == 0 { 1.0 } else { used.0 as f64 / view.limit.0 as f64 }
    });
    shares.reduce(f64::max)
}
