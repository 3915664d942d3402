//! Metrics (`opentelemetry/proto/metrics/v1`).

use super::values::{InstrumentationScope, KeyValue, Resource};

/// Metrics of one process.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceMetrics {
    /// The process.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// Its metrics by library.
    #[prost(message, repeated, tag = "2")]
    pub scope_metrics: Vec<ScopeMetrics>,
    /// The conventions that they follow.
    #[prost(string, tag = "3")]
    pub schema_url: String,
}

/// Metrics of one library.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ScopeMetrics {
    /// The library.
    #[prost(message, optional, tag = "1")]
    pub scope: Option<InstrumentationScope>,
    /// Its metrics.
    #[prost(message, repeated, tag = "2")]
    pub metrics: Vec<Metric>,
    /// The conventions that they follow.
    #[prost(string, tag = "3")]
    pub schema_url: String,
}

/// A metric.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metric {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What it is, for people.
    #[prost(string, tag = "2")]
    pub description: String,
    /// Its unit, as UCUM writes it.
    #[prost(string, tag = "3")]
    pub unit: String,
    /// Its points.
    #[prost(oneof = "Data", tags = "5, 7, 9")]
    pub data: Option<Data>,
}

/// Points by the kind of instrument.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Data {
    /// What goes up and down.
    #[prost(message, tag = "5")]
    Gauge(Gauge),
    /// What only grows.
    #[prost(message, tag = "7")]
    Sum(Sum),
    /// How often something was how large.
    #[prost(message, tag = "9")]
    Histogram(Histogram),
}

/// See [`Data::Gauge`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct Gauge {
    /// The points.
    #[prost(message, repeated, tag = "1")]
    pub data_points: Vec<NumberDataPoint>,
}

/// See [`Data::Sum`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sum {
    /// The points.
    #[prost(message, repeated, tag = "1")]
    pub data_points: Vec<NumberDataPoint>,
    /// Since when they count.
    #[prost(enumeration = "Temporality", tag = "2")]
    pub aggregation_temporality: i32,
    /// They only grow.
    #[prost(bool, tag = "3")]
    pub is_monotonic: bool,
}

/// See [`Data::Histogram`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    /// The points.
    #[prost(message, repeated, tag = "1")]
    pub data_points: Vec<HistogramDataPoint>,
    /// Since when they count.
    #[prost(enumeration = "Temporality", tag = "2")]
    pub aggregation_temporality: i32,
}

/// A number.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NumberDataPoint {
    /// Of what.
    #[prost(message, repeated, tag = "7")]
    pub attributes: Vec<KeyValue>,
    /// Nanoseconds since the epoch.
    #[prost(fixed64, tag = "2")]
    pub start_time_unix_nano: u64,
    /// Nanoseconds since the epoch.
    #[prost(fixed64, tag = "3")]
    pub time_unix_nano: u64,
    /// The number.
    #[prost(oneof = "Number", tags = "4, 6")]
    pub value: Option<Number>,
}

/// Which number.
#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub enum Number {
    /// With a fraction.
    #[prost(double, tag = "4")]
    Double(f64),
    /// Without.
    #[prost(sfixed64, tag = "6")]
    Int(i64),
}

/// Counts by buckets.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HistogramDataPoint {
    /// Of what.
    #[prost(message, repeated, tag = "9")]
    pub attributes: Vec<KeyValue>,
    /// Nanoseconds since the epoch.
    #[prost(fixed64, tag = "2")]
    pub start_time_unix_nano: u64,
    /// Nanoseconds since the epoch.
    #[prost(fixed64, tag = "3")]
    pub time_unix_nano: u64,
    /// How many.
    #[prost(fixed64, tag = "4")]
    pub count: u64,
    /// All of them together.
    #[prost(double, optional, tag = "5")]
    pub sum: Option<f64>,
    /// How many in each bucket: one more than bounds.
    #[prost(fixed64, repeated, tag = "6")]
    pub bucket_counts: Vec<u64>,
    /// Upper bounds of the buckets but the last.
    #[prost(double, repeated, tag = "7")]
    pub explicit_bounds: Vec<f64>,
    /// The smallest.
    #[prost(double, optional, tag = "11")]
    pub min: Option<f64>,
    /// The largest.
    #[prost(double, optional, tag = "12")]
    pub max: Option<f64>,
}

/// Since when a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Temporality {
    /// Not said.
    Unspecified = 0,
    /// Since it was told last.
    Delta = 1,
    /// Since the process began.
    Cumulative = 2,
}
