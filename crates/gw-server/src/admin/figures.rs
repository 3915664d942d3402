//! Which calls figures are of: what the filters of charts, usage and reports mean for sums that are kept, and for the records
//! themselves where those sums do not tell it. It must not read any.

use super::error::ApiError;
use super::logs;
use crate::app::authorization::{Caller, Resource};
use crate::app::places::{Place, Places};
use gw_model::{AccountId, Level, Micros, time};
use gw_store::analytics::{RollupBy, RollupFilter};
use gw_store::types::{LogFilter, Span};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Names of the filters; each means what it means in the list of records.
pub(super) const FILTERS: [&str; 21] = [
    "key_id",
    "team_id",
    "organization_id",
    "project_id",
    "user_id",
    "customer_id",
    "customer",
    "tag_id",
    "tag",
    "model",
    "provider",
    "upstream_model",
    "region",
    "endpoint",
    "guardrail",
    "outcome",
    "status",
    "error_code",
    "cache",
    "metadata",
    "session",
];

/// The same, where 'format' is no word for how the answer is written.
pub(super) const FILTERS_AND_FORMAT: [&str; 22] = gw_config::compile::joined(&[&FILTERS, &["format"]]);

/// Questions to records that are looked into at once; others wait.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Questions that wait or are looked into: in all, and of one caller.
const MOST_WAITING: usize = 24;
const MOST_OF_A_CALLER: usize = 8;
/// By callers.
static WAITING: Places<String> = Places::new(MOST_WAITING, MOST_OF_A_CALLER);
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(15);

/// Filters as they come. What else is asked is taken out before.
pub(super) type Given = BTreeMap<String, String>;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    /// What roll-ups tell apart together.
    pub(super) filter: RollupFilter,
    /// What they do not.
    pub(super) more: LogFilter,
    /// What of that is summed up by itself, as values of dimensions.
    pub(super) apart: Vec<(RollupBy, String)>,
    /// Something is asked that no sum tells.
    pub(super) is_of_records: bool,
}

impl Calls {
    /// Reads the filters. Errors: the one at fault.
    pub(super) fn read(caller: &Caller, given: &Given) -> Result<Self, ApiError> {
        let mut given = given.clone();
        given.retain(|_, text| !text.is_empty());
        // Whoever takes values from figures has ids.
        for (name, id, level) in [("customer", "customer_id", Level::Customer), ("tag", "tag_id", Level::Tag)]
        {
            let is_id = |text: &String| text.parse::<AccountId>().is_ok_and(|id| id.level == level);
            if !given.contains_key(id)
                && given.get(name).is_some_and(is_id)
                && let Some(text) = given.remove(name)
            {
                given.insert(id.to_owned(), text);
            }
        }
        let (mut asked, _) = logs::filter_of(&given)?;
        let mut seen_from = caller.authority.seen_from(Resource::Usage.read())?;
        if asked.metadata.is_some() || asked.session.is_some() {
            // What callers say of single calls is for whoever reads those.
            seen_from = logs::both(seen_from, caller.authority.seen_from(Resource::Logs.read())?);
        }
        let is_apart = |id: &AccountId| matches!(id.level, Level::Customer | Level::Tag);
        let (accounts_apart, accounts): (Vec<AccountId>, Vec<AccountId>) =
            asked.accounts.drain(..).partition(is_apart);
        let class = class_of(asked.status);
        if class.is_some() {
            asked.status = Span::default();
        }
        let filter = RollupFilter {
            key_id: asked.key_id.take(),
            accounts,
            team_id: asked.team_id.take(),
            model: asked.model.take(),
            provider: asked.provider.take(),
            outcome: asked.outcome.take(),
            error: asked.error_code.take(),
            cache: asked.cache.take(),
            class,
            seen_from,
        };
        let by = |by: RollupBy, value: Option<&String>| value.map(|value| (by, value.clone()));
        let named = [
            by(RollupBy::UpstreamModel, asked.upstream_model.as_ref()),
            by(RollupBy::Region, asked.region.as_ref()),
            by(RollupBy::Guardrail, asked.guardrail.as_ref()),
            by(RollupBy::Format, given.get("format")),
            by(RollupBy::Endpoint, given.get("endpoint")),
        ];
        let of_account = |id: &AccountId| {
            let by = if id.level == Level::Tag { RollupBy::Tag } else { RollupBy::Customer };
            (by, id.to_string())
        };
        let apart = accounts_apart.iter().map(of_account).chain(named.into_iter().flatten()).collect();
        asked.accounts = accounts_apart;
        let is_of_records = asked.customer.is_some()
            || asked.tag.is_some()
            || asked.metadata.is_some()
            || asked.session.is_some()
            || asked.guardrail_action.is_some()
            || !asked.status.is_open();
        Ok(Self { filter, more: asked, apart, is_of_records })
    }

    /// Roll-ups tell it, whatever else is asked of them.
    pub(super) fn is_of_roll_ups(&self) -> bool {
        self.apart.is_empty() && !self.is_of_records
    }

    /// The one value of a dimension that is summed up by itself, where nothing else is asked but whose calls count.
    pub(super) fn one_apart(&self) -> Option<&(RollupBy, String)> {
        match self.apart.as_slice() {
            [one] if !self.is_of_records => Some(one),
            _ => None,
        }
    }
}

/// The hundreds that it is, where it is all of them.
fn class_of(status: Span) -> Option<u8> {
    let (from, to) = (status.from?, status.to?);
    let class = u8::try_from(from / 100).ok()?;
    (from % 100 == 0 && to == from + 99).then_some(class)
}

/// A turn to sum up records. It lasts as long as it is held, also where whoever asked is gone.
#[derive(Debug)]
pub(super) struct Turn {
    _place: Place<'static, String>,
    _permit: Option<SemaphorePermit<'static>>,
}

/// Waits for a turn. Errors: too many wait already, of the caller or in all, or it takes too long.
pub(super) async fn turn(caller: &Caller) -> Result<Turn, ApiError> {
    let busy = || ApiError::busy("too many questions about single records are asked; try again in a moment");
    let place = WAITING.take(caller.origin.actor.to_string()).ok_or_else(busy)?;
    let permit = tokio::time::timeout(PATIENCE, AT_ONCE.acquire()).await.map_err(|_| busy())?.ok();
    Ok(Turn { _place: place, _permit: permit })
}

/// There were more records than could be looked at, or more sums than may be.
pub(super) fn unfinished(searched_to: Micros) -> ApiError {
    let text = format!(
        "these filters together are summed up from single records, of which only those since {} could be read in the time \
         for that, or made no more sums than may be; choose a later 'from', a longer 'interval', or fewer filters",
        time::format(searched_to)
    );
    ApiError::invalid("from", text)
}
