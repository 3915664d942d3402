//! What schedules want written: a file for each hour or day that is over. The id of such an export is made of its schedule and
//! its stretch of time, so that all nodes want the same one, and it is there once.

use super::Job;
use gw_config::compile::Schedule;
use gw_model::{Micros, RequestId, time};
use std::time::Duration;

const HOUR_US: Micros = 3_600_000_000;

/// How far back a schedule is made up for, when no gateway ran.
const BACK: Duration = Duration::from_secs(3 * 86_400);

/// What is due now and not there: ids and jobs, the oldest first. They are wanted from `since` on; where the schedule was
/// followed before, from the last one on that is there. Each is looked for by its id, so that no number of other exports hides
/// it.
pub(super) fn missing<E>(
    schedule: &Schedule,
    now: Micros,
    since: Micros,
    mut is_there: impl FnMut(u128) -> Result<bool, E>,
) -> Result<Vec<(u128, Job)>, E> {
    let span = if schedule.is_hourly { HOUR_US } else { 24 * HOUR_US };
    let delay = Micros::try_from(schedule.delay_minutes).unwrap_or(Micros::MAX).saturating_mul(60_000_000);
    let end = now.saturating_sub(delay).div_euclid(span);
    let back = Micros::try_from(BACK.as_micros()).unwrap_or(Micros::MAX);
    let first = now.saturating_sub(back).div_euclid(span);
    // Not from before the schedule was known, but for the stretch that it began in.
    let begin = since.div_euclid(span);
    let mut missing = Vec::new();
    let mut is_followed = false;
    for number in (first..end).rev() {
        if is_followed && number < begin {
            break;
        }
        let id = id(&schedule.name, number * span);
        match is_there(id)? {
            true => is_followed = true,
            false => missing.push((number, id)),
        }
    }
    if !is_followed {
        missing.retain(|(number, _)| *number >= begin);
    }
    Ok(missing.into_iter().rev().map(|(number, id)| (id, job(schedule, number * span, span, now))).collect())
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
