//! `gatewright emulate --seed-records N`: fills a store with made-up tenants and records, through the code that stores real
//! ones, so that sums, budgets and descriptions agree. For trying the dashboard and for measuring; no gateway may have the
//! data directory in use.

mod mix;
mod tenants;
mod texts;

use crate::app::storage::Storage;
use crate::cli::{EXIT_USAGE, output};
use crate::serve::boot::BootError;
use crate::serve::configuration::{self, Origin};
use clap::Args;
use gw_model::{Clock, Micros, Record, time};
use gw_pipeline::SystemClock;
use gw_store::StoreError;
use gw_store::analytics::{RollupLimits, Span};
use gw_store::fold;
use gw_store::journal::RecordBytes;
use gw_store::traits::Database;
use mix::{Mix, Times};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use texts::Texts;

const DAY_US: Micros = 86_400_000_000;
const MINUTE_US: Micros = 60_000_000;

/// Records of one transaction, and transactions that are made ahead.
const BATCH: u64 = 20_000;
const AHEAD: usize = 4;

/// Transactions between two lines that say how far it is, and between two looks for what is too old.
const TELL_EVERY: u64 = 25;

/// What to fill, and with how much.
#[derive(Debug, Args)]
pub(super) struct SeedArguments {
    /// Fill a data directory with so many made-up records, in place of running the emulator.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    seed_records: Option<u64>,
    /// The data directory to fill. With GATEWRIGHT_DATABASE_URL, the records go there.
    #[arg(long, env = "GATEWRIGHT_DATA_DIR", default_value = "./gatewright-data", requires = "seed_records")]
    data_dir: PathBuf,
    /// Over how many days the records are spread, up to now.
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u16).range(1..=1_000), requires = "seed_records")]
    days: u16,
    /// Virtual keys that the calls are made with.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2_000_000), requires = "seed_records")]
    seed_keys: u32,
    /// How many in a hundred of the records have bodies.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=100), requires = "seed_records")]
    with_bodies: u8,
    /// What the random numbers begin with; the same number makes the same records for the same time.
    #[arg(long, default_value_t = 1, requires = "seed_records")]
    seed: u64,
}

impl SeedArguments {
    /// How many, where a store is to be filled.
    pub(super) const fn records(&self) -> Option<u64> {
        self.seed_records
    }
}

/// Fills the store.
pub(super) fn run(arguments: &SeedArguments, records: u64) -> ExitCode {
    let compiled = match configuration::read(&Origin::default(), 1) {
        Ok(compiled) => compiled,
        Err(error) => return output::fail(&error, EXIT_USAGE),
    };
    let clock = Arc::new(SystemClock::new());
    let storage = match Storage::open(&arguments.data_dir, &compiled.store, &clock) {
        Ok(storage) => storage,
        Err(error) => {
            let code = BootError::Store(error);
            return output::fail(&code, code.exit_code());
        }
    };
    let kept_minutes = Micros::try_from(compiled.store.rollups.minute_days).unwrap_or(Micros::MAX);
    let limits = RollupLimits {
        max_minute_series: compiled.store.rollups.max_minute_series,
        max_hour_series: compiled.store.rollups.max_hour_series,
    };
    let now = clock.now();
    let seeding = Seeding {
        storage: &storage,
        now,
        limits,
        minutes_since: now.saturating_sub(kept_minutes.saturating_mul(DAY_US)),
    };
    match seeding.run(arguments, records) {
        Ok(()) => {
            let took = (clock.now() - now) / 1_000_000;
            output::line(format!(
                "{records} records from {} on, in {took} s",
                time::format(seeding.start(arguments))
            ));
            storage.close();
            tell_size(&arguments.data_dir, records);
            ExitCode::SUCCESS
        }
        Err(error) => output::fail(&error, 1),
    }
}

/// One store, and until when.
struct Seeding<'a> {
    storage: &'a Storage,
    now: Micros,
    limits: RollupLimits,
    /// Sums by minute are kept from here on.
    minutes_since: Micros,
}

impl Seeding<'_> {
    fn start(&self, arguments: &SeedArguments) -> Micros {
        self.now.saturating_sub(Micros::from(arguments.days).saturating_mul(DAY_US))
    }

    fn run(&self, arguments: &SeedArguments, records: u64) -> Result<(), StoreError> {
        let database = &self.storage.database;
        let tenants = tenants::make(self.storage, arguments.seed_keys, self.now)?;
        let mut mix = Mix::new(tenants, arguments.seed);
        // The last minute is left for calls that come meanwhile.
        let mut times = Times::new(self.start(arguments), self.now.saturating_sub(MINUTE_US), records);
        let (send, made) = sync_channel::<Vec<Record>>(AHEAD);
        let maker = std::thread::Builder::new().name("seed".to_owned()).spawn(move || {
            while let Some(batch) = mix.batch(&mut times, BATCH) {
                if send.send(batch).is_err() {
                    return;
                }
            }
        });
        let failed =
            |source| StoreError::Io { operation: "start a thread for", path: "records".into(), source };
        let maker = maker.map_err(failed)?;
        let stored = self.store(&made, Texts::new(self.storage, self.now, arguments.with_bodies), records);
        // Whoever waits to hand over more is told that nobody takes it.
        drop(made);
        if maker.join().is_err() {
            return Err(StoreError::Damaged { what: "the records that were made up" });
        }
        stored?;
        database.limit_rollups(self.limits);
        database.sum_up(true)?;
        self.remove_old()?;
        while database.describe_records(self.now, usize::MAX)? > 0 {}
        database.sync()
    }

    /// Removes sums by minute that are too old to be kept.
    fn remove_old(&self) -> Result<(), StoreError> {
        while self.storage.database.remove_rollups(Span::Minute, self.minutes_since)? > 0 {}
        Ok(())
    }

    /// Takes batches until there are no more.
    fn store(
        &self,
        made: &Receiver<Vec<Record>>,
        mut texts: Texts<'_>,
        records: u64,
    ) -> Result<(), StoreError> {
        let database: &dyn Database = &*self.storage.database;
        let mut bytes = RecordBytes::default();
        // Sums by minute that are too old to be kept are not told apart by caller in the first place.
        let places = RollupLimits { max_minute_series: 0, ..self.limits };
        database.limit_rollups(places);
        let mut is_old = true;
        let (mut batches, mut stored) = (0u64, 0u64);
        while let Ok(batch) = made.recv() {
            if is_old && batch.last().is_some_and(|record| record.time >= self.minutes_since) {
                is_old = false;
                database.limit_rollups(self.limits);
            }
            stored += fold::put(database, &batch, &mut bytes)?.records;
            texts.add(&batch)?;
            batches += 1;
            if batches.is_multiple_of(TELL_EVERY) {
                output::note(format!("{stored} of {records} records"));
                if is_old {
                    // As a gateway does while time goes by: what comes next stands where they stood.
                    self.remove_old()?;
                }
            }
        }
        texts.finish()
    }
}

/// Says what the records take on disk, where that is a file.
fn tell_size(dir: &Path, records: u64) {
    let size = std::fs::metadata(dir.join(gw_store::sqlite::DATABASE_FILE)).map_or(0, |file| file.len());
    if size > 0 {
        output::line(format!("the database has {size} bytes, {} for each record", size / records.max(1)));
    }
}
