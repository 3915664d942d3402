//! Where providers are, and what the conventions call them.

use crate::describe::system;
use gw_model::Snapshot;
use gw_model::snapshot::Provider;
use std::collections::HashMap;
use std::sync::Arc;

/// A provider as spans and metrics name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its name in the conventions.
    pub system: Arc<str>,
    /// Host and port; `None` where the provider is in the process, or is not configured any more.
    pub address: Option<(Arc<str>, u16)>,
}

/// Providers by their configured names.
#[derive(Clone, Debug, Default)]
pub struct Places(HashMap<Arc<str>, Place>);

impl Places {
    /// Those of a configuration.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let place = |provider: &Provider| Place {
            system: system(provider).into(),
            address: address(&provider.base_url).map(|(host, port)| (host.into(), port)),
        };
        Self(snapshot.providers.iter().map(|(name, provider)| (Arc::clone(name), place(provider))).collect())
    }

    /// The provider of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Place {
        let known = self.0.get(name).cloned();
        known.unwrap_or_else(|| Place { system: name.into(), address: None })
    }
}

/// Host and port of a URL.
fn address(url: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let default = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an address of IPv6 are within brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, default),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests;
