//! Customers and tags: whoever the caller says that a call is for. They count it, beside the key and all above that, and
//! what they forbid is refused by the stages that follow. It must not make up who they are.

use crate::live::Live;
use crate::ticket::{Ticket, disabled};
use gw_model::{ErrorCode, Level, Refusal};
use std::sync::Arc;

/// Most tags of one call that have limits, budgets or restrictions. With all that stands above a key, they are no more
/// than a chain has room for.
const MAX_TAGS: usize = 8;

/// Has the call's customer and tags count it, as far as they are known. Calls with the master key count for nobody. Serves
/// receive: whether the call may be made depends on them.
///
/// # Errors
/// The customer is closed, or there are too many tags.
pub(crate) fn join(ticket: &mut Ticket) -> Result<(), Refusal> {
    let Some(key) = ticket.key() else { return Ok(()) };
    if ticket.record.customer.is_none() && ticket.context.tags.is_none() {
        return Ok(());
    }
    if !ticket.worker().gateway().keys.accounts.has_named() {
        return Ok(());
    }
    let (key, gateway) = (Arc::clone(key), Arc::clone(ticket.worker().gateway()));
    let accounts = &gateway.keys.accounts;
    if let Some(name) = ticket.record.customer.as_deref() {
        let link = accounts.customer(name, key.above()).map_err(|_closed| disabled(Level::Customer, name))?;
        if let Some(link) = link {
            // Those that are too many share an account that stands nowhere.
            let account = accounts.get(link.id);
            ticket.count_for(link, account);
        }
    }
    let Some(names) = ticket.context.tags.clone() else { return Ok(()) };
    let mut count = 0;
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let Some(tag) = accounts.named(Level::Tag, name, key.above()) else { continue };
        if ticket.beside().iter().any(|known| known.id == tag.id) {
            continue;
        }
        count += 1;
        if count > MAX_TAGS {
            let text = format!("a call may name {MAX_TAGS} tags that have limits of their own");
            return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-tags"));
        }
        ticket.count_for(tag.link(), Some(tag));
    }
    Ok(())
}

/// Where calls must name a customer: does this one?
pub(super) fn require(ticket: &Ticket, live: &Live) -> Result<(), Refusal> {
    let is_required = live.snapshot.settings.customers.required && ticket.key().is_some();
    if !is_required || ticket.record.customer.is_some() {
        return Ok(());
    }
    let text = "calls must say for which customer they are: in the header 'x-gatewright-customer', or in the \
                request's field for end users";
    Err(Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-customer"))
}
