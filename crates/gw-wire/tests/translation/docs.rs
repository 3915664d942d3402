//! The guide on translation is made from the tables, and from what the recorded exchanges say. With
//! `GATEWRIGHT_UPDATE=1` in the environment this test writes it anew; the counts only where recordings are.

use crate::formats::{SOURCES, targets};
use crate::tally::Tally;
use crate::{recorded, requests};
use gw_model::WireFormat;
use gw_wire::translate::table::{Member, Treatment, members};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Opens what is counted, which stays as it is where there are no recordings.
const COUNTS: &str = "## Recorded exchanges\n";

const HEAD: &str = "\
# Translation between formats

Made from the tables in `crates/gw-wire/src/translate/table` and from the recorded exchanges that the tests replay.

A request goes to any target, whatever format the caller speaks and the target's provider takes. When both are
the same, the bytes go on as they are. When they differ, the request and its answer are translated: the text,
images, documents, tools, tool calls and their results, limits, sampling, reasoning and usage of one format become
those of the other.

What a target cannot do is never lost without a word:

- *refused*: `400 unsupported_parameter`, naming the member, because the answer would be of no use or would
  mislead without it;
- *named*: left out, and named in the answer's header `x-gatewright-dropped`;
- *silent*: left out without a word, because leaving it out changes nothing.

Members that no table has are left out and named. Besides the members below:

- Tools that a provider runs itself (web search, code execution, computer use and the like) are refused; callers of
  `responses` send them with every request, so there they are left out and named.
- What such tools did earlier in a conversation is left out of the model's turns and named; in a user's turn it is
  refused.
- Reasoning goes back to the family of models that made it, whichever format it travelled in, because providers
  sign or seal it and refuse what is not theirs. Elsewhere it is left out and named.
- Files stored at one provider are refused at others, and so are media by URL where the target fetches none.
- What refers to answers that the gateway stores (`previous_response_id`, `item_reference`) is written out first, see
  [stored responses](guides/responses.md); other stored state (`conversation`) is refused.
- Citations (annotations, grounding) stay with the text they are for, in every format; where a format cites whole
  blocks only, the range widens to the block. Log probabilities stay among chat, responses and generate_content.
- Ids of tool calls are spelled as the target demands, and back again in the answer.
- Sampling that a model refuses is fitted to it (a temperature above its range, `top_p` beside a temperature,
  sampling while reasoning), and named. So are `stop`, `seed` and `top_k` where the target has none.
- An error that a provider reports inside a stream reaches the caller as an error event of the caller's format.
";

#[test]
fn the_guide_on_translation_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/translation.md");
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let counts = counts().unwrap_or_else(|| {
        found.split_once(COUNTS).map_or_else(String::new, |(_, counts)| format!("{COUNTS}{counts}"))
    });
    let wanted = format!("{HEAD}\n{}{counts}", tables());
    if std::env::var_os("GATEWRIGHT_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
        return;
    }
    assert!(found == wanted, "docs/translation.md is out of date; run this test with GATEWRIGHT_UPDATE=1");
}

fn tables() -> String {
    let mut out = String::new();
    for from in SOURCES {
        let _ = writeln!(
            out,
            "## From `{}`\n\n| member | elsewhere | silent when it is | kept by |\n|---|---|---|---|",
            from.as_str()
        );
        members(*from).iter().for_each(|member| row(member, &mut out));
        out.push('\n');
    }
    out
}

fn row(member: &Member, out: &mut String) {
    let otherwise = match member.otherwise {
        Treatment::Drop => "named".to_owned(),
        Treatment::Default => "silent".to_owned(),
        Treatment::Refuse(way_out) => format!("refused: {way_out}"),
        Treatment::Keep(_) => panic!("{} is kept by none", member.name),
    };
    let defaults: Vec<String> = member.defaults.iter().map(|value| format!("`{value}`")).collect();
    let kept: Vec<&str> = member.kept_by.iter().map(|(format, _)| format.as_str()).collect();
    let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let _ = writeln!(
        out,
        "| `{}` | {otherwise} | {} | {} |",
        member.name,
        dash(defaults.join(" ")),
        dash(kept.join(", "))
    );
}

/// Counts of what passed; `None` without recordings.
fn counts() -> Option<String> {
    let mut out = format!(
        "{COUNTS}\nAnswers, whole and streamed: text, reasoning, tool calls, the reason to stop and usage are the \
         same after translation.\nPassed of all; what does not pass is listed with its reason in \
         `crates/gw-wire/tests/translation/exceptions.rs`.\n\n"
    );
    grid(recorded::tallies()?, &mut out, |tally| format!("{} of {}", tally.passed, tally.total));
    out.push_str(
        "\nRequests: speakers, text, media, tools, calls, results and limits are the same, but for what is named. \
         Passed of all\nthat are not refused, and how many are.\n\n",
    );
    grid(requests::tallies()?, &mut out, |tally| {
        format!("{} of {}, {} refused", tally.passed, tally.total, tally.refused)
    });
    Some(out)
}

fn grid(tallies: &[Tally], out: &mut String, cell: impl Fn(&Tally) -> String) {
    out.push_str("| from \\ to |");
    WireFormat::CONVERSATIONS.iter().for_each(|to| {
        let _ = write!(out, " {} |", to.as_str());
    });
    out.push_str("\n|---|");
    WireFormat::CONVERSATIONS.iter().for_each(|_| out.push_str("---|"));
    out.push('\n');
    for from in SOURCES {
        if targets(*from).all(|to| find(tallies, *from, to).is_none()) {
            continue;
        }
        let _ = write!(out, "| {} |", from.as_str());
        for to in WireFormat::CONVERSATIONS {
            let text = find(tallies, *from, *to).map_or_else(|| "-".to_owned(), &cell);
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
}

fn find(tallies: &[Tally], from: WireFormat, to: WireFormat) -> Option<&Tally> {
    tallies.iter().find(|tally| tally.from == from && tally.to == to)
}
