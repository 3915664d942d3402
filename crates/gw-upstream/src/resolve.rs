//! Names to addresses, with a short cache; concurrent questions for one name are asked once.

use crate::config::UpstreamConfig;
use crate::deadline::now;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Names kept in the cache.
const MAX_NAMES: usize = 1024;
/// Addresses used of one name.
const MAX_ADDRESSES: usize = 8;

/// The addresses of a name, preferred first.
pub type ResolveFuture<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + 'a>>;

/// A source of addresses.
pub trait Resolve: Send + Sync {
    /// Looks `host` up. An empty answer counts as a failure.
    fn resolve<'a>(&'a self, host: &'a str) -> ResolveFuture<'a>;
}

type Answer = Rc<[IpAddr]>;

/// One name: the gate lets one question through at a time.
#[derive(Default)]
struct Name {
    gate: Mutex<()>,
    answer: RefCell<Option<(Instant, Answer)>>,
}

impl Name {
    fn fresh(&self) -> Option<Answer> {
        let answer = self.answer.borrow();
        answer.as_ref().filter(|(until, _)| now() < *until).map(|(_, addresses)| Rc::clone(addresses))
    }
}

/// The cached resolver of a worker.
pub(crate) struct Resolver {
    source: Option<Arc<dyn Resolve>>,
    keep: Duration,
    names: RefCell<HashMap<String, Rc<Name>>>,
}

impl Resolver {
    pub(crate) fn new(config: &UpstreamConfig) -> Self {
        Self {
            source: config.resolver.clone(),
            keep: Duration::from_millis(config.dns_cache_ms),
            names: RefCell::default(),
        }
    }

    /// The addresses of a name or literal; never empty.
    pub(crate) async fn lookup(&self, host: &str) -> io::Result<Answer> {
        if let Ok(literal) = host.parse::<IpAddr>() {
            return Ok(Rc::new([literal]));
        }
        let name = self.name(host);
        if let Some(answer) = name.fresh() {
            return Ok(answer);
        }
        let _turn = name.gate.lock().await;
        if let Some(answer) = name.fresh() {
            return Ok(answer);
        }
        let found = match &self.source {
            Some(source) => source.resolve(host).await?,
            None => tokio::net::lookup_host((host, 0)).await?.map(|a| a.ip()).collect(),
        };
        if found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        let answer: Answer = alternate(found).into();
        *name.answer.borrow_mut() = Some((now() + self.keep, Rc::clone(&answer)));
        Ok(answer)
    }

    /// Forgets a name, so that the next connection asks again.
    pub(crate) fn forget(&self, host: &str) {
        self.names.borrow_mut().remove(host);
    }

    fn name(&self, host: &str) -> Rc<Name> {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.get(host) {
            return Rc::clone(name);
        }
        if names.len() >= MAX_NAMES {
            names.clear();
        }
        Rc::clone(names.entry(host.to_owned()).or_default())
    }
}

/// Takes the two families in turn, beginning with the preferred one, so that a family without a route costs
/// one attempt only.
fn alternate(found: Vec<IpAddr>) -> Vec<IpAddr> {
    let first_is_v6 = found.first().is_some_and(IpAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut mixed = Vec::with_capacity(preferred.len() + other.len());
    let (mut a, mut b) = (preferred.into_iter(), other.into_iter());
    loop {
        let before = mixed.len();
        mixed.extend(a.next());
        mixed.extend(b.next());
        if mixed.len() == before {
            break;
        }
    }
    mixed.truncate(MAX_ADDRESSES);
    mixed
}
