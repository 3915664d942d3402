//! When files of schedules are due, and what they are called.

use super::{Job, id, missing};
use gw_config::compile::Schedule;
use std::convert::Infallible;

/// 2026-10-30T12:00:00Z.
const NOON: i64 = 1_793_361_600_000_000;
const HOUR: i64 = 3_600_000_000;

fn schedule(is_hourly: bool) -> Schedule {
    Schedule {
        name: "all".to_owned(),
        is_hourly,
        delay_minutes: 15,
        is_parquet: true,
        to_s3: false,
        with_bodies: false,
        filter: Vec::new(),
    }
}

fn due(schedule: &Schedule, now: i64, since: i64) -> Vec<(u128, Job)> {
    let Ok(all) = missing(schedule, now, since, |_| Ok::<_, Infallible>(false));
    all
}

#[test]
fn an_hour_is_due_once_it_is_over_and_the_delay_too() {
    let since = NOON - 2 * HOUR;
    let names = |now| -> Vec<String> {
        due(&schedule(true), now, since).into_iter().map(|(_, job)| job.name).collect()
    };
    assert_eq!(names(NOON + 14 * 60_000_000), ["all/date=2026-10-30/hour=10/records.parquet"]);
    let both = names(NOON + 15 * 60_000_000);
    assert_eq!(both.last().unwrap(), "all/date=2026-10-30/hour=11/records.parquet");
    assert_eq!(both.len(), 2);
}

#[test]
fn every_node_wants_the_same_one_and_two_schedules_do_not() {
    let ids = |schedule: &Schedule, now| -> Vec<u128> {
        due(schedule, now, NOON - HOUR).iter().map(|(id, _)| *id).collect()
    };
    let (one, other) = (schedule(true), Schedule { name: "other".to_owned(), ..schedule(true) });
    assert_eq!(ids(&one, NOON + HOUR), ids(&one, NOON + HOUR + 1));
    assert_ne!(ids(&one, NOON + HOUR), ids(&other, NOON + HOUR));
}

#[test]
fn a_day_is_a_file_and_a_long_pause_is_made_up_for_in_part() {
    let days = due(&schedule(false), NOON, 0);
    assert_eq!(days.len(), 3);
    assert_eq!(days[2].1.name, "all/date=2026-10-29/records.parquet");
}

#[test]
fn what_was_missed_is_made_up_for_behind_the_last_one_that_is_there() {
    let (hourly, now) = (schedule(true), NOON + 20 * 60_000_000);
    let hours = |there: &[i64], since: i64| -> Vec<i64> {
        let there: Vec<u128> = there.iter().map(|hour| id("all", NOON + hour * HOUR)).collect();
        let Ok(all) = missing(&hourly, now, since, |id| Ok::<_, Infallible>(there.contains(&id)));
        all.iter().map(|(_, job)| (job.from - NOON) / HOUR).collect()
    };
    assert_eq!(hours(&[], NOON), [0_i64; 0], "a new schedule has no past");
    assert_eq!(hours(&[-5], NOON), [-4, -3, -2, -1]);
    assert_eq!(hours(&[-1, -2], NOON - 3 * HOUR), [-3], "another gateway was faster");
    assert_eq!(hours(&[-80], NOON), [0_i64; 0], "too long ago");
    assert_eq!(hours(&[-1], NOON), [0_i64; 0]);
}
