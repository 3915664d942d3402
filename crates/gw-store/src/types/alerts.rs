//! Alerts as stored. Plain data; what rules, channels and notices are, the documents in it say, which no store reads.

use super::shown_id::shown_id;
use gw_model::Micros;
use std::collections::HashMap;

shown_id! {
    /// Identifies an event: later ones have greater ids. Shown as `alr_` and 32 hex digits.
    AlertEventId, "alr_"
}

impl AlertEventId {
    /// Of an event at that time; the rest is chance.
    #[must_use]
    pub const fn at(time: Micros, chance: u64) -> Self {
        Self(((time.cast_unsigned() as u128) << 64) | chance as u128)
    }
}

/// A rule, a channel or a silence that the API manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAlertObject {
    /// Id.
    pub id: String,
    /// `rule`, `channel` or `silence`.
    pub kind: String,
    /// Whose it is; empty for the gateway's own.
    pub organization: String,
    /// Unique for its kind and organization.
    pub name: String,
    /// JSON.
    pub document: String,
    /// What must not be shown of it.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows with each change, from 1.
    pub revision: i64,
}

/// What is known of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertState {
    /// Id of the rule.
    pub rule: String,
    /// What tells it from others of the rule.
    pub subject: String,
    /// Grows with each change, from 1.
    pub version: i64,
    /// It goes on.
    pub is_firing: bool,
    /// When it began.
    pub fired_at: Micros,
    /// When it was last seen, where not every gateway sees it.
    pub seen_at: Micros,
    /// When somebody was last told.
    pub sent_at: Option<Micros>,
    /// When it is over in any case.
    pub ends_at: Option<Micros>,
    /// When this was written.
    pub changed_at: Micros,
    /// The last notice, as JSON.
    pub notice: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEvent {
    /// Id.
    pub id: AlertEventId,
    /// When.
    pub time: Micros,
    /// `firing`, `repeated`, `resolved` or `test`.
    pub kind: String,
    /// Id of the rule.
    pub rule: String,
    /// Whose it is; empty for the gateway's own.
    pub organization: String,
    /// How bad it is.
    pub severity: String,
    /// What it is about.
    pub subject_id: String,
    /// Nobody is told, since somebody does not want it now.
    pub is_silenced: bool,
    /// The notice, as JSON.
    pub notice: String,
}

/// A change of what is known, with what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertMove {
    /// What is known from now on. Its version is the one behind the present one; otherwise somebody else was first, and
    /// nothing happens.
    pub state: AlertState,
    /// What happened; nothing when it was only seen again.
    pub event: Option<AlertEvent>,
    /// Ids of the channels that are told.
    pub channels: Vec<String>,
}

/// What became of telling somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits, or is under way.
    Waiting,
    /// The channel took it.
    Sent,
    /// The channel did not take it for too long.
    Failed,
    /// Too much waited. Written by earlier versions only: now such deliveries are counted.
    Dropped,
}

impl DeliveryState {
    const ALL: [(i16, &'static str, Self); 4] = [
        (0, "waiting", Self::Waiting),
        (1, "sent", Self::Sent),
        (2, "failed", Self::Failed),
        (3, "dropped", Self::Dropped),
    ];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, _, state)| *state == self).map_or("", |(_, name, _)| name)
    }

    pub(crate) fn code(self) -> i16 {
        Self::ALL.iter().find(|(_, _, state)| *state == self).map_or(0, |(code, ..)| *code)
    }

    pub(crate) fn of_code(code: i16) -> Self {
        Self::ALL.iter().find(|(known, ..)| *known == code).map_or(Self::Failed, |(_, _, state)| *state)
    }
}

/// How telling somebody went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertDelivery {
    /// Id of the channel.
    pub channel: String,
    /// What became of it.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Micros,
    /// Why the last try failed.
    pub error: String,
}

/// An event, and who was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertEventRow {
    /// What happened.
    pub event: AlertEvent,
    /// Who was told, in the order of ids.
    pub deliveries: Vec<AlertDelivery>,
    /// How many more should have been, of whom too much waited already.
    pub dropped: u64,
}

/// Which events are wanted; newest first.
#[derive(Clone, Debug, Default)]
pub struct AlertEventFilter {
    /// At this time or later.
    pub from: Option<Micros>,
    /// Before this time.
    pub to: Option<Micros>,
    /// Of that kind.
    pub kind: Option<String>,
    /// Of the rule of that id.
    pub rule: Option<String>,
    /// As bad as that.
    pub severity: Option<String>,
    /// About that.
    pub subject_id: Option<String>,
    /// Of one of these organizations; of all where not given. Empty for the gateway's own.
    pub organizations: Option<Vec<String>>,
    /// Before that one.
    pub before: Option<AlertEventId>,
    /// At most so many.
    pub limit: usize,
}

impl AlertDelivery {
    /// One that waits.
    pub(crate) fn begun(channel: &str, now: Micros) -> Self {
        let (state, error) = (DeliveryState::Waiting, String::new());
        Self { channel: channel.to_owned(), state, attempts: 0, due_at: now, error }
    }
}

/// Where deliveries wait. An organization has no more of it than what it leaves free, so that there is room for others
/// whatever becomes of one; the gateway's own count as one.
#[derive(Debug)]
pub(crate) struct WaitingRoom {
    free: usize,
    taken: HashMap<String, usize>,
}

impl WaitingRoom {
    /// A room for so many, in which these wait.
    pub(crate) fn new(most: usize, taken: HashMap<String, usize>) -> Self {
        let all = taken.values().fold(0, |all: usize, one| all.saturating_add(*one));
        Self { free: most.saturating_sub(all), taken }
    }

    /// Takes a place, if an organization may have one more.
    pub(crate) fn take(&mut self, organization: &str) -> bool {
        let taken = self.taken.get(organization).copied().unwrap_or(0);
        if taken >= self.free {
            return false;
        }
        self.free -= 1;
        self.taken.insert(organization.to_owned(), taken + 1);
        true
    }
}

#[cfg(test)]
mod tests;
