//! What the lines of a batch's file name besides files, looked up a part at a time: a file may hold millions of texts.
//! It must not read a line twice, nor hold more of them than a part.

use super::named::Named;
use super::reach::Reach;
use crate::ticket::Ticket;
use bytes::Bytes;
use gw_model::{ErrorCode, Refusal, Span};
use gw_wire::batch_lines::Line;
use gw_wire::references::strings;
use std::collections::BTreeSet;

/// Texts that are looked up at once.
const PART: usize = 10_000;

/// Reads on from where it was left.
#[derive(Debug)]
pub(super) struct Reading {
    body: Bytes,
    /// Where the requests stand.
    requests: Vec<Span>,
    /// The request that is being read, and how far it has been.
    number: usize,
    at: usize,
}

impl Reading {
    pub(super) fn new(body: Bytes, lines: Vec<Line>) -> Self {
        let requests = lines.into_iter().map(|line| line.request).collect();
        Self { body, requests, number: 0, at: 0 }
    }

    /// Judges all of it. Errors: a line names what is not its caller's.
    pub(super) async fn judge(mut self, ticket: &mut Ticket, reach: &Reach<'_>) -> Result<(), Refusal> {
        loop {
            // Off the worker, whose other calls would wait.
            let read = tokio::task::spawn_blocking(move || (self.part(), self)).await;
            let (part, rest) =
                read.map_err(|_| Refusal::new(ErrorCode::Internal, "the request could not be read"))?;
            if part.is_empty() {
                return Ok(());
            }
            let pins = Named { strings: part, ..Named::default() }.judge(ticket, reach).await?;
            ticket.pins.merge(&pins)?;
            self = rest;
        }
    }

    /// The next texts; none when all were read.
    fn part(&mut self) -> BTreeSet<String> {
        let mut part = BTreeSet::new();
        while let Some(span) = self.requests.get(self.number).filter(|_| part.len() < PART) {
            let request = self.body.get(span.start..span.end).unwrap_or_default();
            let mut found = BTreeSet::new();
            self.at = strings(request, self.at, PART, &mut found);
            part.append(&mut found);
            if self.at >= request.len() {
                (self.number, self.at) = (self.number + 1, 0);
            }
        }
        part
    }
}

#[cfg(test)]
mod tests;
