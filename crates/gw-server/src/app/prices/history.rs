//! Which prices a model had from when on, as far as pages of the books go back.

use super::book::{self, CATALOGUE, CONFIGURATION};
use crate::app::state::App;
use gw_model::{Micros, PriceSheet, Snapshot};
use gw_store::StoreError;
use gw_store::types::PricePage;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A model at a provider, under the alias that callers use, if they do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) alias: String,
}

/// Prices that were in force from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) since: Micros,
    /// Where they came from: a book, and what it says of itself.
    pub(crate) book: &'static str,
    pub(crate) source: String,
    /// `None` where it had none.
    pub(crate) prices: Option<PriceSheet>,
}

/// What a name may mean: an alias, `provider/model`, or a model of any provider that has it. One provider only, if it is said which.
pub(crate) fn subjects(snapshot: &Snapshot, name: &str, provider: Option<&str>) -> Vec<Subject> {
    let mut found = BTreeSet::new();
    let is_wanted = |of: &str| provider.is_none_or(|wanted| wanted == of);
    let mut add = |provider: &str, model: &str, alias: &str| {
        if is_wanted(provider) {
            let [provider, model, alias] = [provider, model, alias].map(str::to_owned);
            found.insert(Subject { provider, model, alias });
        }
    };
    if let Some(model) = snapshot.models.get(name) {
        model.targets.iter().for_each(|target| add(&target.provider.name, &target.model, name));
    } else if let Some((provider, model)) =
        name.split_once('/').filter(|(provider, _)| snapshot.providers.contains_key(*provider))
    {
        add(provider, model, "");
    } else {
        for of in snapshot.providers.values() {
            let is_named = provider == Some(&*of.name);
            if is_named || super::in_force(snapshot, "", &of.name, name).is_some() {
                add(&of.name, name, "");
            }
        }
    }
    found.into_iter().collect()
}

/// How long pages that were read are good for whoever looks at records.
const LATELY_US: Micros = 10_000_000;

/// Pages of both books as they were read, and when.
pub(crate) type ReadPages = Mutex<Option<(Micros, Arc<Pages>)>>;

/// The pages of both books, the first first.
#[derive(Debug)]
pub(crate) struct Pages(Vec<(&'static str, PricePage, String)>);

impl Pages {
    /// As they were a moment ago: books may have a thousand pages, and people open one record after the other.
    pub(crate) fn lately(app: &App) -> Result<Arc<Self>, StoreError> {
        let now = app.gateway.clock().now();
        let known = app.price_pages.lock().clone();
        if let Some((_, pages)) = known.filter(|(at, _)| now.saturating_sub(*at).abs() < LATELY_US) {
            return Ok(pages);
        }
        let pages = Arc::new(Self::read(app)?);
        *app.price_pages.lock() = Some((now, Arc::clone(&pages)));
        Ok(pages)
    }

    pub(crate) fn read(app: &App) -> Result<Self, StoreError> {
        let mut pages = Vec::new();
        for book in [CATALOGUE, CONFIGURATION] {
            for page in app.storage.database.price_pages(book)? {
                let text = page.text().ok_or(StoreError::Damaged { what: "a page of prices" })?;
                pages.push((book, PricePage { content: Vec::new(), ..page }, text));
            }
        }
        pages.sort_by_key(|(_, page, _)| page.since);
        Ok(Self(pages))
    }

    /// What a model cost from when on, the first first.
    pub(crate) fn of(&self, subject: &Subject, key_now: &str) -> Vec<Stretch> {
        let Subject { provider, model, alias } = subject;
        let mut out: Vec<Stretch> = Vec::new();
        let (mut catalogue, mut configuration) = (None, None);
        for (book, page, text) in &self.0 {
            match *book {
                CATALOGUE => catalogue = Some((page, text)),
                _ => configuration = Some((page, text)),
            }
            let custom = configuration.and_then(|(page, text)| {
                let names = [alias.as_str(), ""];
                let prices = names.iter().find_map(|alias| book::prices(text, [provider, model, alias]));
                prices.map(|prices| (CONFIGURATION, page, prices))
            });
            let key = configuration.and_then(|(_, text)| book::key_of(text, provider)).unwrap_or(key_now);
            let listed = || {
                let (page, text) = catalogue?;
                Some((CATALOGUE, page, book::prices(text, [key, model, ""])?))
            };
            let (book, source, prices) = match custom.or_else(listed) {
                Some((book, page, prices)) => (book, page.source.clone(), Some(prices)),
                None => (*book, page.source.clone(), None),
            };
            let is_same = match out.last() {
                Some(last) => last.prices == prices,
                None => prices.is_none(),
            };
            if !is_same {
                out.push(Stretch { since: page.since, book, source, prices });
            }
        }
        out
    }
}
