//! What calls may be, by the rules of the key and of all that they count for: the tools that they bring, and where they go.
//! Calls of whoever has no such rules are not looked into.

use crate::ticket::Open;
use gw_model::snapshot::Provider;
use gw_model::{Call, ErrorCode, Refusal, WireFormat};

/// May the call bring its tools?
pub(crate) fn check_tools(ticket: &Open, call: &Call) -> Result<(), Refusal> {
    let Some(line) = &call.raw else { return check_tools_of(ticket, call.format, call.asked()) };
    match line.format {
        Some(format) => check_tools_of(ticket, format, &call.body),
        // Its body says nothing here, and may say anything to the provider. Files and batches are judged by their lines.
        None if line.object.is_none() && !call.body.is_empty() => check_tool_names(ticket, || None),
        None => Ok(()),
    }
}

/// May a request bring its tools?
pub(crate) fn check_tools_of(ticket: &Open, format: WireFormat, body: &[u8]) -> Result<(), Refusal> {
    check_tool_names(ticket, || gw_wire::facts::tool_names(format, body).ok())
}

/// May these tools be brought? They are asked for only where that matters; `None` is what cannot be known.
pub(crate) fn check_tool_names(
    ticket: &Open,
    names: impl FnOnce() -> Option<Vec<String>>,
) -> Result<(), Refusal> {
    let Some((holder, ())) = ticket.access(|access| access.calls.asks_tools().then_some(())) else {
        return Ok(());
    };
    let Some(names) = names() else {
        let text = format!(
            "calls of {holder} may bring certain tools only, and it cannot be seen here which this one brings"
        );
        return Err(Refusal::new(ErrorCode::ToolNotAllowed, text));
    };
    for name in &names {
        if let Some((holder, ())) = ticket.access(|access| (!access.calls.allows_tool(name)).then_some(())) {
            let text = format!("calls of {holder} may not bring the tool '{name}'; leave it out");
            return Err(Refusal::new(ErrorCode::ToolNotAllowed, text).param("tools"));
        }
    }
    Ok(())
}

/// May calls go where that provider is?
pub(crate) fn check_region(ticket: &Open, provider: &Provider) -> Result<(), Refusal> {
    let region = provider.region.as_deref();
    let far = ticket.access(|access| (!access.calls.allows_region(region)).then_some(()));
    let Some((holder, ())) = far else { return Ok(()) };
    let place = region.map_or_else(|| "no region".to_owned(), |region| format!("the region '{region}'"));
    let text =
        format!("the provider '{}' is in {place}, and calls of {holder} may not go there", provider.name);
    Err(Refusal::new(ErrorCode::RegionNotAllowed, text))
}
