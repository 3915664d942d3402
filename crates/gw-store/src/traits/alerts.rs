//! Alerts: what is set up, what fires, and who was told.

use crate::error::StoreError;
use crate::types::{
    AlertDelivery, AlertEvent, AlertEventFilter, AlertEventId, AlertEventRow, AlertMove, AlertState,
    StoredAlertObject,
};
use gw_model::Micros;

/// Rules, channels and silences of alerts that the API manages. They are read now and again, so that a change is in force soon
/// at every node.
pub trait AlertObjectStore: Send + Sync {
    /// All of them, in the order of ids.
    fn alert_objects(&self) -> Result<Vec<StoredAlertObject>, StoreError>;
    /// Adds one. Errors: [`StoreError::NameTaken`].
    fn create_alert_object(&self, new: &StoredAlertObject) -> Result<(), StoreError>;
    /// Replaces all but kind, organization and time of making; its revision must be the one behind the present one. False
    /// when there is none of that id and of the revision before. Errors: [`StoreError::NameTaken`].
    fn update_alert_object(&self, changed: &StoredAlertObject) -> Result<bool, StoreError>;
    /// Removes one; false when there is none of that id.
    fn delete_alert_object(&self, id: &str) -> Result<bool, StoreError>;
}

/// What is known of alerts, what happened, and who is to be told. Whoever changes what is known first is the only one who
/// does, at whatever node.
pub trait AlertLog: Send + Sync {
    /// What was written at that time or later.
    fn alert_states(&self, since: Micros) -> Result<Vec<AlertState>, StoreError>;
    /// Makes moves, each with its event and who is told, as far as nobody else was first. At most `most` deliveries wait, and
    /// of one organization no more than it leaves free; those beyond are counted with the event. For each move that was made:
    /// how many of its last channels those are.
    fn move_alerts(&self, moves: &[AlertMove], most: usize) -> Result<Vec<Option<usize>>, StoreError>;
    /// Writes an event about which nobody is to be told any more.
    fn add_alert_event(&self, event: &AlertEvent, told: &[AlertDelivery]) -> Result<(), StoreError>;
    /// Organizations of which deliveries are due, of other channels than those, in order; empty for the gateway's own.
    fn due_alerts(&self, now: Micros, but: &[String]) -> Result<Vec<String>, StoreError>;
    /// Takes deliveries of an organization that are due, of other channels than those, the oldest first: they are due again at
    /// `until`, unless it is said before what became of them.
    fn claim_alerts(
        &self,
        now: Micros,
        until: Micros,
        organization: &str,
        but: &[String],
        most: usize,
    ) -> Result<Vec<(AlertEvent, AlertDelivery)>, StoreError>;
    /// Writes down what became of a delivery.
    fn settle_alert(&self, event: AlertEventId, done: &AlertDelivery) -> Result<(), StoreError>;
    /// How many deliveries wait.
    fn alerts_waiting(&self) -> Result<u64, StoreError>;
    /// Events, newest first.
    fn alert_events(&self, filter: &AlertEventFilter) -> Result<Vec<AlertEventRow>, StoreError>;
    /// Removes events of before a time, and what is known of alerts that were over before it; at most so many of each. How
    /// many it were.
    fn remove_alerts(&self, before: Micros, most: usize) -> Result<usize, StoreError>;
}
