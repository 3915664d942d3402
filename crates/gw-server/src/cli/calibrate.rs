//! `cache calibrate`: how often the semantic cache would be right at each threshold, on pairs of turns whose answer is
//! known. Runs alone, without a gateway. It must not know the request path: it asks the comparison that the cache asks.

mod pairs;

use super::EXIT_USAGE;
use super::output::{line, note};
use super::table;
use clap::Args;
use gw_embed::{Model, Precision};
use gw_pipeline::alike::{Alike, compare};
use pairs::Pair;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// Texts that one pass through the model takes.
const BATCH: usize = 16;
/// The least threshold that a configuration may have, and the largest that is tried, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u8> = 50..=99;
/// Every so many hundredths have a row.
const STEP: u8 = 5;

#[derive(Debug, Args)]
pub(super) struct CalibrateArguments {
    /// Pairs: a JSON object in each line (`{"a": "...", "b": "...", "same": true}`), or CSV with the columns a, b, same.
    file: PathBuf,
    /// Folder with the weights of the model for embeddings.
    #[arg(long, env = "GATEWRIGHT_EMBED_MODEL")]
    model_dir: PathBuf,
    /// Weights in 8 bits, as with `embeddings.precision: int8`.
    #[arg(long)]
    int8: bool,
    /// The precision that is wanted, 0 to 1.
    #[arg(long, default_value_t = 0.98, value_parser = share_of)]
    target: f64,
    /// Print the pairs that are judged wrong at the threshold that is found.
    #[arg(long)]
    wrong: bool,
}

fn share_of(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "is not a number from 0 to 1".to_owned())
}

/// A pair with what the cache knows of it.
struct Judged {
    pair: Pair,
    alike: Alike,
    similarity: f32,
}

/// What comes of a threshold.
#[derive(Clone, Copy, Default)]
struct Counts {
    hits: usize,
    right: usize,
    near: usize,
    near_right: usize,
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl Counts {
    fn of(judged: &[Judged], threshold: f32) -> Self {
        let mut counts = Self::default();
        for Judged { pair, alike, similarity } in judged {
            let is_near = *similarity >= threshold;
            let is_hit = alike.allows(*similarity, threshold);
            counts.hits += usize::from(is_hit);
            counts.right += usize::from(is_hit && pair.same);
            counts.near += usize::from(is_near);
            counts.near_right += usize::from(is_near && pair.same);
        }
        counts
    }

    fn precision(self) -> f64 {
        ratio(self.right, self.hits)
    }
}

/// Runs the command.
pub(super) fn run(arguments: &CalibrateArguments, as_json: bool) -> ExitCode {
    match judge(arguments) {
        Ok(judged) => {
            report(&judged, arguments, as_json);
            ExitCode::SUCCESS
        }
        Err(message) => {
            note(message);
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn judge(arguments: &CalibrateArguments) -> Result<Vec<Judged>, String> {
    let pairs = pairs::read(&arguments.file)?;
    let precision = if arguments.int8 { Precision::Int8 } else { Precision::F32 };
    let model = Model::load(&arguments.model_dir, precision).map_err(|error| error.to_string())?;
    let texts: Vec<&str> = pairs.iter().flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]).collect();
    let vectors: Vec<Vec<f32>> = texts.chunks(BATCH).flat_map(|texts| model.embed(texts)).collect();
    let similarities = vectors.chunks(2).map(|pair| match pair {
        [one, other] => one.iter().zip(other).map(|(a, b)| a * b).sum(),
        _ => 0.0,
    });
    let similarities: Vec<f32> = similarities.collect();
    let judged = |(pair, similarity): (Pair, f32)| {
        let alike = compare(&pair.a, &pair.b);
        Judged { pair, alike, similarity }
    };
    Ok(pairs.into_iter().zip(similarities).map(judged).collect())
}

fn report(judged: &[Judged], arguments: &CalibrateArguments, as_json: bool) {
    let same = judged.iter().filter(|judged| judged.pair.same).count();
    let at = |hundredths: u8| (hundredths, Counts::of(judged, f32::from(hundredths) / 100.0));
    let all: Vec<(u8, Counts)> = THRESHOLDS.map(at).collect();
    // The least from which on it holds for all above.
    let is_good = |(_, counts): &&(u8, Counts)| counts.precision() >= arguments.target;
    let found = all.iter().rev().take_while(is_good).last().copied();
    let row = |(hundredths, counts): &(u8, Counts)| {
        json!({
            "threshold": f64::from(*hundredths) / 100.0,
            "hits": counts.hits,
            "wrong": counts.hits - counts.right,
            "precision": rounded(counts.precision()),
            "recall": rounded(ratio(counts.right, same)),
            "precision_by_vectors": rounded(ratio(counts.near_right, counts.near)),
        })
    };
    let rows: Vec<Value> = all.iter().filter(|(hundredths, _)| hundredths % STEP == 0).map(row).collect();
    let best = found.as_ref().map(row);
    if as_json {
        let mut differs: BTreeMap<&str, usize> = BTreeMap::new();
        for judged in judged {
            if let Alike::Differs(what) = judged.alike {
                *differs.entry(what.as_str()).or_default() += 1;
            }
        }
        let out = json!({
            "pairs": judged.len(), "same": same, "target": arguments.target, "thresholds": rows, "differs": differs,
            "threshold": best,
        });
        return line(out);
    }
    note(format!("{} pairs, {same} of which mean the same", judged.len()));
    let columns = ["threshold", "hits", "wrong", "precision", "recall", "precision_by_vectors"];
    table::print(&columns, &rows);
    match found {
        Some((hundredths, counts)) => line(format!(
            "precision {} from threshold {:.2} on: precision {:.3}, recall {:.3}",
            arguments.target,
            f64::from(hundredths) / 100.0,
            counts.precision(),
            ratio(counts.right, same)
        )),
        None => line(format!("no threshold has precision {}", arguments.target)),
    }
    if arguments.wrong {
        let threshold = f32::from(found.map_or(80, |(hundredths, _)| hundredths)) / 100.0;
        judged.iter().for_each(|judged| print_if_wrong(judged, threshold));
    }
}

fn print_if_wrong(judged: &Judged, threshold: f32) {
    let Judged { pair, alike, similarity } = judged;
    let is_hit = alike.allows(*similarity, threshold);
    if is_hit == pair.same {
        return;
    }
    let why = match alike {
        Alike::Differs(what) => what.as_str(),
        Alike::Same | Alike::Reworded => "similarity",
    };
    let kind = if is_hit { "wrong hit" } else { "missed" };
    line(format!("line {}: {kind} ({why}, {similarity:.3}): {:?} and {:?}", pair.line, pair.a, pair.b));
}

fn rounded(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}
