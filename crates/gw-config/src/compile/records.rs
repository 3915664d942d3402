//! What is written down of calls, resolved.

use crate::errors::Faults;
use crate::settings::records::{ClientIpName, LoggingName, RecordSettings};
use gw_model::{ClientIp, Logging, LoggingRules};

/// What records say of clients' addresses.
pub(super) const fn client_ip(settings: &RecordSettings) -> ClientIp {
    match settings.client_ip.value {
        ClientIpName::Off => ClientIp::Off,
        ClientIpName::Network => ClientIp::Network,
        ClientIpName::Full => ClientIp::Full,
    }
}

/// How much is written down.
pub(super) const fn level(name: LoggingName) -> Logging {
    match name {
        LoggingName::Off => Logging::Off,
        LoggingName::Metadata => Logging::Metadata,
        LoggingName::Redacted => Logging::Redacted,
        LoggingName::Full => Logging::Full,
    }
}

/// The rules for all calls.
pub(super) fn logging(settings: &RecordSettings, faults: &mut Faults) -> LoggingRules {
    let usual = level(settings.logging.value);
    let max = settings.max_logging.map_or(usual, |name| level(name.value));
    if let Some(name) = settings.max_logging.filter(|_| max < usual) {
        let text = "'max_logging' is less than 'logging': raise it, or lower 'logging'";
        faults.add(name.place, text);
    }
    LoggingRules {
        usual,
        max,
        max_body_bytes: settings.max_body_bytes.value.size(),
        body_retention_days: u32::try_from(settings.body_retention_days.value.get()).unwrap_or(u32::MAX),
    }
}
