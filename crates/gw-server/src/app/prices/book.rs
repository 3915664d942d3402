//! Two books of prices, each a text with a line for a model: the catalogue, and what a configuration says in its place. Where one
//! of them changes, a page is written down, so that it is known later what was in force. It must not be waited for by calls.

use super::beside_aliases;
use crate::app::state::App;
use gw_model::{FemtoUsd, PriceSheet, Rate, ServiceTier, Snapshot, Unit};
use gw_store::StoreError;
use gw_store::types::PricePage;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The catalogue that is built in.
pub(crate) const CATALOGUE: &str = "catalogue";
/// What the file and the API say.
pub(crate) const CONFIGURATION: &str = "configuration";

/// Pages that are kept of each.
const MAX_CATALOGUES: usize = 60;
const MAX_CONFIGURATIONS: usize = 1_000;

/// What a line begins with that says where a provider's prices stand in the catalogue.
const KEY: &str = "@";

/// Writes down what the catalogue says, unless that is known.
pub(crate) fn keep_catalogue(app: &App, snapshot: &Snapshot, since: i64) -> Result<bool, StoreError> {
    let source = gw_providers::catalog().source();
    let source = format!("Gatewright {}; {source}", env!("CARGO_PKG_VERSION"));
    let page = PricePage::new(since, source, &catalogue(snapshot));
    app.storage.database.add_price_page(CATALOGUE, &page, MAX_CATALOGUES)
}

/// The same for the configuration in force.
pub(crate) fn keep_configuration(app: &App, since: i64) -> Result<bool, StoreError> {
    // Whoever comes later writes what is in force then: an older configuration never stands behind a newer one.
    let _one_at_a_time = app.price_book.lock();
    let live = app.gateway.live();
    let snapshot = &live.snapshot;
    let source = "configuration and API".to_owned();
    let page = PricePage::new(since, source, &configuration(snapshot));
    app.storage.database.add_price_page(CONFIGURATION, &page, MAX_CONFIGURATIONS)
}

/// Every model that has prices, by the key of its provider.
fn catalogue(snapshot: &Snapshot) -> String {
    let keys: BTreeSet<&str> = snapshot.catalog.providers().values().map(|spec| &*spec.price_key).collect();
    let mut text = String::new();
    for key in keys.into_iter().filter(|key| !key.is_empty()) {
        for name in snapshot.catalog.model_names(key) {
            if let Some(info) = snapshot.catalog.model(key, name) {
                add(&mut text, [key, name, ""], &info.prices);
            }
        }
    }
    text
}

/// What stands in place of the catalogue's, by provider, model and alias, in the order of these.
fn configuration(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for provider in snapshot.providers.values() {
        // Writing to a String can not fail.
        let _ = writeln!(text, "{KEY}\t{}\t\t{}", plain(&provider.name), plain(&provider.price_key));
    }
    let mut lines = BTreeSet::new();
    let mut line = |names: [&str; 3], prices: &PriceSheet| {
        let mut text = String::new();
        add(&mut text, names, prices);
        lines.insert(text);
    };
    for (provider, models) in &snapshot.custom_models {
        for (model, info) in models {
            let known = snapshot.providers.get(provider);
            let listed = known.and_then(|known| snapshot.catalog.model(&known.price_key, model));
            if listed.is_none_or(|listed| listed.prices != info.prices) {
                line([provider, model, ""], &info.prices);
            }
        }
    }
    for (alias, model) in &snapshot.models {
        for target in &model.targets {
            let (provider, name) = (&*target.provider.name, &*target.model);
            if beside_aliases(snapshot, provider, name).as_ref() != Some(&target.info.prices) {
                line([provider, name, alias], &target.info.prices);
            }
        }
    }
    text.extend(lines);
    text
}

fn add(text: &mut String, [one, two, three]: [&str; 3], prices: &PriceSheet) {
    if prices.rates.is_empty() {
        return;
    }
    let _ = write!(text, "{}\t{}\t{}\t", plain(one), plain(two), plain(three));
    for (number, rate) in prices.rates.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let Rate { unit, tier, above_tokens, price } = rate;
        let _ = write!(text, "{comma}{}:{}:{above_tokens}:{}", unit.as_str(), tier.as_str(), price.0);
    }
    text.push('\n');
}

/// A name that ends no line.
fn plain(name: &str) -> String {
    name.replace(['\t', '\n', '\r'], " ")
}

/// What a page's text says of something.
fn said<'t>(text: &'t str, names: [&str; 3]) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let mut parts = line.splitn(4, '\t');
        let is_it = names.iter().all(|name| parts.next() == Some(name));
        if is_it { parts.next() } else { None }
    })
}

/// The prices of a model that a page's text has.
pub(super) fn prices(text: &str, names: [&str; 3]) -> Option<PriceSheet> {
    let rate = |text: &str| {
        let mut parts = text.split(':');
        let mut part = || parts.next();
        Some(Rate {
            unit: Unit::from_name(part()?)?,
            tier: ServiceTier::from_name(part()?)?,
            above_tokens: part()?.parse().ok()?,
            price: FemtoUsd(part()?.parse().ok()?),
        })
    };
    let plain = names.map(plain);
    let found = said(text, [&plain[0], &plain[1], &plain[2]])?;
    // A unit that only a later version knows is left out.
    Some(PriceSheet { rates: found.split(',').filter_map(rate).collect() })
}

/// Where a configuration's text says that a provider's prices stand in the catalogue.
pub(super) fn key_of<'t>(text: &'t str, provider: &str) -> Option<&'t str> {
    said(text, [KEY, &plain(provider), ""])
}
