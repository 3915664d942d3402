//! One spelling for the forms of an English word: plural, past, progressive. Serves the comparison of turns. What it takes
//! for a form of another word need not be a word; it must only be the same for all forms, and different for others.

/// Forms that no rule makes.
const IRREGULAR: &[(&str, &str)] = &[
    ("ate", "eat"),
    ("began", "begin"),
    ("begun", "begin"),
    ("bought", "buy"),
    ("broke", "break"),
    ("broken", "break"),
    ("brought", "bring"),
    ("built", "build"),
    ("chosen", "choose"),
    ("chose", "choose"),
    ("children", "child"),
    ("drank", "drink"),
    ("drawn", "draw"),
    ("drew", "draw"),
    ("driven", "drive"),
    ("drove", "drive"),
    ("dying", "die"),
    ("eaten", "eat"),
    ("fallen", "fall"),
    ("feet", "foot"),
    ("fell", "fall"),
    ("felt", "feel"),
    ("forgot", "forget"),
    ("forgotten", "forget"),
    ("found", "find"),
    ("frozen", "freeze"),
    ("froze", "freeze"),
    ("gave", "give"),
    ("given", "give"),
    ("gone", "go"),
    ("got", "get"),
    ("gotten", "get"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("heard", "hear"),
    ("held", "hold"),
    ("kept", "keep"),
    ("knew", "know"),
    ("known", "know"),
    ("lost", "lose"),
    ("made", "make"),
    ("men", "man"),
    ("met", "meet"),
    ("mice", "mouse"),
    ("paid", "pay"),
    ("people", "person"),
    ("ran", "run"),
    ("said", "say"),
    ("saw", "see"),
    ("seen", "see"),
    ("sent", "send"),
    ("sold", "sell"),
    ("spent", "spend"),
    ("spoke", "speak"),
    ("spoken", "speak"),
    ("stole", "steal"),
    ("stolen", "steal"),
    ("taken", "take"),
    ("taught", "teach"),
    ("teeth", "tooth"),
    ("thought", "think"),
    ("told", "tell"),
    ("took", "take"),
    ("went", "go"),
    ("women", "woman"),
    ("won", "win"),
    ("wore", "wear"),
    ("written", "write"),
    ("wrote", "write"),
    ("using", "use"),
    // Who founded a thing did not find it.
    ("founded", "founding"),
    ("founding", "founding"),
    ("this", "this"),
    ("news", "news"),
    ("gas", "gas"),
    ("bus", "bus"),
    ("analysis", "analysis"),
    ("during", "during"),
    ("thing", "thing"),
    ("string", "string"),
    ("spring", "spring"),
    ("morning", "morning"),
    ("evening", "evening"),
    ("need", "need"),
    ("speed", "speed"),
    ("feed", "feed"),
    ("seed", "seed"),
];

/// Forms of the past that no rule makes, which are not the verb itself.
pub(super) fn is_past(word: &str) -> bool {
    const NONE: [&str; 8] = ["children", "feet", "men", "mice", "people", "teeth", "women", "using"];
    IRREGULAR.iter().any(|(form, stem)| *form == word && form != stem) && !NONE.contains(&word)
}

/// The stem of a word in small letters.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if !word.is_ascii() || word.len() < 4 {
        return word.to_owned();
    }
    let singular = singular(word);
    let bare = ["ing", "ed"].into_iter().find_map(|ending| {
        let bare = singular.strip_suffix(ending)?;
        let has_vowel = bare.bytes().any(|byte| b"aeiouy".contains(&byte));
        (bare.len() >= 3 && has_vowel).then_some(bare)
    });
    let bare = bare.map_or(singular.as_str(), undoubled);
    let bare = if bare.len() > 3 { bare.strip_suffix('e').unwrap_or(bare) } else { bare };
    // "cancelled" has two where "cancel" has one, and "install" has two in all its forms.
    let bare = if bare.len() > 4 && bare.ends_with("ll") { &bare[..bare.len() - 1] } else { bare };
    // "tries", "tried" and "try" end alike.
    match bare.strip_suffix('i') {
        Some(rest) if rest.len() >= 2 => format!("{rest}y"),
        _ => bare.to_owned(),
    }
}

fn singular(word: &str) -> String {
    if let Some(rest) = word.strip_suffix("ies") {
        return format!("{rest}y");
    }
    let is_plural = word.ends_with('s') && !["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    let bare = if is_plural { &word[..word.len() - 1] } else { word };
    let is_es = ["che", "she", "sse", "xe", "zze"].iter().any(|ending| bare.ends_with(ending));
    if is_plural && is_es { bare[..bare.len() - 1].to_owned() } else { bare.to_owned() }
}

/// "stopp" is "stop"; "call" and "miss" stay.
fn undoubled(bare: &str) -> &str {
    let [.., one, other] = bare.as_bytes() else { return bare };
    let is_doubled = one == other && !b"aeiouls".contains(one);
    if is_doubled { &bare[..bare.len() - 1] } else { bare }
}
