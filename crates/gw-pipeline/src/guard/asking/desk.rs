//! What a guardrail that asks has between calls: where its host is, how many questions are open, and whether it is left
//! alone for a moment. Shared by the workers; the lock is held for a few additions. It must not ask.

use crate::health::Breaker;
use crate::live::PublishError;
use gw_guard::asked::AskFault;
use gw_model::Micros;
use gw_model::guardrail::{AskSpec, GuardrailSpec};
use gw_model::routing::HealthPolicy;
use gw_model::snapshot::ConnectOptions;
use gw_upstream::{Destination, ProxyEnv};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A host that is asked.
#[derive(Debug)]
pub(crate) struct HostAt {
    pub(crate) destination: Destination,
    /// The path of its address, without the slash at its end.
    pub(crate) path: String,
    /// The query of its address, without the question mark.
    pub(crate) query: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Desk {
    host: Option<HostAt>,
    open: AtomicU32,
    rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
struct Rest {
    breaker: Breaker,
    /// Not asked before; 0 while it is asked.
    until: Micros,
    /// One question is out to see whether it is well again.
    is_probed: bool,
}

impl Desk {
    /// Errors: its host can not be connected to as configured.
    pub(crate) fn new(spec: &GuardrailSpec, ask: &AskSpec, proxies: &ProxyEnv) -> Result<Self, PublishError> {
        let host = match ask.who.host() {
            None => None,
            Some(host) => {
                let (address, query) = match host.url.split_once('?') {
                    Some((address, query)) => (address, Some(query.to_owned())),
                    None => (&*host.url, None),
                };
                let options = ConnectOptions { ca_file: host.ca_file.clone(), ..ConnectOptions::default() };
                let wrong = |source| PublishError::Guardrail { guardrail: Arc::clone(&spec.name), source };
                let (destination, path) = Destination::parse(address, &options, proxies).map_err(wrong)?;
                Some(HostAt { destination, path, query })
            }
        };
        Ok(Self { host, open: AtomicU32::new(0), rest: Mutex::default() })
    }

    pub(super) const fn host(&self) -> Option<&HostAt> {
        self.host.as_ref()
    }

    /// A place for one more question. Errors: there is none, or it is left alone.
    pub(super) fn enter(self: &Arc<Self>, max: u32, now: Micros) -> Result<InFlight, AskFault> {
        // Taken before it is looked at, so that two workers can not both take the last.
        let mut place = InFlight { desk: Arc::clone(self), is_probe: false };
        if self.open.fetch_add(1, Ordering::Relaxed) >= max {
            return Err(AskFault::Busy);
        }
        let mut rest = self.rest.lock();
        if rest.until > 0 {
            if now < rest.until || rest.is_probed {
                return Err(AskFault::Resting);
            }
            rest.is_probed = true;
            place.is_probe = true;
        }
        drop(rest);
        Ok(place)
    }
}

/// A question that is open.
pub(super) struct InFlight {
    desk: Arc<Desk>,
    is_probe: bool,
}

impl InFlight {
    /// Notes what came of it.
    pub(super) fn leave(mut self, fault: Option<AskFault>, now: Micros, jitter: u64) {
        let policy = HealthPolicy::default();
        let mut rest = self.desk.rest.lock();
        let is_probe = std::mem::take(&mut self.is_probe);
        if is_probe {
            rest.is_probed = false;
        }
        match fault {
            Some(fault) if fault.is_theirs() => {
                // Questions that were under way when it was taken out say nothing new.
                let counts = rest.until == 0 || is_probe;
                if counts && (rest.breaker.bad(&policy, now) || is_probe) {
                    let out_ms = rest.breaker.open(&policy, now, jitter);
                    rest.until =
                        now.saturating_add(i64::try_from(out_ms).unwrap_or(1_000).saturating_mul(1_000));
                }
            }
            _ if is_probe => {
                rest.until = 0;
                rest.breaker.close(now);
            }
            _ => rest.breaker.good(&policy, now),
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.desk.open.fetch_sub(1, Ordering::Relaxed);
        if self.is_probe {
            self.desk.rest.lock().is_probed = false;
        }
    }
}

#[cfg(test)]
mod tests;
