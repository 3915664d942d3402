//! A whole answer folded from events. Serves the writers of whole answers in OpenAI's formats. It must not
//! know how the answer is written.

use crate::cited::Extents;
use gw_model::event::{Citation, TokenLogprob};
use gw_model::{Event, FinishReason, Usage};
use std::collections::BTreeMap;

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Answer<'a> {
    pub(crate) id: &'a str,
    pub(crate) model: &'a str,
    pub(crate) created: Option<i64>,
    /// By index.
    pub(crate) choices: BTreeMap<u32, Choice<'a>>,
    pub(crate) usage: Usage,
}

/// One choice of an answer.
#[derive(Debug, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) text: String,
    pub(crate) refusal: String,
    pub(crate) thinking: BTreeMap<u32, Thinking<'a>>,
    pub(crate) calls: Vec<Call<'a>>,
    pub(crate) finish: Option<&'a FinishReason>,
    /// With their ranges in `text`.
    pub(crate) citations: Vec<(&'a Citation, (u32, u32))>,
    pub(crate) logprobs: Vec<TokenLogprob>,
    extents: Extents,
}

/// One block of reasoning.
#[derive(Debug, Default)]
pub(crate) struct Thinking<'a> {
    pub(crate) text: String,
    pub(crate) signature: Option<&'a str>,
    pub(crate) hidden: Option<&'a str>,
}

/// One tool call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) block: u32,
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: String,
}

impl<'a> Answer<'a> {
    /// Folds events. An answer has at least one choice.
    pub(crate) fn fold(events: &'a [Event]) -> Self {
        let mut answer = Self::default();
        for event in events {
            match event {
                Event::Start { id, model, created } => {
                    (answer.id, answer.model, answer.created) = (id, model, *created);
                }
                Event::Usage(usage) => answer.usage.merge(usage),
                Event::BlockEnd { .. } | Event::Opaque { .. } | Event::Error { .. } | Event::End => {}
                other => answer.content(other),
            }
        }
        if answer.choices.is_empty() {
            answer.choices.insert(0, Choice::default());
        }
        answer
    }

    fn content(&mut self, event: &'a Event) {
        match event {
            Event::Text { choice, block, text } => {
                let choice = self.choice(*choice);
                choice.text.push_str(text);
                choice.extents.text(*block, text);
            }
            Event::Citation { choice, block, citation } => {
                let choice = self.choice(*choice);
                choice.citations.push((citation, choice.extents.in_choice(*block, citation)));
            }
            Event::Logprobs { choice, tokens } => self.choice(*choice).logprobs.extend_from_slice(tokens),
            Event::Refusal { choice, text, .. } => self.choice(*choice).refusal.push_str(text),
            Event::Thinking { choice, block, text } => {
                self.choice(*choice).thinking.entry(*block).or_default().text.push_str(text);
            }
            Event::ThinkingSignature { choice, block, signature } => {
                self.choice(*choice).thinking.entry(*block).or_default().signature = Some(signature);
            }
            Event::RedactedThinking { choice, block, data } => {
                self.choice(*choice).thinking.entry(*block).or_default().hidden = Some(data);
            }
            Event::ToolStart { choice, block, id, name } => {
                let call = Call { block: *block, id, name, arguments: String::new() };
                self.choice(*choice).calls.push(call);
            }
            Event::ToolArguments { choice, block, json } => {
                let calls = &mut self.choice(*choice).calls;
                if let Some(call) = calls.iter_mut().find(|c| c.block == *block) {
                    call.arguments.push_str(json);
                }
            }
            Event::Finish { choice, reason } => self.choice(*choice).finish = Some(reason),
            _ => {}
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice<'a> {
        self.choices.entry(index).or_default()
    }
}
