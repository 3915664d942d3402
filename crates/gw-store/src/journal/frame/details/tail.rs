//! What stands behind the trace of a record: a byte that says what there is, and that. Nothing at all where there is nothing. Numbers are
//! varints, and what the record says elsewhere is left out: there is one of these for nearly every record.

mod findings;

use crate::journal::text::{NAME, WORD, clip};
use gw_model::{AttemptTimes, Parameter, Parameters, RecordDetails};

/// The name of the model stood for something, though no provider was tried.
const RESOLVED: u8 = 1;
/// How long guardrails looked at the request.
const GUARDRAILS: u8 = 2;
/// How long the request went on after its last attempt, and then attempts up to the end of it all.
const TIMES: u8 = 4;

/// Parameters: of each its number, with marks whether its value is negative and whether another one follows, and the value.
const PARAMETERS: u8 = 8;
const NEGATIVE: u8 = 0x40;
const MORE: u8 = 0x80;
/// Ways through a dynamic route: how many, and of each its length and text.
const ROUTE: u8 = 16;
/// How long the answer waited for guardrails.
const ANSWER_GUARDRAILS: u8 = 64;
/// As [`TIMES`], behind one of those: whoever does not know of these finds no times in their place.
const TIMES_BEHIND: u8 = 32;

/// A second byte of marks, behind all of the above but the times: it says what follows, times among it.
const BEYOND: u8 = 128;
/// What guardrails found, one by one.
const FINDINGS: u8 = 1;
/// As [`TIMES_BEHIND`], for whom the second byte is news.
const TIMES_BEYOND: u8 = 2;

/// What the lowest bits of an attempt's start say that there is behind it: how long it connected and one more, 0 for not at all; the
/// same of its first byte; its region, empty for none. Without the bit, the region is the record's, and of the last attempt the
/// connection too.
const CONNECT: u64 = 1;
const FIRST_BYTE: u64 = 2;
const REGION: u64 = 4;
const BITS: u32 = 3;

/// Attempts whose times are kept.
const ATTEMPTS: usize = 64;
/// Most bytes of a number.
const NUMBER: usize = 10;

/// Most ways that are kept.
const WAYS: usize = 4;

/// Most bytes of it, besides its attempts.
pub(super) const BYTES: usize =
    2 + 3 * NUMBER + 2 + Parameter::ALL.len() * (1 + NUMBER) + WAYS * (NAME + 2) + findings::BYTES;
/// Most bytes of an attempt in it.
pub(in crate::journal) const TIMES_BYTES: usize = 3 * NUMBER + WORD + 2;

/// As it is written.
pub(super) fn of(details: &RecordDetails) -> Vec<u8> {
    let times = details.times.get(..ATTEMPTS).unwrap_or(&details.times);
    let has = |flag: u8, is: bool| if is { flag } else { 0 };
    let flags = has(RESOLVED, details.is_resolved)
        | has(GUARDRAILS, details.guardrails_us > 0)
        | has(PARAMETERS, !details.parameters.is_empty())
        | has(ROUTE, !details.route.is_empty())
        | has(ANSWER_GUARDRAILS, details.answer_guardrails_us > 0)
        | has(BEYOND, !details.findings.is_empty());
    let behind = match flags {
        flags if flags & BEYOND != 0 => 0,
        flags if flags & (PARAMETERS | ROUTE | ANSWER_GUARDRAILS) != 0 => TIMES_BEHIND,
        _ => TIMES,
    };
    let flags = flags | has(behind, !times.is_empty());
    let mut tail = Vec::new();
    if flags == 0 {
        return tail;
    }
    tail.push(flags);
    if flags & GUARDRAILS != 0 {
        put(&mut tail, details.guardrails_us);
    }
    put_asked(&mut tail, details);
    if flags & BEYOND != 0 {
        tail.push(FINDINGS | has(TIMES_BEYOND, !times.is_empty()));
        findings::put(&mut tail, &details.findings);
    }
    if !times.is_empty() {
        put(&mut tail, details.after_us);
    }
    for (at, one) in times.iter().enumerate() {
        let known = known(details, at + 1 == times.len());
        put_attempt(&mut tail, one, &known);
    }
    tail
}

/// Parameters, ways, and how long the answer waited, where there are any.
fn put_asked(tail: &mut Vec<u8>, details: &RecordDetails) {
    let mut parameters = details.parameters.iter().peekable();
    while let Some((parameter, value)) = parameters.next() {
        let more = if parameters.peek().is_some() { MORE } else { 0 };
        let negative = if value < 0 { NEGATIVE } else { 0 };
        tail.push(parameter as u8 | negative | more);
        put(tail, value.unsigned_abs());
    }
    if !details.route.is_empty() {
        put(tail, details.route.len().min(WAYS) as u64);
        for way in details.route.iter().take(WAYS) {
            put_text(tail, clip(way, NAME));
        }
    }
    if details.answer_guardrails_us > 0 {
        put(tail, details.answer_guardrails_us);
    }
}

fn take_parameters(rest: &mut &[u8]) -> Option<Parameters> {
    let mut found = Parameters::default();
    loop {
        let (code, behind) = rest.split_first()?;
        *rest = behind;
        // The smallest has no positive counterpart.
        let value = i64::try_from(take(rest)?).unwrap_or(i64::MAX);
        // One that only a later version knows is left out.
        if let Some(parameter) = Parameter::from_code(code & !(NEGATIVE | MORE)) {
            found.set(parameter, if code & NEGATIVE != 0 { -value } else { value });
        }
        if code & MORE == 0 {
            return Some(found);
        }
    }
}

fn take_ways(rest: &mut &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for _ in 0..take(rest)? {
        found.push(take_text(rest)?.to_owned());
    }
    Some(found)
}

fn put_text(tail: &mut Vec<u8>, text: &str) {
    put(tail, text.len() as u64);
    tail.extend_from_slice(text.as_bytes());
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(take(rest)?).ok()?;
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    std::str::from_utf8(text).ok()
}

/// What an attempt's times say where they say nothing: what the record does.
fn known(details: &RecordDetails, is_last: bool) -> AttemptTimes {
    let connect_us = details.connect_us.filter(|_| is_last);
    let region = details.region.as_deref().map(|region| clip(region, WORD).to_owned());
    AttemptTimes { connect_us, region, ..AttemptTimes::default() }
}

fn put_attempt(tail: &mut Vec<u8>, one: &AttemptTimes, known: &AttemptTimes) {
    let region = one.region.as_deref().map(|region| clip(region, WORD));
    let has = |bit: u64, is: bool| if is { bit } else { 0 };
    let bits = has(CONNECT, one.connect_us != known.connect_us)
        | has(FIRST_BYTE, one.first_byte_us.is_some())
        | has(REGION, region != known.region.as_deref());
    put(tail, (one.start_us.min(u64::MAX >> BITS) << BITS) | bits);
    let number = |number: Option<u64>| number.map_or(0, |number| number.saturating_add(1));
    if bits & CONNECT != 0 {
        put(tail, number(one.connect_us));
    }
    if bits & FIRST_BYTE != 0 {
        put(tail, number(one.first_byte_us));
    }
    if bits & REGION != 0 {
        put_text(tail, region.unwrap_or(""));
    }
}

/// Seven bits a byte, the lowest first.
fn put(to: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return to.push(low & 0x7f);
        }
        to.push(low | 0x80);
    }
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..NUMBER {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The details with what the tail says. What is not to be read says nothing.
pub(super) fn read(tail: &[u8], known: RecordDetails) -> RecordDetails {
    let is_resolved = is_resolved(tail);
    let more = read_more(tail, &known).unwrap_or_default();
    RecordDetails {
        is_resolved,
        guardrails_us: more.guardrails_us,
        times: more.times,
        after_us: more.after_us,
        parameters: more.parameters,
        route: more.route,
        answer_guardrails_us: more.answer_guardrails_us,
        findings: more.findings,
        ..known
    }
}

fn read_more(tail: &[u8], of: &RecordDetails) -> Option<RecordDetails> {
    let (flags, mut rest) = tail.split_first()?;
    let mut found = RecordDetails::default();
    if flags & GUARDRAILS != 0 {
        found.guardrails_us = take(&mut rest)?;
    }
    if flags & PARAMETERS != 0 {
        found.parameters = take_parameters(&mut rest)?;
    }
    if flags & ROUTE != 0 {
        found.route = take_ways(&mut rest)?;
    }
    if flags & ANSWER_GUARDRAILS != 0 {
        found.answer_guardrails_us = take(&mut rest)?;
    }
    let mut has_times = flags & (TIMES | TIMES_BEHIND) != 0;
    if flags & BEYOND != 0 {
        let (beyond, behind) = rest.split_first()?;
        rest = behind;
        if beyond & FINDINGS != 0 {
            found.findings = findings::take(&mut rest)?;
        }
        // Marks of a later version: where its times begin is not known.
        has_times = beyond & !FINDINGS == TIMES_BEYOND;
    }
    if !has_times {
        return Some(found);
    }
    found.after_us = take(&mut rest)?;
    while !rest.is_empty() {
        let (bits, one) = take_attempt(&mut rest)?;
        let known = known(of, rest.is_empty());
        let connect_us = if bits & CONNECT == 0 { known.connect_us } else { one.connect_us };
        let region = if bits & REGION == 0 { known.region } else { one.region };
        found.times.push(AttemptTimes { connect_us, region, ..one });
    }
    Some(found)
}

fn take_attempt(rest: &mut &[u8]) -> Option<(u64, AttemptTimes)> {
    let bits = take(rest)?;
    let mut one = AttemptTimes { start_us: bits >> BITS, ..AttemptTimes::default() };
    if bits & CONNECT != 0 {
        one.connect_us = take(rest)?.checked_sub(1);
    }
    if bits & FIRST_BYTE != 0 {
        one.first_byte_us = take(rest)?.checked_sub(1);
    }
    if bits & REGION != 0 {
        let region = take_text(rest)?;
        one.region = (!region.is_empty()).then(|| region.to_owned());
    }
    Some((bits, one))
}

/// See [`RESOLVED`].
pub(super) fn is_resolved(tail: &[u8]) -> bool {
    tail.first().is_some_and(|flags| flags & RESOLVED != 0)
}
