//! Which guardrails look at a call: those for all calls, and those that its key, its accounts, its model or its caller
//! name. Serves the stage. A name that stands for nothing stops the call: what is not enforced must not look so.

use super::asking::{Asking, Desk};
use super::state::Chosen;
use crate::lineup::Lineup;
use crate::live::PublishError;
use crate::ticket::Ticket;
use ahash::AHashMap;
use gw_guard::Guardrail;
use gw_model::guardrail::GuardrailSpec;
use gw_model::{ErrorCode, Refusal};
use gw_upstream::ProxyEnv;
use std::sync::Arc;

/// Most guardrails that a header may name.
const MAX_NAMED: usize = 32;

/// The guardrails of a configuration, ready.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    /// In the order of the file.
    all: Vec<Arc<Guardrail>>,
    by_name: AHashMap<Arc<str>, usize>,
    /// Of those that ask others, by their names.
    desks: AHashMap<Arc<str>, Arc<Desk>>,
    /// Those of most calls: for which nobody names another. `None` where that differs from call to call.
    usual: Option<Chosen>,
}

impl Guards {
    /// Makes them ready; those that are the same as before stay.
    /// Errors: a host that one asks can not be connected to as configured.
    pub(crate) fn new(
        specs: &[Arc<GuardrailSpec>],
        proxies: &ProxyEnv,
        before: Option<&Self>,
    ) -> Result<Self, PublishError> {
        let known = |spec: &Arc<GuardrailSpec>| {
            let before = before?;
            let rail = before.all.get(*before.by_name.get(&spec.name)?)?;
            (rail.spec == *spec).then(|| Arc::clone(rail))
        };
        let ready = |spec: &Arc<GuardrailSpec>| {
            // The configuration was checked with the same code.
            let made = || {
                Guardrail::compile(Arc::clone(spec)).inspect_err(|error| {
                    tracing::error!(guardrail = %spec.name, %error, "a guardrail can not be used");
                })
            };
            known(spec).or_else(|| made().ok().map(Arc::new))
        };
        let all: Vec<Arc<Guardrail>> = specs.iter().filter_map(ready).collect();
        let by_name = all.iter().enumerate().map(|(at, rail)| (Arc::clone(&rail.spec.name), at)).collect();
        let mut desks = AHashMap::new();
        for rail in &all {
            let Some(ask) = rail.check().asked() else { continue };
            let name = &rail.spec.name;
            // What was learnt of a host stays, as long as the guardrail is the same.
            let same = before.filter(|before| before.all.iter().any(|known| Arc::ptr_eq(known, rail)));
            let desk = match same.and_then(|before| before.desks.get(name)) {
                Some(desk) if ask.who.host().is_none_or(|host| host.ca_file.is_none()) => Arc::clone(desk),
                _ => Arc::new(Desk::new(&rail.spec, ask, proxies)?),
            };
            desks.insert(Arc::clone(name), desk);
        }
        let mut guards = Self { all, by_name, desks, usual: None };
        let usual: Vec<_> = guards.all.iter().filter(|rail| rail.spec.is_usual()).map(Arc::clone).collect();
        if usual.iter().all(|rail| is_always(rail)) {
            guards.usual = Some(guards.chosen(usual));
        }
        Ok(guards)
    }

    fn chosen(&self, rails: Vec<Arc<Guardrail>>) -> Chosen {
        let asking = |rail: &Arc<Guardrail>| {
            let desk = self.desks.get(&rail.spec.name)?;
            Some(Asking { rail: Arc::clone(rail), desk: Arc::clone(desk) })
        };
        let asking = rails.iter().filter_map(asking).collect();
        Chosen::new(rails, asking)
    }

    /// The guardrail of that name, if it asks others.
    pub(crate) fn asking(&self, name: &str) -> Option<Asking> {
        let rail = self.all.get(*self.by_name.get(name)?)?;
        let desk = self.desks.get(name)?;
        Some(Asking { rail: Arc::clone(rail), desk: Arc::clone(desk) })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The guardrails of a call, of the model that it is for if there still is one. Errors: something names one that there
    /// is not.
    pub(super) fn choose(&self, ticket: &Ticket, model: Option<&Lineup>) -> Result<Chosen, Refusal> {
        let mut asked = vec![false; self.all.len()];
        for (at, rail) in self.all.iter().enumerate() {
            asked[at] = rail.spec.is_usual();
        }
        // Those that the call cannot go without: a caller takes away nothing that others ask for.
        let mut held: Vec<bool> = self.all.iter().map(|rail| rail.spec.mandatory).collect();
        let mut lost = None;
        let mut name_it = |name: &str| match self.by_name.get(name) {
            Some(at) => (asked[*at], held[*at]) = (true, true),
            None => lost = Some(missing(name)),
        };
        of_model(model).chain(of_key(ticket)).for_each(&mut name_it);
        of_accounts(ticket, name_it);
        if let Some(lost) = lost {
            return Err(lost);
        }
        if let Some(header) = &ticket.context.guardrails {
            for (number, name) in header.split(',').map(str::trim).filter(|name| !name.is_empty()).enumerate()
            {
                if number >= MAX_NAMED {
                    return Err(too_many());
                }
                let (name, is_wanted) = name.strip_prefix('-').map_or((name, true), |name| (name, false));
                let at = *self.by_name.get(name).ok_or_else(|| unknown(name))?;
                if !is_wanted && held[at] {
                    return Err(not_left_out(name));
                }
                asked[at] = is_wanted;
            }
        }
        if let Some(usual) = &self.usual
            && self.all.iter().zip(&asked).all(|(rail, asked)| rail.spec.is_usual() == *asked)
        {
            return Ok(usual.clone());
        }
        let chosen = self.all.iter().zip(asked).filter(|(_, asked)| *asked).map(|(rail, _)| rail);
        let sampled = chosen.filter(|rail| {
            let share = u64::from(rail.spec.sample_permille);
            is_always(rail) || ticket.worker().random_u64() % 1000 < share
        });
        Ok(self.chosen(sampled.map(Arc::clone).collect()))
    }
}

/// Does it look at every call that it is for?
fn is_always(rail: &Guardrail) -> bool {
    rail.spec.sample_permille >= 1000
}

/// Does the key, an account or the model name a guardrail?
pub(super) fn names_any(ticket: &Ticket, model: Option<&Lineup>) -> bool {
    of_model(model).next().is_some() || of_key(ticket).next().is_some() || {
        let mut is_named = false;
        of_accounts(ticket, |_| is_named = true);
        is_named
    }
}

fn of_model(model: Option<&Lineup>) -> impl Iterator<Item = &str> {
    model.into_iter().flat_map(|model| model.guardrails.iter().map(|name| &**name))
}

fn of_key(ticket: &Ticket) -> impl Iterator<Item = &str> {
    ticket.key().into_iter().flat_map(|key| key.policy.guardrails.iter().map(String::as_str))
}

/// Calls `each` with the names that the accounts of the call and their plans give.
fn of_accounts(ticket: &Ticket, mut each: impl FnMut(&str)) {
    let of_key = ticket.key().into_iter().flat_map(|key| key.plan().into_iter().chain(key.above()));
    let each = std::cell::RefCell::new(&mut each);
    for account in of_key.chain(ticket.beside()) {
        account.permits(|policy| {
            policy.guardrails.iter().for_each(|name| (each.borrow_mut())(name));
            true
        });
    }
}

fn too_many() -> Refusal {
    let text = format!("a call names at most {MAX_NAMED} guardrails");
    Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-guardrails")
}

fn missing(name: &str) -> Refusal {
    let text = format!(
        "the guardrail '{name}' is asked for and not in the gateway's configuration; tell its operator"
    );
    Refusal::new(ErrorCode::GuardrailBlocked, text)
}

fn not_left_out(name: &str) -> Refusal {
    let text = format!(
        "the guardrail '{name}' cannot be left out: it is mandatory, or the key, the model or an account of this call asks for it"
    );
    Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-guardrails")
}

fn unknown(name: &str) -> Refusal {
    let shown: String = name.chars().take(64).collect();
    let text = format!("there is no guardrail '{shown}'; name those of the gateway's configuration");
    Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-guardrails")
}
