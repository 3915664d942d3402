//! Events to a whole answer for a caller. Serves the translate stage. It must not fail: what the format has no
//! place for (further choices, blocks of other formats, content beyond the bound) is left out.

use super::fold::Folder;
use super::object::{Ending, Shell, write_item};
use crate::codec::WriteContext;
use crate::errors;
use crate::json::Writer;
use crate::openai_responses::echo::Echo;
use crate::openai_responses::error;
use gw_model::{Event, Usage};

/// Writes a whole answer to a request that is not known.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    write_with(events, context, &Echo::default())
}

/// Writes a whole answer to the request that `echo` was read from.
#[must_use]
pub fn write_with(events: &[Event], context: &WriteContext, echo: &Echo) -> Vec<u8> {
    let mut start = ("", "", None);
    let mut usage = Usage::default();
    let mut ending = Ending::Ended(None);
    let mut folder = Folder::default();
    for event in events {
        match event {
            Event::Start { id, model, created } => start = (id, model, *created),
            Event::Usage(later) => usage.merge(later),
            Event::Finish { choice: 0, reason } if !matches!(ending, Ending::Failed { .. }) => {
                ending = Ending::Ended(Some(reason));
            }
            Event::Error { kind, message } => {
                let code = error::code_of(kind, message);
                ending = Ending::Failed { code, message: errors::or_default(message) };
            }
            other => {
                // Beyond the bound nothing is taken; the rest of the answer stands.
                let _ = folder.take(other);
            }
        }
    }
    let shell = Shell::new(start, context, echo);
    let mut w = Writer::with_capacity(2048);
    shell.write(&mut w, ending, Some(&usage), |w| {
        let last = folder.items.len().saturating_sub(1);
        for (index, item) in folder.items.iter().enumerate() {
            let status = if index == last { ending.item_status() } else { "completed" };
            write_item(w, &shell, echo, item, (index, status));
        }
    });
    w.into_bytes()
}
