//! What a collector of OpenTelemetry is told, and where it is: the file decides, and where it says nothing, the variables that all of
//! OpenTelemetry knows. A variable that makes no sense is a warning, as their specification has it.

use super::url;
use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::Settings;
use crate::settings::otlp::{
    Compression, LogBlock, MetricBlock, OtelEnv, OtlpBlock, ProcessLines, Protocol, TraceBlock,
};
use crate::shape::{Named, Text};
use gw_model::Secret;
use gw_model::snapshot::ConnectOptions;
use gw_model::telemetry::{
    Batching, LogExport, MetricExport, OtlpProtocol, OtlpTarget, Severity, Signal, Telemetry, TraceExport,
};
use gw_model::trace::TracePolicy;
use std::sync::Arc;

/// Headers that the gateway writes itself.
const OWN_HEADERS: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
];

/// Most attributes of the process, and most headers.
const MAX_LIST: usize = 64;

/// `None` when nothing is told.
pub(super) fn telemetry(
    settings: &Settings,
    faults: &mut Faults,
    warnings: &mut Faults,
) -> Option<Arc<Telemetry>> {
    let file = &settings.file.telemetry.value;
    let mut reading = Reading { env: &settings.otel, otlp: &file.otlp.value, faults, warnings };
    let common = reading.common();
    let resource = reading.resource(file.service_name.as_ref(), &file.resource.value);
    let traces = reading.traces(&common, &file.traces.value);
    let metrics = reading.metrics(&common, &file.metrics.value);
    let logs = reading.logs(&common, &file.logs.value);
    if traces.is_none() && metrics.is_none() && logs.is_none() {
        return None;
    }
    let max_waiting = file.otlp.value.max_waiting.value.size();
    Some(Arc::new(Telemetry { resource, max_waiting, traces, metrics, logs }))
}

/// What holds for all signals.
struct Common {
    /// But for its address.
    target: OtlpTarget,
    /// What the paths of signals go below.
    base: Option<String>,
}

struct Reading<'a> {
    env: &'a OtelEnv,
    otlp: &'a OtlpBlock,
    faults: &'a mut Faults,
    warnings: &'a mut Faults,
}

impl Reading<'_> {
    fn traces(&mut self, common: &Common, block: &TraceBlock) -> Option<TraceExport> {
        let to = self.target(common, Signal::Traces, (block.enabled.as_ref(), block.endpoint.as_ref()))?;
        let policy = TracePolicy {
            sample_permille: block
                .sample_ratio
                .as_ref()
                .map_or_else(|| self.sampled(), |r| r.value.permille()),
            parent_based: block.parent_based.value,
            errors: block.errors.value,
            to_providers: block.to_providers.value,
            baggage: block.baggage.value,
        };
        let batching = Batching {
            max_queue: block.max_queue.value.size(),
            max_batch: block.max_batch.value.size(),
            interval_ms: block.interval_ms.value.get(),
        };
        let content = block.content.value.then(|| block.max_content_bytes.value.size());
        Some(TraceExport { to, policy, batching, content })
    }

    fn metrics(&mut self, common: &Common, block: &MetricBlock) -> Option<MetricExport> {
        let to = self.target(common, Signal::Metrics, (block.enabled.as_ref(), block.endpoint.as_ref()))?;
        let interval_ms = match &block.interval_ms {
            Some(interval) => interval.value.get(),
            None => self.number("OTEL_METRIC_EXPORT_INTERVAL", 100, 3_600_000).unwrap_or(60_000),
        };
        Some(MetricExport { to, interval_ms, max_series: block.max_series.value.size() })
    }

    fn logs(&mut self, common: &Common, block: &LogBlock) -> Option<LogExport> {
        let to = self.target(common, Signal::Logs, (block.enabled.as_ref(), block.endpoint.as_ref()))?;
        let batching = Batching {
            max_queue: block.max_queue.value.size(),
            max_batch: block.max_batch.value.size(),
            interval_ms: block.interval_ms.value.get(),
        };
        let lines = match block.process.value {
            ProcessLines::Off => None,
            ProcessLines::Error => Some(Severity::Error),
            ProcessLines::Warn => Some(Severity::Warn),
            ProcessLines::Info => Some(Severity::Info),
        };
        Some(LogExport { to, all: block.all.value, lines, batching })
    }

    fn common(&mut self) -> Common {
        let protocol = self.protocol();
        let timeout_ms = match &self.otlp.timeout_ms {
            Some(timeout) => timeout.value.get(),
            None => self.number("OTEL_EXPORTER_OTLP_TIMEOUT", 100, 60_000).unwrap_or(10_000),
        };
        let target = OtlpTarget {
            protocol,
            url: "".into(),
            headers: self.headers(),
            gzip: self.is_compressed(),
            timeout_ms,
            max_retry_ms: self.otlp.max_retry_ms.value.get(),
            connect: self.connect(protocol),
        };
        let base = match &self.otlp.endpoint {
            Some(endpoint) => self.checked("endpoint", endpoint),
            None => self.variable("OTEL_EXPORTER_OTLP_ENDPOINT"),
        };
        Common { target, base }
    }

    /// Where a signal goes; `None` when it goes nowhere.
    fn target(
        &mut self,
        common: &Common,
        signal: Signal,
        (enabled, own): (Option<&At<bool>>, Option<&At<Text>>),
    ) -> Option<OtlpTarget> {
        let upper = signal.as_str().to_ascii_uppercase();
        let is_on = enabled.map_or_else(|| !self.is_off(&upper), |enabled| enabled.value);
        if !is_on {
            return None;
        }
        let url = match own {
            Some(own) => Some(self.checked("endpoint", own)?),
            None => self.variable(&format!("OTEL_EXPORTER_OTLP_{upper}_ENDPOINT")),
        };
        let target = common.target.clone();
        let url = match (url, target.protocol) {
            (Some(url), OtlpProtocol::HttpProtobuf) => url,
            (None, OtlpProtocol::HttpProtobuf) => format!("{}/v1/{}", common.base.as_ref()?, signal.as_str()),
            (url, OtlpProtocol::Grpc) => {
                let url = url.or_else(|| common.base.clone())?;
                self.origin(&url)
            }
        };
        Some(OtlpTarget { url: url.into(), ..target })
    }

    /// Does the environment turn a signal off?
    fn is_off(&self, upper: &str) -> bool {
        let is =
            |name: &str, word: &str| self.env.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word));
        is("OTEL_SDK_DISABLED", "true") || is(&format!("OTEL_{upper}_EXPORTER"), "none")
    }

    fn checked(&mut self, key: &str, text: &At<Text>) -> Option<String> {
        match url::parse(text.value.as_str()) {
            Ok(url) if url.text.contains('?') => {
                self.faults.add(text.place, format!("'{key}' may not hold '?': use 'headers'"));
                None
            }
            Ok(url) => Some(url.text),
            Err(why) => {
                self.faults.add(text.place, format!("'{key}' {why}"));
                None
            }
        }
    }

    /// An address of the environment; one that is none is as if it were not there.
    fn variable(&mut self, name: &str) -> Option<String> {
        match url::parse(self.env.get(name)?) {
            Ok(url) if !url.text.contains('?') => Some(url.text),
            Ok(_) => self.ignored(name, "holds '?'"),
            Err(why) => self.ignored(name, &why),
        }
    }

    fn ignored<T>(&mut self, name: &str, why: &str) -> Option<T> {
        self.warnings.add(Place::NONE, format!("the variable {name} {why}; it is ignored"));
        None
    }

    fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let text = self.env.get(name)?;
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => self.ignored(name, &format!("must be a number from {least} to {most}")),
        }
    }

    /// Scheme, host and port: services of gRPC have paths of their own.
    fn origin(&mut self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !path.is_empty() {
            let text = "the collector's address has a path, which is left out for gRPC";
            self.warnings.add(self.otlp.place, text);
        }
        format!("{scheme}://{authority}")
    }

    fn protocol(&mut self) -> OtlpProtocol {
        const NAME: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
        let given = self.otlp.protocol.as_ref().map(|protocol| protocol.value);
        match (given, self.env.get(NAME)) {
            (Some(Protocol::Grpc), _) | (None, Some("grpc")) => OtlpProtocol::Grpc,
            (Some(Protocol::Http), _) | (None, None | Some("http/protobuf")) => OtlpProtocol::HttpProtobuf,
            (None, Some(_)) => {
                let why = "must be 'http/protobuf' or 'grpc'";
                self.ignored(NAME, why).unwrap_or(OtlpProtocol::HttpProtobuf)
            }
        }
    }

    fn is_compressed(&mut self) -> bool {
        const NAME: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";
        match (&self.otlp.compression, self.env.get(NAME)) {
            (Some(compression), _) => compression.value == Compression::Gzip,
            (None, None | Some("gzip")) => true,
            (None, Some("none")) => false,
            (None, Some(_)) => self.ignored(NAME, "must be 'gzip' or 'none'").unwrap_or(true),
        }
    }

    /// The share that is kept, where the file does not say.
    fn sampled(&mut self) -> u32 {
        const NAME: &str = "OTEL_TRACES_SAMPLER";
        const SHARE: &str = "OTEL_TRACES_SAMPLER_ARG";
        match self.env.get(NAME) {
            None | Some("always_on" | "parentbased_always_on") => 1000,
            Some("always_off" | "parentbased_always_off") => 0,
            Some("traceidratio" | "parentbased_traceidratio") => {
                let share = self.env.get(SHARE).map(str::parse::<f64>);
                match share {
                    None => 1000,
                    Some(Ok(share)) if (0.0..=1.0).contains(&share) => {
                        crate::shape::Fraction::from(share).permille()
                    }
                    Some(_) => self.ignored(SHARE, "must be a number from 0 to 1").unwrap_or(1000),
                }
            }
            Some(_) => self.ignored(NAME, "names a sampler that is not known here").unwrap_or(1000),
        }
    }

    fn headers(&mut self) -> Vec<(Arc<str>, Secret)> {
        const NAME: &str = "OTEL_EXPORTER_OTLP_HEADERS";
        let mut list: Vec<(Arc<str>, Secret)> = Vec::new();
        for entry in &self.otlp.headers.value.0 {
            let name = entry.name.to_ascii_lowercase();
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                self.faults.add(entry.place, format!("header '{}' is not a header name", entry.name));
            } else if OWN_HEADERS.contains(&name.as_str()) || name.starts_with("grpc-") {
                self.faults
                    .add(entry.place, format!("header '{}' is set by the gateway: remove it", entry.name));
            } else {
                list.push((name.into(), entry.value.clone()));
            }
        }
        for (name, value) in pairs(self.env.get(NAME).unwrap_or_default()) {
            let name = name.to_ascii_lowercase();
            let is_name = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
            let is_value = http::HeaderValue::from_str(&value).is_ok();
            if !is_name || !is_value || OWN_HEADERS.contains(&name.as_str()) || list.len() >= MAX_LIST {
                let _: Option<()> = self.ignored(NAME, "has a header that can not be sent");
            } else if !list.iter().any(|(known, _)| **known == *name) {
                list.push((name.into(), Secret::new(value)));
            }
        }
        list
    }

    fn connect(&mut self, protocol: OtlpProtocol) -> ConnectOptions {
        let text = |field: &Option<At<Text>>| -> Option<Arc<str>> {
            field.as_ref().map(|text| text.value.as_str().into())
        };
        let otlp = self.otlp;
        if let (Some(one), None) | (None, Some(one)) = (&otlp.client_cert_file, &otlp.client_key_file) {
            self.faults.add(one.place, "'client_cert_file' and 'client_key_file' need each other");
        }
        ConnectOptions {
            ca_file: text(&otlp.ca_file)
                .or_else(|| self.env.get("OTEL_EXPORTER_OTLP_CERTIFICATE").map(Into::into)),
            client_cert_file: text(&otlp.client_cert_file),
            client_key_file: text(&otlp.client_key_file),
            proxy: text(&otlp.proxy),
            allow_link_local: otlp.allow_link_local.value,
            only_public: false,
            http2_prior_knowledge: protocol == OtlpProtocol::Grpc,
        }
    }

    /// Names and values, the service's name first.
    fn resource(&mut self, name: Option<&At<Text>>, file: &Named<Text>) -> Vec<(Arc<str>, Arc<str>)> {
        const LIST: &str = "OTEL_RESOURCE_ATTRIBUTES";
        const SERVICE: &str = "service.name";
        let of_env = pairs(self.env.get(LIST).unwrap_or_default());
        let mut list: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        let mut put = |name: &str, value: &str| {
            if !value.is_empty() && list.len() < MAX_LIST && !list.iter().any(|(known, _)| **known == *name) {
                list.push((name.into(), value.into()));
            }
        };
        put(SERVICE, name.map_or("", |name| name.value.as_str()));
        put(SERVICE, file.get(SERVICE).map_or("", Text::as_str));
        put(SERVICE, self.env.get("OTEL_SERVICE_NAME").unwrap_or_default());
        put(SERVICE, of_env.iter().find(|(name, _)| name == SERVICE).map_or("", |(_, value)| value));
        put(SERVICE, "gatewright");
        for entry in &file.0 {
            put(&entry.name, entry.value.as_str());
        }
        for (name, value) in &of_env {
            put(name, value);
        }
        list
    }
}

/// `name=value` between commas, decoded as addresses are. What is no pair is left out.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        Some((decoded(name.trim()), decoded(value.trim())))
    };
    text.split(',').filter_map(pair).filter(|(name, _)| !name.is_empty()).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits =
            after.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
