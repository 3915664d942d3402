//! A model that says of each word what it is a part of: names, places, numbers of people (BERT for token classification). A
//! text is read in windows, whole words at a time.

use super::bert::Bert;
use super::head::Head;
use super::labels::Labels;
use super::windows::{Reading, Step, windows};
use super::wordpiece::WordPiece;
use super::{Precision, open};
use crate::error::{LoadError, LoadReason, PoolError};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Most tokens of a window, the two marks included; longer ones are slower and no better.
const WINDOW: usize = 256;
/// Tokens that a window shares with the next.
const OVERLAP: usize = 64;
/// Windows that one pass through the model takes: others wait meanwhile.
const BATCH: usize = 1;
/// Chances below it are nothing.
const LEAST: f32 = 0.01;

/// A loaded model of that kind.
#[derive(Debug)]
pub struct EntityModel {
    tokens: WordPiece,
    bert: Bert,
    head: Head,
    /// What each label is of, and whether it begins one; `None` where it says that a word is of nothing.
    labels: Vec<Option<(usize, bool)>>,
    kinds: Vec<Arc<str>>,
    window: usize,
}

/// A word that is likely a part of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Which word of the text.
    pub word: usize,
    /// Where it stands, in bytes.
    pub bytes: Range<usize>,
    /// Which of the model's kinds.
    pub kind: usize,
    /// It is the first of what it is a part of.
    pub begins: bool,
    /// How likely, 0 to 1.
    pub score: f32,
}

/// Something that a text has in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Where it stands, in bytes.
    pub bytes: Range<usize>,
    /// Which of the model's kinds.
    pub kind: usize,
    /// How likely, 0 to 1: the surest of its words.
    pub score: f32,
}

impl EntityModel {
    /// Reads `config.json`, `tokenizer.json` and `model.safetensors` of a folder.
    ///
    /// # Errors
    /// The file that can not be used, and why.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, LoadError> {
        let (config, tokens, mut tensors) = open(folder)?;
        let labels = Labels::load(folder)?;
        let bert = Bert::load(&mut tensors, &config, precision)?;
        let head = Head::load(&mut tensors, &labels, bert.hidden())?;
        let (labels, kinds) = kinds_of(&labels).map_err(|reason| reason.at(&folder.join("config.json")))?;
        let window = WINDOW.min(config.max_position_embeddings);
        Ok(Self { tokens, bert, head, labels, kinds, window })
    }

    /// Looks whether the files of a folder are there and are what they should be, without reading the weights: quick,
    /// but [`Self::load`] has the last word. What the model knows, as [`Self::kinds`].
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check(folder: &Path) -> Result<Vec<Arc<str>>, LoadError> {
        open(folder)?;
        let kinds = kinds_of(&Labels::load(folder)?);
        kinds.map(|(_, kinds)| kinds).map_err(|reason| reason.at(&folder.join("config.json")))
    }

    /// What it knows, in small letters, such as `given_name`.
    #[must_use]
    pub fn kinds(&self) -> &[Arc<str>] {
        &self.kinds
    }

    /// The words of a text that are likely a part of something, in order. Takes as long as it takes.
    ///
    /// # Errors
    /// The model's numbers came out as none.
    pub fn read(&self, text: &str) -> Result<Vec<Labelled>, PoolError> {
        self.begin(text).through(|work| self.go_on(work))
    }

    pub(crate) fn begin(&self, text: &str) -> Reading<Vec<Labelled>> {
        let cut = self.tokens.cut(text);
        let windows = windows(&cut, self.window - 2, OVERLAP);
        Reading { cut, windows, done: 0, found: Vec::new() }
    }

    /// Reads some windows more.
    pub(crate) fn go_on(&self, work: &mut Reading<Vec<Labelled>>) -> Step<Vec<Labelled>> {
        let Reading { cut, windows, done, found } = work;
        let batch = windows.get(*done..windows.len().min(*done + BATCH)).unwrap_or_default();
        let inputs: Vec<Vec<u32>> =
            batch.iter().map(|window| self.tokens.marked(window.tokens(cut, self.window - 2))).collect();
        let chances = self.head.chances(&self.bert.encode(&inputs));
        if chances.iter().any(|chance| !chance.is_finite()) {
            return Step::Garbled;
        }
        let mut rest = chances.as_slice();
        for (window, input) in batch.iter().zip(&inputs) {
            let (rows, after) = rest.split_at(input.len() * self.labels.len());
            rest = after;
            let first = cut.words[window.words.start].tokens.start;
            for word in window.own.clone() {
                let tokens = &cut.words[word].tokens;
                // The first row is the mark's.
                let rows = rows.chunks_exact(self.labels.len()).skip(1 + tokens.start - first);
                if let Some((kind, begins, score)) = self.surest(rows.take(tokens.len())) {
                    let bytes = cut.words[word].bytes.clone();
                    found.push(Labelled { word, bytes, kind, begins, score });
                }
            }
        }
        *done += batch.len();
        if *done < windows.len() { Step::More } else { Step::Done(std::mem::take(found)) }
    }

    /// What a word is, by the surest of its tokens: what is split into unknown pieces is no less a name.
    fn surest<'a>(&self, tokens: impl Iterator<Item = &'a [f32]>) -> Option<(usize, bool, f32)> {
        let mut best = (0, false, LEAST);
        let mut begins = None;
        for row in tokens {
            let mut of_kind = vec![[0.0; 2]; self.kinds.len()];
            for (label, chance) in self.labels.iter().zip(row) {
                if let Some((kind, begins)) = label {
                    of_kind[*kind][usize::from(*begins)] += chance;
                }
            }
            for (kind, [inside, first]) in of_kind.into_iter().enumerate() {
                if inside + first > best.2 {
                    // Whether it begins something, its first piece says.
                    let begins = *begins.get_or_insert(first > inside);
                    best = (kind, begins, (inside + first).min(1.0));
                }
            }
            begins.get_or_insert(false);
        }
        (best.2 > LEAST).then_some(best)
    }
}

/// What each label is of, whether it begins one, and the kinds that there are.
type Kinds = (Vec<Option<(usize, bool)>>, Vec<Arc<str>>);

fn kinds_of(labels: &Labels) -> Result<Kinds, LoadReason> {
    let mut kinds: Vec<Arc<str>> = Vec::new();
    let of = |name: &Arc<str>| {
        let (begins, kind) = kind_of(name)?;
        let known = kinds.iter().position(|known| **known == *kind);
        let number = known.unwrap_or_else(|| {
            kinds.push(kind.into());
            kinds.len() - 1
        });
        Some((number, begins))
    };
    let of_labels = labels.names.iter().map(of).collect();
    if kinds.is_empty() {
        return Err(LoadReason::Malformed("it has no label but O".to_owned()));
    }
    Ok((of_labels, kinds))
}

/// What a label is of, and whether it begins one: `B-PER`, and `I-PER`; also of longer schemes (`S`, `U`, `E`, `L`), and
/// names alone. `None` for `O`.
fn kind_of(label: &str) -> Option<(bool, String)> {
    if label.eq_ignore_ascii_case("O") {
        return None;
    }
    let (begins, name) = match label.split_once(['-', '_']) {
        Some(("B" | "S" | "U" | "b" | "s" | "u", name)) => (true, name),
        Some(("I" | "E" | "L" | "i" | "e" | "l", name)) => (false, name),
        _ => (false, label),
    };
    Some((begins, name.to_ascii_lowercase()))
}

/// The things that words are parts of: words of one kind that follow each other, each at least that likely.
#[must_use]
pub fn joined(words: &[Labelled], least: f32) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut last: Option<&Labelled> = None;
    for word in words.iter().filter(|word| word.score >= least) {
        let follows = last.is_some_and(|last| {
            let touches = last.bytes.end == word.bytes.start;
            last.kind == word.kind && last.word + 1 == word.word && (!word.begins || touches)
        });
        match found.last_mut().filter(|_| follows) {
            Some(entity) => {
                entity.bytes.end = word.bytes.end;
                entity.score = entity.score.max(word.score);
            }
            None => {
                found.push(Entity { bytes: word.bytes.clone(), kind: word.kind, score: word.score });
            }
        }
        last = Some(word);
    }
    found
}
