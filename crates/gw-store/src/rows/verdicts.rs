//! What guardrails found, as one text of a row: `|guardrail=action@side:kind|...|`, so that it can be looked for by the
//! name, and by the name and what was done.

use crate::journal::VerdictFrame;
use gw_model::Verdict;

/// What stands between two.
const BETWEEN: char = '|';

/// The text; `None` where nothing was found.
pub(crate) fn written(verdicts: &[VerdictFrame<'_>]) -> Option<String> {
    if verdicts.is_empty() {
        return None;
    }
    let mut text = String::from(BETWEEN);
    for verdict in verdicts {
        let side = if verdict.on_response { "response" } else { "request" };
        for part in [verdict.guardrail, "=", verdict.action, "@", side, ":", verdict.kind] {
            text.extend(part.chars().map(|c| if c == BETWEEN { '_' } else { c }));
        }
        text.push(BETWEEN);
    }
    Some(text)
}

/// What it says.
pub(crate) fn read(text: &str) -> Vec<Verdict> {
    let one = |text: &str| {
        let (guardrail, rest) = text.split_once('=')?;
        let (action, rest) = rest.split_once('@')?;
        let (side, kind) = rest.split_once(':')?;
        let owned = str::to_owned;
        Some(Verdict {
            guardrail: owned(guardrail),
            action: owned(action),
            kind: owned(kind),
            side: owned(side),
        })
    };
    text.split(BETWEEN).filter_map(one).collect()
}

/// What such a text holds where that guardrail found something; `action` is what it did, where that matters.
pub(crate) fn wanted(guardrail: &str, action: Option<&str>) -> String {
    let guardrail = guardrail.replace(BETWEEN, "_");
    match action {
        Some(action) => format!("{BETWEEN}{guardrail}={action}@"),
        None => format!("{BETWEEN}{guardrail}="),
    }
}

#[cfg(test)]
mod tests;
