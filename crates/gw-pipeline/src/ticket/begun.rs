//! What is written down of a call before anything is known of it. Serves [`super::Ticket`], which fills it in.

use gw_model::{Micros, NanoUsd, Outcome, Record, RecordDetails, RequestId, WireFormat};

/// The record of a call of which nothing is known yet.
pub(super) fn record(time: Micros, random: u128, format: WireFormat) -> Record {
    Record {
        id: RequestId::new(time, random),
        time,
        key: None,
        team_id: None,
        format,
        model: String::new(),
        stream: false,
        outcome: Outcome::Refused,
        status: 0,
        error_code: String::new(),
        error_detail: String::new(),
        attempts: Vec::new(),
        cache: String::new(),
        customer: None,
        first_byte_us: None,
        total_us: 0,
        parent: None,
        tolls: Vec::new(),
        accounts: Vec::new(),
        saved: NanoUsd::ZERO,
        details: RecordDetails::default(),
    }
}
