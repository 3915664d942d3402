//! Which member of a semantic route a prompt is meant for: pure arithmetic over vectors that somebody else made
//! of the members' utterances and of the prompt. It must not make a vector, know a target's state, or learn
//! anything beyond the utterances.
//!
//! A member's score is the mean of two similarities: to the three of its utterances that are nearest (a prompt
//! resembles some of them, not all) and to the middle of all its utterances (one odd utterance must not decide).
//! Both are taken after the middle of all members has been subtracted, which takes out what every prompt has in
//! common with every utterance. The threshold looks at the plain cosine of the nearest utterance, because that
//! is what can be told and understood.

mod excerpt;

pub use excerpt::excerpts;
pub use gw_model::routing::MAX_UTTERANCES;

use std::fmt;

/// Numbers per vector.
pub const MAX_DIMENSIONS: usize = 4_096;
/// Utterances of a member that count one by one.
const NEAREST: usize = 3;

/// The members' utterances, ready to be compared with.
#[derive(Debug)]
pub struct Index {
    members: Vec<Member>,
    /// The middle of all members; a route of one member has none.
    middle: Vec<f32>,
    settings: Settings,
}

/// What a prompt that is like nothing known becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// The least cosine to the nearest utterance. With 0 or less every prompt has a member.
    pub threshold: f32,
    /// Who gets what stays below it.
    pub default: Option<usize>,
}

#[derive(Debug)]
struct Member {
    /// As given, of length 1.
    plain: Vec<Vec<f32>>,
    /// With the middle subtracted.
    centred: Vec<Vec<f32>>,
    /// The middle of the latter.
    centre: Vec<f32>,
}

/// What was found for a prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The member that gets it: the best, the default, or none.
    pub member: Option<usize>,
    /// The member that it resembles most.
    pub best: usize,
    /// The best's utterance that is nearest, and its cosine; this is what the threshold looks at.
    pub nearest: usize,
    /// See `nearest`.
    pub similarity: f32,
    /// The best's score, between -1 and 1.
    pub score: f32,
    /// The second best member and its score.
    pub runner_up: Option<(usize, f32)>,
}

/// Members that nothing can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexError {
    /// There is no member.
    NoMembers,
    /// A member has neither an utterance nor a description.
    NoUtterances {
        /// Its place.
        member: usize,
    },
    /// There are more than [`MAX_UTTERANCES`].
    TooMany,
    /// Vectors differ in length, are longer than [`MAX_DIMENSIONS`], or hold nothing but zeros or what is no
    /// number.
    BadVector {
        /// Whose.
        member: usize,
    },
    /// The default is no member.
    NoSuchDefault,
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMembers => f.write_str("a semantic route needs members"),
            Self::NoUtterances { member } => {
                write!(f, "member {member} of the semantic route has neither utterances nor a description")
            }
            Self::TooMany => {
                write!(f, "a semantic route has at most {MAX_UTTERANCES} utterances and descriptions")
            }
            Self::BadVector { member } => {
                write!(f, "an embedding of member {member} is empty, too long, or unlike the others")
            }
            Self::NoSuchDefault => f.write_str("the default of the semantic route is none of its members"),
        }
    }
}

impl std::error::Error for IndexError {}

impl Index {
    /// From each member's vectors: those of its utterances, or that of its description where it has none. Beside
    /// utterances a description makes choices worse: it names many things and so resembles everything a little.
    pub fn new(members: Vec<Vec<Vec<f32>>>, settings: Settings) -> Result<Self, IndexError> {
        if members.is_empty() {
            return Err(IndexError::NoMembers);
        }
        if members.iter().map(Vec::len).sum::<usize>() > MAX_UTTERANCES {
            return Err(IndexError::TooMany);
        }
        if settings.default.is_some_and(|default| default >= members.len()) {
            return Err(IndexError::NoSuchDefault);
        }
        let dimensions = members.iter().flatten().map(Vec::len).next().unwrap_or_default();
        let mut plain = Vec::with_capacity(members.len());
        for (member, vectors) in members.into_iter().enumerate() {
            if vectors.is_empty() {
                return Err(IndexError::NoUtterances { member });
            }
            let is_sound = |v: &Vec<f32>| v.len() == dimensions && v.len() <= MAX_DIMENSIONS;
            let vectors: Option<Vec<_>> =
                vectors.into_iter().map(|v| if is_sound(&v) { unit(v) } else { None }).collect();
            plain.push(vectors.ok_or(IndexError::BadVector { member })?);
        }
        let centres: Vec<Vec<f32>> = plain.iter().filter_map(|vectors| unit(mean(vectors))).collect();
        // Of one member, the middle is all there is.
        let middle = if plain.len() > 1 { mean(&centres) } else { Vec::new() };
        let members = plain.into_iter().map(|vectors| Member::new(vectors, &middle)).collect();
        Ok(Self { members, middle, settings })
    }

    /// Whom a prompt is meant for. Nothing for a vector that none of the members' can be compared with.
    #[must_use]
    pub fn choose(&self, prompt: &[f32]) -> Option<Choice> {
        let plain = unit(prompt.to_vec())?;
        // What lies in the middle resembles all alike.
        let centred = centred(&plain, &self.middle).unwrap_or_else(|| vec![0.0; plain.len()]);
        let mut best: Option<(usize, f32)> = None;
        let mut runner_up = None;
        for (place, member) in self.members.iter().enumerate() {
            if member.centre.len() != plain.len() {
                return None;
            }
            let score = member.score(&centred);
            if best.is_none_or(|(_, most)| score > most) {
                runner_up = best.replace((place, score));
            } else if runner_up.is_none_or(|(_, second)| score > second) {
                runner_up = Some((place, score));
            }
        }
        let (best, score) = best?;
        let similarities = self.members.get(best)?.plain.iter().map(|utterance| dot(utterance, &plain));
        let (nearest, similarity) = similarities.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let is_known = similarity >= self.settings.threshold;
        let member = if is_known { Some(best) } else { self.settings.default };
        Some(Choice { member, best, nearest, similarity, score, runner_up })
    }
}

impl Member {
    fn new(plain: Vec<Vec<f32>>, middle: &[f32]) -> Self {
        let zero = || vec![0.0; plain.first().map_or(0, Vec::len)];
        let without = |v: &Vec<f32>| centred(v, middle).unwrap_or_else(zero);
        let centre = centred(&mean(&plain), middle).unwrap_or_else(zero);
        Self { centred: plain.iter().map(without).collect(), centre, plain }
    }

    fn score(&self, prompt: &[f32]) -> f32 {
        let mut nearest = [f32::MIN; NEAREST];
        for utterance in &self.centred {
            let mut similarity = dot(utterance, prompt);
            for place in &mut nearest {
                if similarity > *place {
                    std::mem::swap(place, &mut similarity);
                }
            }
        }
        let count = self.centred.len().min(NEAREST);
        let near = nearest.iter().take(count).sum::<f32>() / count as f32;
        (near + dot(&self.centre, prompt)) / 2.0
    }
}

/// One vector for a prompt of which several parts were embedded (see [`excerpts`]): their middle.
#[must_use]
pub fn combine(parts: &[&[f32]]) -> Option<Vec<f32>> {
    let parts: Vec<Vec<f32>> = parts.iter().map(|part| part.to_vec()).collect();
    let first = parts.first()?.len();
    if parts.iter().any(|part| part.len() != first) {
        return None;
    }
    unit(mean(&parts))
}

/// The vector less the middle, brought back to length 1.
fn centred(vector: &[f32], middle: &[f32]) -> Option<Vec<f32>> {
    if middle.is_empty() {
        return unit(vector.to_vec());
    }
    unit(vector.iter().zip(middle).map(|(x, m)| x - m).collect())
}

/// The same direction at length 1; nothing where there is no direction.
fn unit(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = dot(&vector, &vector).sqrt();
    if !length.is_normal() {
        return None;
    }
    vector.iter_mut().for_each(|x| *x /= length);
    Some(vector)
}

fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x / vectors.len() as f32);
    }
    sum
}

/// In lanes, so that the compiler can use vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests;
