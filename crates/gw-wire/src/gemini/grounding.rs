//! Grounding and probabilities of a candidate: which sources its text rests on, and how likely its tokens were.
//! Serves the readers and writers of answers. Positions are bytes in this format.

use super::names::{count_of, elements, get, object, text};
use crate::cited::{MAX_HELD, Ruler, position};
use crate::json::{Object, Writer};
use gw_model::Event;
use gw_model::event::{Citation, TokenLogprob};

/// The citations that a candidate states for the text of `block`, measured by `ruler`.
pub(crate) fn read(candidate: &Object<'_>, choice: u32, block: u32, ruler: &Ruler, out: &mut Vec<Event>) {
    let Some(metadata) = object(candidate, "groundingMetadata") else { return };
    let chunks: Vec<Citation> = get(&metadata, "groundingChunks")
        .iter()
        .flat_map(elements)
        .map(|chunk| chunk.object().ok().map(|chunk| source(&chunk)).unwrap_or_default())
        .collect();
    for support in get(&metadata, "groundingSupports").iter().flat_map(elements) {
        let Ok(support) = support.object() else { continue };
        let segment = object(&support, "segment");
        let range = segment.and_then(|segment| {
            let start = ruler.character_at(position(count_of(&segment, "startIndex").unwrap_or(0)))?;
            let end = ruler.character_at(position(count_of(&segment, "endIndex")?))?;
            Some((start, end))
        });
        for index in get(&support, "groundingChunkIndices").iter().flat_map(elements) {
            let found = index.as_u64().and_then(|index| chunks.get(usize::try_from(index).ok()?));
            let Some(found) = found else { continue };
            let citation = Box::new(Citation { range, ..found.clone() });
            out.push(Event::Citation { choice, block, citation });
        }
    }
}

fn source(chunk: &Object<'_>) -> Citation {
    let found = ["web", "retrievedContext", "maps"].iter().find_map(|name| object(chunk, name));
    let Some(found) = found else { return Citation::default() };
    Citation {
        title: text(&found, "title").unwrap_or_default(),
        url: text(&found, "uri").unwrap_or_default(),
        quote: text(&found, "text").unwrap_or_default(),
        ..Citation::default()
    }
}

/// The tokens of a candidate's piece.
pub(crate) fn read_logprobs(candidate: &Object<'_>) -> Vec<TokenLogprob> {
    let Some(result) = object(candidate, "logprobsResult") else { return Vec::new() };
    let token = |value: &crate::json::Value<'_>| {
        let found = value.object().ok()?;
        Some(TokenLogprob {
            token: text(&found, "token")?,
            logprob: get(&found, "logProbability")?.as_f64()?,
            ..TokenLogprob::default()
        })
    };
    let mut tops = get(&result, "topCandidates").iter().flat_map(elements).collect::<Vec<_>>().into_iter();
    let chosen = get(&result, "chosenCandidates");
    let chosen = chosen.iter().flat_map(elements).map(|value| {
        let top = tops.next().and_then(|top| get(&top.object().ok()?, "candidates"));
        let top = top.iter().flat_map(elements).filter_map(|other| token(&other)).collect();
        token(&value).map(|token| TokenLogprob { top, ..token })
    });
    chosen.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// The sources of a candidate that is being written.
#[derive(Debug, Default)]
pub(crate) struct Grounding {
    /// Addresses and titles, each once.
    chunks: Vec<Citation>,
    /// Range in bytes, and the chunk.
    supports: Vec<(Option<(u32, u32)>, usize)>,
}

impl Grounding {
    /// Takes a citation of a range in characters of the candidate's text.
    pub(crate) fn add(&mut self, citation: &Citation, (start, end): (u32, u32), ruler: &Ruler) {
        if self.supports.len() >= MAX_HELD {
            return;
        }
        let range = ruler.byte_at(start).zip(ruler.byte_at(end));
        let same = |chunk: &Citation| (&chunk.url, &chunk.title) == (&citation.url, &citation.title);
        let index = self.chunks.iter().position(same).unwrap_or_else(|| {
            self.chunks.push(citation.clone());
            self.chunks.len() - 1
        });
        self.supports.push((range, index));
    }

    /// Writes the member, if there is anything to say.
    pub(crate) fn write(&self, w: &mut Writer) {
        if self.supports.is_empty() {
            return;
        }
        w.key("groundingMetadata");
        w.begin_object();
        w.key("groundingChunks");
        w.begin_array();
        for chunk in &self.chunks {
            w.begin_object();
            let is_web = !chunk.url.is_empty();
            w.key(if is_web { "web" } else { "retrievedContext" });
            w.begin_object();
            if is_web {
                w.string_member("uri", &chunk.url);
            } else if !chunk.quote.is_empty() {
                w.string_member("text", &chunk.quote);
            }
            w.string_member("title", &chunk.title);
            w.end_object();
            w.end_object();
        }
        w.end_array();
        w.key("groundingSupports");
        w.begin_array();
        for (range, index) in &self.supports {
            w.begin_object();
            if let Some((start, end)) = range {
                w.key("segment");
                w.begin_object();
                w.number_member("startIndex", *start);
                w.number_member("endIndex", *end);
                w.end_object();
            }
            w.key("groundingChunkIndices");
            w.begin_array();
            w.number(*index);
            w.end_array();
            w.end_object();
        }
        w.end_array();
        w.end_object();
    }
}

/// Writes the tokens of a candidate's piece.
pub(crate) fn write_logprobs(tokens: &[TokenLogprob], w: &mut Writer) {
    if tokens.is_empty() {
        return;
    }
    w.key("logprobsResult");
    w.begin_object();
    w.key("chosenCandidates");
    w.begin_array();
    tokens.iter().for_each(|token| write_token(token, w));
    w.end_array();
    w.key("topCandidates");
    w.begin_array();
    for token in tokens {
        w.begin_object();
        w.key("candidates");
        w.begin_array();
        token.top.iter().for_each(|other| write_token(other, w));
        w.end_array();
        w.end_object();
    }
    w.end_array();
    w.end_object();
}

fn write_token(token: &TokenLogprob, w: &mut Writer) {
    w.begin_object();
    w.string_member("token", &token.token);
    w.float_member("logProbability", token.logprob);
    w.end_object();
}
