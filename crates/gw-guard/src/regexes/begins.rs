//! What the matches of an automaton begin with: of most places of a text, a look at a byte or three says that none begins
//! there. Serves the patterns. It must not rule out a place where a match begins.

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::{Anchored, Input};

/// Most states of an automaton of which it is told what its matches begin with.
const MAX_STATES_TOLD: usize = 20_000;

/// Most classes of bytes of an automaton of which it is told for three bytes.
const MAX_CLASSES: usize = 64;

/// Most steps of the automaton that may take.
const MAX_STEPS: usize = 20_000;

/// What may stand before a match, as far as automata tell it apart: no text, a word, other signs, and both ends of lines.
const BEFORE: [&[u8]; 5] = [b"", b"a", b" ", b"\n", b"\r"];

/// See the module.
#[derive(Debug)]
pub(super) struct Begins {
    /// The bytes with which a match may begin, whatever stands before it.
    one: [bool; 256],
    /// The classes of bytes, which the automaton does not tell apart.
    classes: [u8; 256],
    count: usize,
    /// The classes of three bytes with which a match may begin, a bit each; empty where it would take long to tell.
    three: Box<[u64]>,
}

impl Begins {
    pub(super) fn of(automaton: &DFA) -> Self {
        let mut begins = Self { one: [true; 256], classes: [0; 256], count: 0, three: Box::default() };
        if automaton.get_nfa().states().len() > MAX_STATES_TOLD {
            return begins;
        }
        let mut cache = automaton.create_cache();
        for byte in 0..=u8::MAX {
            begins.one[usize::from(byte)] = BEFORE.iter().any(|before| {
                let text = [before, &[byte][..]].concat();
                let start = start(automaton, &mut cache, &text, before.len());
                start.is_none_or(|start| step(automaton, &mut cache, start, byte) != Step::Dead)
            });
        }
        begins.tell_three(automaton);
        begins
    }

    fn tell_three(&mut self, automaton: &DFA) {
        let classes = automaton.byte_classes();
        // One of them is the end of the text.
        let count = classes.alphabet_len() - 1;
        let members: Vec<u8> = classes.representatives(0..=255).filter_map(|unit| unit.as_u8()).collect();
        if count > MAX_CLASSES || members.len() != count {
            return;
        }
        let mut cache = automaton.create_cache();
        let starts = BEFORE.map(|before| start(automaton, &mut cache, before, before.len()));
        let mut states = Vec::with_capacity(BEFORE.len());
        for start in starts {
            let Some(start) = start else { return };
            states.push((0, start, 0));
        }
        let mut three = vec![0u64; (count * count * count).div_ceil(64)];
        let mut steps = 0;
        while let Some((before, state, depth)) = states.pop() {
            for (class, byte) in members.iter().enumerate() {
                let next = step(automaton, &mut cache, state, *byte);
                steps += 1;
                // States of a memo that was emptied are none any more.
                if steps > MAX_STEPS || cache.clear_count() > 0 {
                    return;
                }
                let place = before * count + class;
                match next {
                    Step::Dead => {}
                    Step::Open(next) if depth < 2 => states.push((place, next, depth + 1)),
                    // Whatever follows.
                    Step::Open(_) | Step::Match => {
                        let width = count.pow(2 - depth);
                        let all = place * width..(place + 1) * width;
                        all.for_each(|bit| three[bit / 64] |= 1 << (bit % 64));
                    }
                }
            }
        }
        (0..=u8::MAX).for_each(|byte| self.classes[usize::from(byte)] = classes.get(byte));
        (self.count, self.three) = (count, three.into());
    }

    /// The next place from `from` on where a match may begin; `text.len()` for none.
    pub(super) fn next(&self, text: &[u8], from: usize) -> usize {
        let mut at = from;
        while let Some(rest) = text.get(at..) {
            let may_begin = |byte: &u8| self.one[usize::from(*byte)] && byte & 0xc0 != 0x80;
            let Some(found) = rest.iter().position(may_begin) else { break };
            at += found;
            match text.get(at..at + 3) {
                Some(&[one, two, three]) if !self.three.is_empty() => {
                    let class = |byte: u8| usize::from(self.classes[usize::from(byte)]);
                    let bit = (class(one) * self.count + class(two)) * self.count + class(three);
                    if self.three[bit / 64] >> (bit % 64) & 1 == 1 {
                        return at;
                    }
                }
                _ => return at,
            }
            at += 1;
        }
        text.len()
    }
}

/// What a byte leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing matches any more.
    Dead,
    /// What follows decides.
    Open(LazyStateID),
    /// Something matches, or the automaton can not tell.
    Match,
}

fn step(automaton: &DFA, cache: &mut Cache, state: LazyStateID, byte: u8) -> Step {
    match automaton.next_state(cache, state, byte) {
        Ok(next) if next.is_dead() => Step::Dead,
        Ok(next) if !next.is_match() && !next.is_quit() => Step::Open(next),
        _ => Step::Match,
    }
}

/// The state in front of a place; `None` where the automaton can not tell.
fn start(automaton: &DFA, cache: &mut Cache, text: &[u8], at: usize) -> Option<LazyStateID> {
    let input = Input::new(text).range(at..).anchored(Anchored::Yes);
    automaton.start_state_forward(cache, &input).ok()
}
