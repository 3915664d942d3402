//! What schedules want written: a file for each hour or day that is over. The id of such an export is made of its schedule and
//! its stretch of time, so that all nodes want the same one, and it is there once.

use super::Job;
use gw_config::compile::Schedule;
use gw_model::{Micros, RequestId, time};
use std::time::Duration;

const HOUR_US: Micros = 3_600_000_000;

/// How far back a schedule is made up for, when no gateway ran.
const BACK: Duration = Duration::from_secs(3 * 86_400);

/// What is due now: ids and jobs, the oldest first.
pub(super) fn due(schedule: &Schedule, now: Micros, since: Micros) -> Vec<(u128, Job)> {
    let span = if schedule.is_hourly { HOUR_US } else { 24 * HOUR_US };
    let delay = Micros::try_from(schedule.delay_minutes).unwrap_or(Micros::MAX).saturating_mul(60_000_000);
    let end = now.saturating_sub(delay).div_euclid(span);
    let back = Micros::try_from(BACK.as_micros()).unwrap_or(Micros::MAX);
    // Not from before the schedule was known, but for the stretch that it began in.
    let first = since.max(now.saturating_sub(back)).div_euclid(span);
    (first..end)
        .map(|number| (id(&schedule.name, number * span), job(schedule, number * span, span, now)))
        .collect()
}

fn id(name: &str, from: Micros) -> u128 {
    // FNV-1a over the name: the same at every node.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    RequestId::lower_bound(from).0 | u128::from(hash)
}

fn job(schedule: &Schedule, from: Micros, span: Micros, now: Micros) -> Job {
    let text = time::format(from);
    let (date, rest) = text.split_at_checked(10).unwrap_or((&text, ""));
    let format = if schedule.is_parquet { "parquet" } else { "jsonl" };
    let hour = match schedule.is_hourly {
        true => format!("hour={}/", rest.get(1..3).unwrap_or("00")),
        false => String::new(),
    };
    Job {
        format: format.to_owned(),
        to: if schedule.to_s3 { "s3" } else { "directory" }.to_owned(),
        with_bodies: schedule.with_bodies,
        filter: schedule.filter.iter().cloned().collect(),
        from,
        until: from.saturating_add(span),
        schedule: Some(schedule.name.clone()),
        by: format!("schedule {}", schedule.name),
        created_at: now,
        name: format!("{}/date={date}/{hour}records.{format}", schedule.name),
        ..Job::default()
    }
}

#[cfg(test)]
mod tests;
