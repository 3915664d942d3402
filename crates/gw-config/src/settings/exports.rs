//! Exports of records: where files go, and what is exported by itself.

use crate::shape::{Named, Text, Whole, choices, settings};
use gw_model::Secret;

settings! {
    /// Exports of records (docs/guides/exports.md).
    pub struct ExportBlock {
        /// Directory for files that stay here, and for those on their way elsewhere. `exports` in the data directory when not given.
        optional directory: Text,
        /// Object storage that speaks S3's protocol.
        optional s3: S3Block,
        /// Days that what is known of an export is kept, and the file of one that was asked for by hand. Files of schedules stay.
        default(30) retention_days: Whole<1, 3_650>,
        /// What is exported by itself, by name.
        section schedules: Named<ScheduleBlock>,
    }
}

settings! {
    /// A bucket.
    pub struct S3Block {
        /// Its name. It stands in the path of addresses.
        required bucket: Text,
        /// What names of objects begin with, such as `gatewright/`.
        optional prefix: Text,
        /// The region that requests are signed for.
        default("us-east-1") region: Text,
        /// Address of a service that is not AWS, such as `http://minio:9000`. AWS's of the region when not given.
        optional endpoint: Text,
        /// Names the credential. `AWS_ACCESS_KEY_ID` when not given.
        optional access_key_id: Text,
        /// Its secret. `AWS_SECRET_ACCESS_KEY` when not given.
        optional secret_access_key: Secret,
        /// Goes with temporary credentials. `AWS_SESSION_TOKEN` when not given.
        optional session_token: Secret,
        /// PEM file with further certificate authorities.
        optional ca_file: Text,
        /// Proxy on the way there; overrides the environment. `""` means none.
        optional proxy: Text,
        /// Longest wait for an answer, in milliseconds.
        default(60_000) timeout_ms: Whole<1_000, 600_000>,
    }
}

settings! {
    /// One schedule: a file for each hour or day, some time after it is over.
    pub struct ScheduleBlock {
        /// `hour` or `day`, in UTC.
        default("day") every: EveryName,
        /// Minutes after its end at which it is written. What ends later than that is left out.
        default(15) delay_minutes: Whole<1, 1_440>,
        /// `parquet` or `jsonl`.
        default("parquet") format: FormatName,
        /// `directory` or `s3`.
        default("directory") to: ToName,
        /// With what callers sent and got, where that is kept.
        default(false) with_bodies: bool,
        /// Only records for which that holds: names and values as `GET /api/v1/logs` takes them.
        section filter: Named<Text>,
    }
}

choices! {
    /// How long the stretch of time of one file is.
    pub enum EveryName {
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
    }
}

choices! {
    /// What a file is written as.
    pub enum FormatName {
        /// Parquet.
        Parquet = "parquet",
        /// JSON, one record to a line.
        Jsonl = "jsonl",
    }
}

choices! {
    /// Where a file goes.
    pub enum ToName {
        /// The directory.
        Directory = "directory",
        /// The bucket.
        S3 = "s3",
    }
}
