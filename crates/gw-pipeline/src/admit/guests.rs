//! Customers and tags: whoever the caller says that a call is for. Serves admit: they count it, beside the key and
//! all above that. It must not make up who they are.

use crate::live::Live;
use crate::ticket::Ticket;
use gw_model::{ErrorCode, Level, Refusal};

/// Most tags of a call that count; the others are for reports.
const MAX_TAGS: usize = 8;

/// Has the call's customer and tags count it.
///
/// # Errors
/// They must be named and are not, are closed, or do not allow the model.
pub(super) fn join(ticket: &mut Ticket, live: &Live, names: &[&str]) -> Result<(), Refusal> {
    let policy = &live.snapshot.settings.customers;
    let Some(key) = ticket.key().cloned() else { return Ok(()) };
    if policy.required && ticket.record.customer.is_none() {
        let text = "calls must say for which customer they are: in the header 'x-gatewright-customer', or in the \
                    request's field for end users";
        return Err(Refusal::new(ErrorCode::InvalidRequest, text).param("x-gatewright-customer"));
    }
    let gateway = std::sync::Arc::clone(ticket.worker().gateway());
    let accounts = &gateway.keys.accounts;
    if !accounts.has_named() {
        return Ok(());
    }
    if let Some(name) = ticket.record.customer.clone() {
        let link = accounts.customer(&name, &key.above).map_err(|_closed| {
            Refusal::new(ErrorCode::EndpointNotAllowed, format!("the customer '{name}' is disabled"))
        })?;
        if let Some(link) = link {
            may_call(accounts.get(link.id).as_deref(), names)?;
            ticket.count_for(link);
        }
    }
    let tags = ticket.context.tags.clone().unwrap_or_default();
    for tag in tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).take(MAX_TAGS) {
        if let Some(account) = accounts.named(Level::Tag, tag, &key.above) {
            may_call(Some(&account), names)?;
            ticket.count_for(account.link());
        }
    }
    Ok(())
}

fn may_call(account: Option<&gw_store::memory::Account>, names: &[&str]) -> Result<(), Refusal> {
    let Some(account) = account else { return Ok(()) };
    let version = account.version();
    if version.policy.allows_model(names) {
        return Ok(());
    }
    let (level, name) = (account.id.level.as_str(), &version.name);
    let model = names.first().copied().unwrap_or_default();
    let text = format!("the {level} '{name}' may not call the model '{model}'");
    Err(Refusal::new(ErrorCode::ModelNotAllowed, text).param("model"))
}
