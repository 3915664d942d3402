//! Checks of a text as a whole: its length, its language, whether it is code, whether it declines. Serves the checks of
//! those kinds. On streams they need the end of the answer.

use crate::finding::Finding;
use aho_corasick::AhoCorasick;
use gw_model::guardrail::LengthSpec;
use std::sync::{Arc, LazyLock};

const fn all(text: &str, kind: &'static str, score: u8, reason: &'static str) -> Finding {
    Finding { start: 0, end: text.len(), kind, score, reason }
}

/// Is a text too long or too short?
pub(crate) fn length(text: &str, spec: &LengthSpec) -> Option<Finding> {
    let characters = || text.chars().count();
    if spec.max_chars.is_some_and(|most| text.len() > most && characters() > most) {
        return Some(all(text, "too_long", 100, "more characters than allowed"));
    }
    if spec.max_words.is_some_and(|most| text.split_whitespace().nth(most).is_some()) {
        return Some(all(text, "too_long", 100, "more words than allowed"));
    }
    if spec.min_chars.is_some_and(|least| characters() < least) {
        return Some(all(text, "too_short", 100, "fewer characters than required"));
    }
    None
}

/// Beginnings of sentences with which models decline.
const DECLINES: &[&str] = &[
    "i can't help",
    "i cannot help",
    "i can't assist",
    "i cannot assist",
    "i'm sorry, but i can",
    "i am sorry, but i can",
    "i'm unable to",
    "i am unable to",
    "i'm not able to",
    "i am not able to",
    "i won't be able to",
    "i can't provide",
    "i cannot provide",
    "i can't comply",
    "i cannot comply",
    "i must decline",
    "i have to decline",
    "i can't fulfill",
    "i cannot fulfill",
    "i can't do that",
    "i cannot do that",
    "i can't discuss",
    "i cannot discuss",
    "i can't share",
    "i cannot share",
    "i can't create",
    "i cannot create",
    "i can't generate",
    "i cannot generate",
    "as an ai language model, i c",
    "i'm not comfortable",
    "i won't provide",
    "i will not provide",
    "against my guidelines",
    "against my programming",
    "ich kann dir dabei nicht helfen",
    "ich kann ihnen dabei nicht helfen",
    "ich kann ihnen nicht helfen",
    "es tut mir leid, aber ich kann",
    "tut mir leid, aber",
    "je ne peux pas vous aider",
    "je suis désolé, mais je ne peux",
    "je ne peux pas t'aider",
    "lo siento, pero no puedo",
    "no puedo ayudar",
    "mi dispiace, ma non posso",
    "non posso aiutar",
    "desculpe, mas não posso",
    "não posso ajudar",
];

/// Finds them; `None` where it could not be made, which does not happen with words that are constant.
static DECLINES_FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(DECLINES).ok());

/// So much of a text tells whether it declines.
const BEGINNING_CHARACTERS: usize = 240;

/// Does a text decline? Its beginning tells: later the model speaks about something.
pub(crate) fn refusal(text: &str) -> Option<Finding> {
    let head = text.as_bytes().get(..BEGINNING_CHARACTERS.min(text.len())).unwrap_or_default();
    let beginning = match head.is_ascii() {
        true => text.get(..head.len()).unwrap_or_default().to_ascii_lowercase(),
        false => {
            let lower = text.chars().take(BEGINNING_CHARACTERS).flat_map(char::to_lowercase);
            lower.map(|c| if c == '\u{2019}' { '\'' } else { c }).collect()
        }
    };
    let says = DECLINES_FINDER.as_ref().is_some_and(|finder| finder.is_match(&beginning));
    says.then(|| all(text, "refusal", 90, "words with which models decline"))
}

/// Frequent words of languages with Latin letters.
const FREQUENT: &[(&str, &str)] = &[
    (
        "en",
        " the and of to in is that it for you with this are was have not your what how can from they which will ",
    ),
    (
        "de",
        " der die das und ist nicht ich sie ein eine mit auf für dem den von zu sich wie auch wir wird kann bitte ",
    ),
    (
        "fr",
        " le la les des et est une dans que qui pour pas vous sur avec ce cette je nous plus sont au du être ",
    ),
    ("es", " el los las que y en una por con para es del se no lo como más pero sus este esta son muy qué "),
    (
        "it",
        " il che di e la per un una non sono con del della gli le come più anche questo è nel alla ma si ",
    ),
    ("pt", " o os as que e em um uma para com não por mais como dos das se na no ao é são você isso "),
    ("nl", " de het een en van ik dat niet zijn op te met voor er maar om aan ook als bij nog naar wordt "),
    ("sv", " och att det som en är på för med inte av jag har till den om ett var så kan "),
    ("da", " og at det er en til af den som på med ikke for har jeg de var et kan vi "),
    ("pl", " i w nie na się z że to jest do jak o za co przez od ale są być po czy tak "),
    ("tr", " ve bir bu için ile de da ne var çok daha ben sen olarak gibi değil mi en her "),
    ("cs", " a se na je že to v s z do o i jak ale po pro by co jsem tak za není jsou "),
    ("ro", " și de la în nu o să cu pe că este un mai din care pentru sunt ce au fi "),
    ("id", " yang dan di untuk dengan ini itu dari tidak pada adalah akan ke saya anda bisa ada atau "),
];

/// Languages that writing alone tells, by the range of their letters.
const SCRIPTS: &[(&str, u32, u32)] = &[
    ("ru", 0x400, 0x4ff),
    ("el", 0x370, 0x3ff),
    ("he", 0x590, 0x5ff),
    ("ar", 0x600, 0x6ff),
    ("hi", 0x900, 0x97f),
    ("bn", 0x980, 0x9ff),
    ("ta", 0xb80, 0xbff),
    ("th", 0xe00, 0xe7f),
    ("ja", 0x3040, 0x30ff),
    ("ko", 0xac00, 0xd7af),
    ("zh", 0x4e00, 0x9fff),
];

/// The language of a text; `None` when too little of it tells.
#[must_use]
pub fn language(text: &str) -> Option<&'static str> {
    let sample: String = text.chars().take(4000).flat_map(char::to_lowercase).collect();
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 4 {
        return None;
    }
    let share = |from: u32, to: u32| sample.chars().filter(|c| (from..=to).contains(&u32::from(*c))).count();
    for (language, from, to) in SCRIPTS {
        if share(*from, *to) * 10 >= letters * if *language == "ja" { 1 } else { 4 } {
            return Some(language);
        }
    }
    let words: Vec<&str> =
        sample.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let count = |list: &str| words.iter().filter(|word| list.contains(&format!(" {word} "))).count();
    let mut best = ("", 0, 0);
    for (language, list) in FREQUENT {
        let count = count(list);
        match count.cmp(&best.1) {
            std::cmp::Ordering::Greater => best = (language, count, best.1),
            _ => best.2 = best.2.max(count),
        }
    }
    let (language, count, second) = best;
    (count >= 2 && count > second && count * 12 >= words.len()).then_some(language)
}

/// Is a text in another language than those allowed?
pub(crate) fn foreign(text: &str, allow: &[Arc<str>]) -> Option<Finding> {
    let language = language(text)?;
    let allowed = allow.iter().any(|known| &**known == language);
    (!allowed).then(|| all(text, language, 85, "another language than those that are allowed"))
}

/// Marks of program code in a line: at its beginning, or anywhere.
const CODE: &[(&str, &[&str])] = &[
    (
        "python",
        &["def ", "import ", "from ", "class ", "elif ", "print(", "    return ", "lambda ", "async def "],
    ),
    (
        "javascript",
        &["function ", "const ", "let ", "=> {", "console.log(", "require(", "export ", "async function"],
    ),
    ("typescript", &["interface ", ": string", ": number", "export type ", "import {"]),
    ("java", &["public class ", "public static ", "private ", "System.out.", "@Override", "import java"]),
    ("rust", &["fn ", "let mut ", "impl ", "pub fn ", "use std::", "println!("]),
    ("go", &["func ", "package ", ":= ", "fmt.Print"]),
    ("c", &["#include", "int main(", "printf(", "std::", "void "]),
    ("csharp", &["using System", "namespace ", "Console.Write"]),
    ("sql", &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "DROP TABLE "]),
    ("bash", &["#!/bin/", "sudo ", "echo $", "apt-get ", "export ", "fi\n", "chmod "]),
    ("html", &["<html", "<div", "<script", "<!doctype", "</"]),
    ("php", &["<?php", "$this->", "echo \""]),
    ("ruby", &["puts ", "end\n", "require '", "def "]),
];

/// Other names of languages, as people write them at a block.
const ALIASES: &[(&str, &str)] = &[
    ("py", "python"),
    ("python3", "python"),
    ("js", "javascript"),
    ("node", "javascript"),
    ("ts", "typescript"),
    ("rs", "rust"),
    ("golang", "go"),
    ("c++", "c"),
    ("cpp", "c"),
    ("cs", "csharp"),
    ("c#", "csharp"),
    ("sh", "bash"),
    ("shell", "bash"),
    ("zsh", "bash"),
    ("rb", "ruby"),
    ("htm", "html"),
];

fn language_name(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, language)| language)
}

/// Is there program code in a text, of one of the languages?
pub(crate) fn code(text: &str, languages: &[Arc<str>]) -> Option<Finding> {
    let counts =
        |name: &str| languages.is_empty() || languages.iter().any(|known| language_name(known) == name);
    let mut from = 0;
    while let Some(fence) = text.get(from..).and_then(|rest| rest.find("```")) {
        let start = from + fence;
        let rest = text.get(start + 3..).unwrap_or_default();
        let label = rest.lines().next().unwrap_or_default().trim().to_ascii_lowercase();
        let length = rest.find("```").map_or(rest.len(), |end| end + 3);
        let end = start + 3 + length;
        let guessed = guess(text.get(start..end).unwrap_or_default());
        let name = if label.is_empty() { guessed.unwrap_or("") } else { language_name(&label) };
        let prose = matches!(name, "text" | "txt" | "markdown" | "md" | "plaintext");
        if !prose && (counts(name) || languages.is_empty()) {
            return Some(Finding { start, end, kind: "code", score: 95, reason: "a block of program code" });
        }
        from = end;
    }
    guess(text).filter(|name| counts(name))?;
    Some(all(text, "code", 75, "lines as in program code"))
}

/// The language in which several lines are code.
fn guess(text: &str) -> Option<&'static str> {
    let hits = |marks: &[&str]| {
        let line_has = |line: &str| {
            let trimmed = line.trim_start();
            marks.iter().any(|mark| {
                trimmed.starts_with(mark.trim_start()) && mark.ends_with(' ') && looks_like_code(line)
                    || (!mark.ends_with(' ') && line.contains(mark))
            })
        };
        text.lines().take(400).filter(|line| line_has(line)).count()
    };
    let best = CODE.iter().map(|(name, marks)| (*name, hits(marks))).max_by_key(|(_, count)| *count)?;
    (best.1 >= 2).then_some(best.0)
}

/// Signs that prose has seldom at a line's end or within.
fn looks_like_code(line: &str) -> bool {
    let line = line.trim_end();
    line.ends_with(['{', '}', ';', ':', ')', ',', '*'])
        || line.contains("(") && line.contains(")")
        || line.contains(" = ")
        || line.starts_with("import ")
        || line.starts_with("from ")
        || line.ends_with('"')
}

#[cfg(test)]
mod tests;
