//! What people say about calls, as a score of answers. It is looked up whenever an evaluation is read, so that what is said
//! later counts too: about the evaluation's own calls, and about those that its items were made of.

use super::checks::{CheckSpec, Said};
use super::results::{millionths, score};
use super::summary::share;
use crate::app::state::App;
use gw_model::RequestId;
use gw_store::StoreError;
use gw_store::types::{ItemId, Rating, ResultFigures, Verdict};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Calls that are looked up at once.
const AT_ONCE: usize = 1_000;

/// Labels that say how good a call was where no score does: those of the dashboard.
const GOOD: &str = "good";
const BAD: &str = "bad";

/// How the scores of people become one from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    /// The place of the check among those of the evaluation.
    place: usize,
    worst: i64,
    best: i64,
    at_least: f64,
}

impl Scale {
    /// That of the check of feedback, where there is one.
    pub(crate) fn of(checks: &[CheckSpec]) -> Option<Self> {
        checks.iter().enumerate().find_map(|(place, check)| match check {
            CheckSpec::Feedback { worst, best, at_least } => {
                Some(Self { place, worst: *worst, best: *best, at_least: *at_least })
            }
            _ => None,
        })
    }

    /// From 0 to 1; nothing where it does not say how good the call was.
    #[expect(clippy::cast_precision_loss, reason = "scores of people have seven digits")]
    fn score(self, rating: &Rating) -> Option<f64> {
        match (rating.score, rating.label.as_deref()) {
            (Some(score), _) => {
                let (span, above) = (self.best - self.worst, score.saturating_sub(self.worst));
                Some((above as f64 / span as f64).clamp(0.0, 1.0))
            }
            (None, Some(GOOD)) => Some(1.0),
            (None, Some(BAD)) => Some(0.0),
            _ => None,
        }
    }
}

/// What is said of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Opinion {
    count: u32,
    sum: f64,
}

impl Opinion {
    fn mean(self) -> f64 {
        self.sum / f64::from(self.count.max(1))
    }
}

/// What is said of the calls of results.
#[derive(Clone, Debug)]
pub(crate) struct Opinions {
    scale: Scale,
    of: HashMap<RequestId, Opinion>,
}

/// How many of some answers were rated, and how good they are by that.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rated {
    pub(crate) rated: usize,
    pub(crate) passed: usize,
    /// Of those that were rated.
    pub(crate) pass_rate: Option<f64>,
    pub(crate) mean_score: Option<f64>,
}

/// How a model fared against the answers that were recorded, where people rated both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Against {
    pub(crate) target_wins: usize,
    pub(crate) recorded_wins: usize,
    pub(crate) ties: usize,
}

impl Opinions {
    /// Looks up what is said of the calls of results, so many at a time.
    pub(crate) fn look(app: &App, scale: Scale, figures: &[ResultFigures]) -> Result<Self, StoreError> {
        let calls = figures.iter().flat_map(|one| [one.request, one.source]).flatten();
        let mut calls: Vec<RequestId> = calls.collect();
        calls.sort_unstable_by_key(|call| call.0);
        calls.dedup();
        let mut opinions = Self { scale, of: HashMap::new() };
        for calls in calls.chunks(AT_ONCE) {
            opinions.add(&app.storage.database.ratings(calls)?);
        }
        Ok(opinions)
    }

    fn add(&mut self, ratings: &[Rating]) {
        for rating in ratings {
            if let Some(score) = self.scale.score(rating) {
                let opinion = self.of.entry(rating.request).or_default();
                (opinion.count, opinion.sum) = (opinion.count + 1, opinion.sum + score);
            }
        }
    }

    fn about(&self, call: Option<RequestId>) -> Option<Opinion> {
        call.and_then(|call| self.of.get(&call)).copied()
    }

    /// Of an answer: where there is none, there is nothing to be rated.
    fn of_answer(&self, figures: &ResultFigures) -> Option<Opinion> {
        let is_answer = matches!(figures.verdict, Verdict::Passed | Verdict::Failed);
        self.about(figures.request).filter(|_| is_answer)
    }

    /// How good the answer was that was recorded with an item.
    pub(crate) fn of_recorded(&self, figures: &ResultFigures) -> Option<f64> {
        self.about(figures.source).map(Opinion::mean)
    }

    /// What the check says of an answer, and where it stands among the others.
    pub(crate) fn say(&self, figures: &ResultFigures) -> Option<(usize, Said)> {
        if !matches!(figures.verdict, Verdict::Passed | Verdict::Failed) {
            return None;
        }
        let mut said = Said { kind: CheckSpec::FEEDBACK.to_owned(), ..Said::default() };
        match self.of_answer(figures) {
            None => "nobody has rated it yet".clone_into(&mut said.detail),
            Some(opinion) => {
                let mean = opinion.mean();
                (said.passed, said.score) = (Some(mean >= self.scale.at_least), Some(mean));
                said.detail = match opinion.count {
                    1 => "rated once".to_owned(),
                    count => format!("rated {count} times"),
                };
            }
        }
        Some((self.scale.place, said))
    }

    /// The figures of an answer as they are with what people say: one check and one score more.
    pub(crate) fn counted(&self, figures: &ResultFigures) -> ResultFigures {
        let Some(opinion) = self.of_answer(figures) else { return *figures };
        let mean = opinion.mean();
        let scored = f64::from(figures.scored);
        let sum = figures.score.map_or(0.0, |mean| score(mean) * scored);
        let is_good = mean >= self.scale.at_least;
        ResultFigures {
            verdict: if is_good { figures.verdict } else { Verdict::Failed },
            score: Some(millionths((sum + mean) / (scored + 1.0))),
            scored: figures.scored.saturating_add(1),
            ..*figures
        }
    }

    /// How a model's answers are rated.
    pub(crate) fn of_target(&self, figures: &[ResultFigures], number: usize) -> Rated {
        let of = figures.iter().filter(|one| usize::try_from(one.target) == Ok(number));
        self.rated(of.filter_map(|one| self.of_answer(one)).map(Opinion::mean))
    }

    /// How the answers are rated that were recorded with the items.
    pub(crate) fn of_all_recorded(&self, figures: &[ResultFigures]) -> Rated {
        let mut last: Option<ItemId> = None;
        // Those of an item stand together.
        let items = figures.iter().filter(|one| last.replace(one.item) != Some(one.item));
        self.rated(items.filter_map(|one| self.of_recorded(one)))
    }

    fn rated(&self, means: impl Iterator<Item = f64>) -> Rated {
        let (mut rated, mut passed, mut sum) = (0, 0, 0.0);
        for mean in means {
            rated += 1;
            passed += usize::from(mean >= self.scale.at_least);
            sum += mean;
        }
        let count = u32::try_from(rated).unwrap_or(u32::MAX);
        let mean_score = (rated > 0).then(|| sum / f64::from(count));
        Rated { rated, passed, pass_rate: share(passed, rated), mean_score }
    }

    /// How a model fared against what was recorded.
    pub(crate) fn against(&self, figures: &[ResultFigures], number: usize) -> Against {
        let mut against = Against::default();
        for one in figures.iter().filter(|one| usize::try_from(one.target) == Ok(number)) {
            let (Some(answer), Some(recorded)) = (self.of_answer(one), self.of_recorded(one)) else {
                continue;
            };
            match answer.mean().total_cmp(&recorded) {
                Ordering::Greater => against.target_wins += 1,
                Ordering::Less => against.recorded_wins += 1,
                Ordering::Equal => against.ties += 1,
            }
        }
        against
    }
}

#[cfg(test)]
mod tests;
