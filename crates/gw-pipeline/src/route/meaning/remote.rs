//! Vectors of a provider's model: asked for as a call of the gateway's own, through every stage that a caller's passes,
//! so that it is translated, retried, metered and recorded as one. It runs under the master key and has a record of its
//! own: its vectors are kept and serve all callers, so that no caller's budget should pay for them. A model that failed
//! is left alone for a moment. It must not be asked about a call for embeddings, which is what it makes itself.

use super::memory::Memory;
use crate::embedding::{Unembedded, Vector};
use crate::inbound::{CallerContext, Inbound, PathFacts};
use crate::reply::{Reply, ReplyBody};
use crate::run::run;
use crate::worker::Worker;
use bytes::Bytes;
use gw_model::{Micros, WireFormat};
use gw_wire::embeddings::{Dialect, Dtype, Encoding, Input, Request, answer, request};
use http_body::Body;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long a model that failed is not asked again, in microseconds.
const REST_US: Micros = 1_000_000;

/// Largest answer that is read: 64 vectors of 4,096 numbers with 20 digits each, and some.
const MAX_ANSWER_BYTES: usize = 8 << 20;

/// See the module.
#[derive(Debug)]
pub(crate) struct Remote {
    model: Arc<str>,
    memory: Memory,
    /// Not to be asked before.
    rests_until: AtomicI64,
}

impl Remote {
    pub(super) const fn new(model: Arc<str>, memory: Memory) -> Self {
        Self { model, memory, rests_until: AtomicI64::new(0) }
    }

    pub(super) fn cached(&self, text: &str) -> Option<Vector> {
        self.memory.get(text)
    }

    pub(super) async fn embed(
        &self,
        worker: &Rc<Worker>,
        texts: &[&str],
        within: Duration,
    ) -> Result<Vec<Vector>, Unembedded> {
        if worker.now() < self.rests_until.load(Ordering::Relaxed) {
            return Err(Unembedded::Failed);
        }
        let asked = tokio::time::timeout(within, ask(worker, &self.model, texts)).await;
        let found = asked.unwrap_or(Err(Unembedded::TimedOut));
        match &found {
            Ok(vectors) => {
                texts
                    .iter()
                    .zip(vectors)
                    .for_each(|(text, vector)| self.memory.put(text, Arc::clone(vector)));
            }
            Err(_) => self.rests_until.store(worker.now() + REST_US, Ordering::Relaxed),
        }
        found
    }
}

type Asked<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vector>, Unembedded>> + 'a>>;

/// A call within a call: its future has to be boxed, since it is of the kind that it stands in.
fn ask<'a>(worker: &'a Rc<Worker>, model: &str, texts: &[&str]) -> Asked<'a> {
    let wanted = Request {
        model: model.to_owned(),
        input: Input::Texts(texts.iter().map(|text| (*text).to_owned()).collect()),
        encodings: vec![Encoding { dtype: Dtype::Float, base64: false }],
        dimensions: None,
        purpose: None,
        truncation: None,
        user: None,
        unknown: Vec::new(),
    };
    Box::pin(async move {
        let written = request::write(Dialect::OpenAi, &wanted, &gw_wire::codec::Options::default());
        let body = written.map_err(|_| Unembedded::Failed)?.body;
        let inbound = Inbound {
            format: WireFormat::OpenAiEmbeddings,
            from: None,
            credential: Some(worker.gateway().master().expose().to_owned()),
            signed: None,
            path: PathFacts::default(),
            context: CallerContext { is_own: true, ..CallerContext::default() },
            forward_headers: Vec::new(),
            raw: None,
            errand: None,
            body: Bytes::from(body),
        };
        let reply = run(worker, inbound).await;
        let status = reply.status();
        let body = whole(reply).await?;
        if !status.is_success() {
            return Err(Unembedded::Failed);
        }
        vectors(&body, &wanted)
    })
}

/// The body of an answer.
async fn whole(reply: Reply) -> Result<Vec<u8>, Unembedded> {
    let mut body: ReplyBody = reply.into_body();
    let mut whole = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let data = frame.map_err(|_| Unembedded::Failed)?.into_data().unwrap_or_default();
        if whole.len() + data.len() > MAX_ANSWER_BYTES {
            return Err(Unembedded::Failed);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole)
}

fn vectors(body: &[u8], wanted: &Request) -> Result<Vec<Vector>, Unembedded> {
    let answer = answer::read(Dialect::OpenAi, body, wanted).map_err(|_| Unembedded::Failed)?;
    let set = answer.sets.first().filter(|set| set.vectors.len() == wanted.input.len());
    let mut text = Vec::new();
    let mut numbers = |vector: &gw_wire::embeddings::Vector<'_>| {
        text.clear();
        vector.write(Dtype::Float, false, &mut text).ok()?;
        let list = std::str::from_utf8(&text).ok()?.trim_matches(['[', ']', ' ', '\n', '\r', '\t']);
        list.split(',').map(|number| number.trim().parse::<f32>().ok()).collect::<Option<Vector>>()
    };
    set.and_then(|set| set.vectors.iter().map(&mut numbers).collect::<Option<Vec<_>>>())
        .ok_or(Unembedded::Failed)
}
