//! The gateway's records of a run's calls, from its admin API. They are written a moment after the answers, so that they
//! are asked for until all are there.

use crate::error::DrillError;
use crate::load::Call;
use crate::measure::{Row, Try};
use crate::wire::Server;
use http::Method;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How often is asked before what is missing counts as missing.
const ROUNDS: u32 = 40;
/// Pause between.
const PAUSE: Duration = Duration::from_millis(250);
/// Most pages of a thousand that are read a round.
const MAX_PAGES: usize = 1000;

/// Fetches the records of these calls, by the gateway's ids of them.
pub(super) async fn fetch(
    gateway: &Server,
    model: &str,
    calls: &[&Call],
    targets: &[&str],
) -> Result<HashMap<String, Vec<Row>>, DrillError> {
    let wanted: HashSet<&str> = calls.iter().filter_map(|call| call.request_id.as_deref()).collect();
    let mut found = HashMap::new();
    for _ in 0..ROUNDS {
        found = round(gateway, model, &wanted, targets)
            .await
            .map_err(DrillError::during("read the gateway's records"))?;
        if found.len() >= wanted.len() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(found)
}

type Found = HashMap<String, Vec<Row>>;

/// Reads the newest records, a page after the other, until all that are wanted were seen or nothing older is there.
async fn round(
    gateway: &Server,
    model: &str,
    wanted: &HashSet<&str>,
    targets: &[&str],
) -> Result<Found, Box<dyn std::error::Error + Send + Sync>> {
    let mut found: Found = HashMap::new();
    let mut cursor = String::new();
    for _ in 0..MAX_PAGES {
        let path = format!("/api/v1/logs?limit=1000&model={model}{cursor}");
        let page = gateway.ask(Method::GET, &path, None).await?;
        for record in page["data"].as_array().into_iter().flatten() {
            let Some(id) = record["request_id"].as_str().filter(|id| wanted.contains(id)) else { continue };
            found.entry(id.to_owned()).or_default().push(row(record, targets));
        }
        let Some(next) = page["next_cursor"].as_str().filter(|_| found.len() < wanted.len()) else { break };
        cursor = format!("&cursor={next}");
    }
    Ok(found)
}

fn row(record: &Value, targets: &[&str]) -> Row {
    let cost_nanousd = record["cost_usd"].as_str().map_or(0, nanousd);
    let tries = match record["tries"].as_array() {
        Some(tries) => tries.iter().map(|one| a_try(one, targets)).collect(),
        // A single good try stands in the record itself.
        None if record["attempts"] == 1 => vec![a_try(record, targets)],
        None => Vec::new(),
    };
    Row { cost_nanousd, tries }
}

fn a_try(one: &Value, targets: &[&str]) -> Try {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    Try {
        target: targets.iter().position(|name| one["provider"] == *name),
        succeeded: one["reason"].as_str().is_none_or(str::is_empty),
        is_estimated: one["usage_source"] == "estimated",
        is_hedged: one["reason"] == "hedged",
        input_tokens: number(&one["input_tokens"]),
        output_tokens: number(&one["output_tokens"]),
        cost_nanousd: one["cost_usd"].as_str().map_or(0, nanousd),
    }
}

/// A decimal of dollars in nano-dollars; what is no such decimal is more than anything costs.
fn nanousd(text: &str) -> u64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{fraction:0<9}").parse().unwrap_or(u64::MAX)
}
