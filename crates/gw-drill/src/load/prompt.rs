//! What is asked, so that every answer can be told from every other: a text with the run's mark and the call's number
//! at both ends, which the emulator repeats. It must not read answers.

use super::Wish;
use bytes::Bytes;
use serde_json::json;

/// What the emulator says before it repeats a text.
const LEAD: &str = "You said: ";

/// Stands between the two ends, so that an answer has some length to lose.
const MIDDLE: &str = "please repeat every word of this line as it stands, from the first one to the last";

/// The texts of one run.
#[derive(Clone, Debug)]
pub(crate) struct Prompts {
    mark: String,
    model: String,
}

impl Prompts {
    /// Texts with this mark (letters and digits), for calls of `model`.
    pub(crate) fn new(mark: &str, model: &str) -> Self {
        Self { mark: mark.to_owned(), model: model.to_owned() }
    }

    /// The model that is called.
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    fn name(&self, number: usize) -> String {
        format!("drill-{}-{number}-", self.mark)
    }

    fn text(&self, number: usize) -> String {
        let name = self.name(number);
        format!("{name} {MIDDLE} {name}")
    }

    /// The right answer to a call.
    pub(crate) fn expected(&self, number: usize) -> String {
        format!("{LEAD}{}", self.text(number))
    }

    /// The number of the call that a text of this run belongs to.
    pub(crate) fn number(&self, text: &str) -> Option<usize> {
        let prefix = format!("drill-{}-", self.mark);
        let (_, rest) = text.split_once(&prefix)?;
        rest.split('-').next()?.parse().ok()
    }

    /// The body of a call.
    pub(crate) fn body(&self, number: usize, wish: Wish) -> Bytes {
        let mut body = json!({
            "model": self.model, "messages": [{ "role": "user", "content": self.text(number) }]
        });
        match wish {
            Wish::Whole => {}
            Wish::Stream => body["stream"] = true.into(),
            // Above what the format allows: the gateway or the provider answers with 400.
            Wish::Bad => body["temperature"] = 9.into(),
        }
        Bytes::from(body.to_string())
    }
}
