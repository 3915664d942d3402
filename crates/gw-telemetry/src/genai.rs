//! The conventions' metrics of generative AI: towards providers the gateway is a client, towards callers a server. Histograms since the
//! process began, of a bounded number of sets of attributes: what comes beyond is counted in one of each metric.

use crate::attributes::Attributes;
use crate::describe::{error_of, error_of_attempt, first_chunk_us, operation, seconds};
use crate::names::{self, metric};
use crate::places::{Place, Places};
use crate::proto::metrics::{Data, Histogram, HistogramDataPoint, Metric, Temporality};
use ahash::AHashMap;
use gw_model::{Ended, Outcome, UsageSource};

/// Upper bounds that the conventions recommend, in seconds or tokens.
const DURATIONS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const FIRST: &[f64] =
    &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const PER_TOKEN: &[f64] = &[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];

/// A metric of the conventions.
struct Instrument {
    name: &'static str,
    about: &'static str,
    unit: &'static str,
    bounds: &'static [f64],
}

const INSTRUMENTS: [Instrument; 6] = [
    Instrument {
        name: metric::CLIENT_DURATION,
        about: "GenAI operation duration.",
        unit: "s",
        bounds: DURATIONS,
    },
    Instrument {
        name: metric::CLIENT_TOKENS,
        about: "Number of input and output tokens used.",
        unit: "{token}",
        bounds: TOKENS,
    },
    Instrument {
        name: metric::CLIENT_FIRST_CHUNK,
        about: "Time from a request to a provider to the first chunk of its stream.",
        unit: "s",
        bounds: FIRST,
    },
    Instrument {
        name: metric::SERVER_DURATION,
        about: "Time from a request's arrival to its last byte.",
        unit: "s",
        bounds: DURATIONS,
    },
    Instrument {
        name: metric::SERVER_FIRST_TOKEN,
        about: "Time from a request's arrival to the first token of a good answer.",
        unit: "s",
        bounds: FIRST,
    },
    Instrument {
        name: metric::SERVER_PER_TOKEN,
        about: "Time per output token after the first one of a good answer.",
        unit: "s",
        bounds: PER_TOKEN,
    },
];

/// Places in the list above.
const CLIENT_DURATION: usize = 0;
const CLIENT_TOKENS: usize = 1;
const CLIENT_FIRST_CHUNK: usize = 2;
const SERVER_DURATION: usize = 3;
const SERVER_FIRST_TOKEN: usize = 4;
const SERVER_PER_TOKEN: usize = 5;

/// A set of attributes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Series {
    operation: &'static str,
    place: Place,
    model: String,
    error: String,
    token: &'static str,
}

/// What was counted of it.
#[derive(Clone, Debug, Default)]
struct Counts {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    buckets: Vec<u64>,
}

impl Counts {
    fn add(&mut self, value: f64, bounds: &[f64]) {
        if self.buckets.is_empty() {
            self.buckets = vec![0; bounds.len() + 1];
            (self.min, self.max) = (value, value);
        }
        self.count += 1;
        self.sum += value;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let at = bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket += 1;
        }
    }
}

/// All that was counted of one metric.
#[derive(Debug, Default)]
struct Page {
    series: AHashMap<Series, Counts>,
    /// What there was no room for.
    others: Counts,
}

/// See the module.
#[derive(Debug)]
pub struct Book {
    began: u64,
    pages: [Page; INSTRUMENTS.len()],
}

impl Book {
    /// An empty one. `began` is when counting begins, in nanoseconds since the epoch.
    #[must_use]
    pub fn new(began: u64) -> Self {
        Self { began, pages: std::array::from_fn(|_| Page::default()) }
    }

    /// Counts a request that has ended. No metric gets more than `max_series` sets of attributes.
    pub fn add(&mut self, ended: &Ended, places: &Places, max_series: usize) {
        let Ended { record, trace, model, .. } = ended;
        let operation = operation(record.format);
        let mut last = None;
        for (at, attempt) in record.attempts.iter().enumerate() {
            let error = error_of_attempt(attempt);
            let failed = error.is_some();
            let series = Series {
                operation,
                place: places.get(&attempt.provider),
                model: attempt.upstream_model.clone(),
                error: error.unwrap_or_default(),
                token: "",
            };
            let good = Series { error: String::new(), ..series.clone() };
            self.count(CLIENT_DURATION, series, seconds(attempt.duration_us), max_series);
            if attempt.usage_source != UsageSource::None {
                let tokens = [("input", attempt.usage.input_tokens), ("output", attempt.usage.output_tokens)];
                for (token, count) in tokens {
                    self.count(CLIENT_TOKENS, Series { token, ..good.clone() }, number(count), max_series);
                }
            }
            let is_answer = at + 1 == record.attempts.len() && record.stream && !failed;
            let first = trace.tries.get(at).and_then(|note| first_chunk_us(record, note.began));
            if let Some(us) = first.filter(|_| is_answer) {
                self.count(CLIENT_FIRST_CHUNK, good.clone(), seconds(us), max_series);
            }
            last = Some(good.place);
        }
        // What a request starts is no further request.
        if record.parent.is_some() {
            return;
        }
        let series = Series {
            operation,
            place: Place {
                system: last.map_or_else(|| names::SCOPE.into(), |place| place.system),
                address: None,
            },
            model: model.as_deref().unwrap_or_default().to_owned(),
            error: error_of(record).unwrap_or_default().to_owned(),
            token: "",
        };
        self.count(SERVER_DURATION, series.clone(), seconds(record.total_us), max_series);
        let Some(first) =
            record.first_byte_us.filter(|_| record.stream && record.outcome == Outcome::Success)
        else {
            return;
        };
        self.count(SERVER_FIRST_TOKEN, series.clone(), seconds(first), max_series);
        let tokens = record.last_attempt().map_or(0, |last| last.usage.output_tokens);
        if tokens > 1 {
            let each = seconds(record.total_us.saturating_sub(first)) / number(tokens - 1);
            self.count(SERVER_PER_TOKEN, series, each, max_series);
        }
    }

    fn count(&mut self, at: usize, series: Series, value: f64, max_series: usize) {
        let (Some(page), Some(instrument)) = (self.pages.get_mut(at), INSTRUMENTS.get(at)) else { return };
        let has_room = page.series.len() < max_series;
        let counts = match page.series.get_mut(&series) {
            Some(counts) => counts,
            None if has_room => page.series.entry(series).or_default(),
            None => &mut page.others,
        };
        counts.add(value, instrument.bounds);
    }

    /// All metrics that have something to tell. `now` is in nanoseconds since the epoch.
    #[must_use]
    pub fn metrics(&self, now: u64) -> Vec<Metric> {
        let mut out = Vec::new();
        for (instrument, page) in INSTRUMENTS.iter().zip(&self.pages) {
            let others = (page.others.count > 0).then(|| {
                let mut about = Attributes::default();
                about.truth(names::OVERFLOW, true);
                self.point(about, &page.others, instrument, now)
            });
            let points = page
                .series
                .iter()
                .map(|(series, counts)| self.point(attributes(series), counts, instrument, now));
            let data_points: Vec<HistogramDataPoint> = points.chain(others).collect();
            if data_points.is_empty() {
                continue;
            }
            let aggregation_temporality = Temporality::Cumulative.into();
            out.push(Metric {
                name: instrument.name.to_owned(),
                description: instrument.about.to_owned(),
                unit: instrument.unit.to_owned(),
                data: Some(Data::Histogram(Histogram { data_points, aggregation_temporality })),
            });
        }
        out
    }

    fn point(
        &self,
        about: Attributes,
        counts: &Counts,
        instrument: &Instrument,
        now: u64,
    ) -> HistogramDataPoint {
        HistogramDataPoint {
            attributes: about.0,
            start_time_unix_nano: self.began,
            time_unix_nano: now,
            count: counts.count,
            sum: Some(counts.sum),
            bucket_counts: counts.buckets.clone(),
            explicit_bounds: instrument.bounds.to_vec(),
            min: Some(counts.min),
            max: Some(counts.max),
        }
    }
}

fn attributes(series: &Series) -> Attributes {
    let mut about = Attributes::default();
    about.text(names::OPERATION_NAME, series.operation).text(names::PROVIDER_NAME, &series.place.system);
    about.text(names::REQUEST_MODEL, &series.model).text(names::ERROR_TYPE, &series.error);
    about.text(names::TOKEN_TYPE, series.token);
    if let Some((host, port)) = &series.place.address {
        about.text(names::SERVER_ADDRESS, host).int(names::SERVER_PORT, *port);
    }
    about
}

#[expect(clippy::cast_precision_loss, reason = "a measurement's precision suffices")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
