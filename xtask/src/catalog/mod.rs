//! `cargo xtask catalog`: turns a price map (JSON, in the layout that LiteLLM publishes) into
//! `crates/gw-providers/catalog/models.tsv`, the compact text that the product embeds. Prices are
//! parsed as decimal text, digit by digit; what the project's units cannot express is counted and
//! listed, never dropped in silence.

mod codes;
mod decimal;
mod families;
mod fields;
mod more;
mod read;
mod write;

use crate::args::{Args, root};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Where the catalogue stands, from the workspace's root.
const TARGET: &str = "crates/gw-providers/catalog/models.tsv";

/// What was read from the map besides the models.
#[derive(Default)]
pub(crate) struct Summary {
    /// Members that carry a price which no unit can express: name to number of models.
    pub(crate) unexpressed: BTreeMap<String, u32>,
    /// Prices finer than a femto-dollar, rounded to the nearest.
    pub(crate) rounded: u32,
    /// Entries that two names of the same model gave, with different prices.
    pub(crate) conflicting: Vec<String>,
    /// Entries without any price.
    pub(crate) unpriced: u32,
    /// Entries that are no models.
    pub(crate) skipped: Vec<String>,
}

/// Runs the task.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let prices = PathBuf::from(args.required("--prices")?);
    let source = args.required("--source")?;
    let version = args.required("--version")?;
    let more = args.value("--more")?.map(PathBuf::from);
    let more_source = args.value("--more-source")?.unwrap_or_default();
    let date = args.value("--date")?;
    let check = args.flag("--check");
    args.finish()?;

    let text = fs::read_to_string(&prices).map_err(|e| format!("{}: {e}", prices.display()))?;
    let mut summary = Summary::default();
    let mut models = read::models(&text, &mut summary)?;
    let mut sources =
        vec![format!("# Source: {source} {version}. Licence of the source: MIT. {}", write::COPYRIGHT)];
    if let Some(more) = more {
        let text = fs::read_to_string(&more).map_err(|e| format!("{}: {e}", more.display()))?;
        let date =
            date.ok_or("--more wants --date, such as 2026-11-21: some of its prices change with time")?;
        let added = more::add(&text, &date, &mut models, &mut summary)?;
        sources.push(format!(
            "# Source of {}: {more_source}, prices of {date}. Licence of the source: MIT. {}",
            added.join(" and "),
            write::COPYRIGHT_OF_MORE
        ));
    }
    let out = write::catalogue(&models, &summary, &sources);
    report(models.len(), &summary, out.len());

    let target = root().join(TARGET);
    if check {
        let now = fs::read_to_string(&target).map_err(|e| format!("{TARGET}: {e}"))?;
        if now != out {
            return Err(format!("{TARGET} is not what {} gives; run without --check", prices.display()));
        }
        return Ok(());
    }
    fs::write(&target, out).map_err(|e| format!("{TARGET}: {e}"))
}

fn report(models: usize, summary: &Summary, bytes: usize) {
    println!("{models} models, {bytes} bytes; {} without a price", summary.unpriced);
    println!("{} prices finer than a femto-dollar, rounded to the nearest", summary.rounded);
    println!("no unit for (member: models):");
    for (name, count) in &summary.unexpressed {
        println!("  {name}: {count}");
    }
    for name in &summary.conflicting {
        println!("two entries with different facts, the one with the prefix taken: {name}");
    }
    for name in &summary.skipped {
        println!("not a model: {name}");
    }
}

#[cfg(test)]
mod tests;
