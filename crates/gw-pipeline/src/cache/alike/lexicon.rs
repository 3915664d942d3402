//! What is known of English words: those that say nothing, those that mean the same, those that mean the contrary, units
//! and days. Serves the comparison of turns. Lists only; words stand in small letters. A word that is missing here is one
//! that has to be the same in both turns.

mod meanings;
mod phrases;
mod spellings;

use ahash::{AHashMap, AHashSet};
use meanings::{OPPOSITES, SYNONYMS};
use phrases::{PHRASES, PREFACES};
use std::sync::LazyLock;

/// Words that hold a sentence together, and those by which somebody asks nicely.
const SILENT: &str = "a an the this that these those there here it its is am are was were be been being do does did done \
    doing has have having had can could may might will would shall should i me my mine myself we us our ours ourselves you \
    your yours yourself he him his he she her hers they them their theirs one what which how of in on at to for with about \
    into onto from by as and but so if then than too also just really actually basically please kindly thanks thank \
    exactly simply even still yet ever own some any such very quite explain explains explained explaining explanation \
    describe describes description understand get's way ways must ought going able possible currently right upon via per s t \
    d m ll re ve etc wondering curious hi hello hey dear lot lots bit thing things someone somebody anyone anybody correct \
    correctly properly successfully exact certain define definition whether";

/// Words that say nothing in front of another verb: "I want to pay", "tell me".
const SOFT: &str = "need needs needed want wants wanted like likes tell tells try tries trying tried help helps know knowing \
    let give gives show shows teach";

/// Words that say no.
pub(super) const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "without",
    "except",
    "none",
    "neither",
    "nor",
    "nothing",
    "nobody",
    "nowhere",
    "unless",
    "non",
    "hardly",
    "excluding",
];

/// Days, months, and words that mean another day each day.
const DATES: &[&str] = &[
    "january jan",
    "february feb",
    "march",
    "april apr",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
    "monday mon",
    "tuesday tue tues",
    "wednesday wed",
    "thursday thu thurs",
    "friday fri",
    "saturday",
    "sunday",
    "weekend",
    "weekday",
    "today todays",
    "tomorrow",
    "yesterday",
    "tonight",
    "morning",
    "afternoon",
    "evening",
    "noon midday",
    "midnight",
    "week weeks weekly",
    "month months monthly",
    "year years yearly annual annually",
    "day days daily",
    "quarter quarterly",
    "decade",
    "century",
    "spring",
    "summer",
    "autumn",
    "winter",
    "easter",
    "christmas xmas",
    "bc bce",
];

/// Units and currencies.
const UNITS: &[&str] = &[
    "km kilometer kilometers kilometre kilometres",
    "m meter meters metre metres",
    "cm centimeter centimeters centimetre centimetres",
    "mm millimeter millimeters",
    "mile miles mi",
    "foot feet ft",
    "inch inches",
    "yard yards",
    "kg kilogram kilograms kilo kilos",
    "gram grams",
    "mg milligram milligrams",
    "lb lbs pound pounds",
    "ounce ounces oz",
    "ton tons tonne tonnes",
    "liter liters litre litres",
    "ml milliliter milliliters",
    "gallon gallons",
    "cup cups",
    "tablespoon tablespoons tbsp",
    "teaspoon teaspoons tsp",
    "celsius centigrade °c",
    "fahrenheit °f",
    "kelvin",
    "kb kilobyte kilobytes",
    "mb megabyte megabytes",
    "gb gigabyte gigabytes",
    "tb terabyte terabytes",
    "second seconds sec secs",
    "minute minutes mins",
    "ms millisecond milliseconds",
    "hour hours hrs",
    "dollar dollars usd $",
    "euro euros eur €",
    "gbp sterling £",
    "yen jpy ¥",
    "yuan rmb cny",
    "rupee rupees inr ₹",
    "percent percentage pct %",
    "watt watts kw",
    "volt volts",
    "acre acres",
    "hectare hectares",
    "calorie calories kcal",
    "degree degrees °",
    "am a.m",
    "pm p.m",
    "mph",
    "bit bits",
    "byte bytes",
];

/// Numbers in words.
const NUMBERS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("first", "1st"),
    ("two", "2"),
    ("twice", "2"),
    ("double", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("dozen", "12"),
    ("fifteen", "15"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("hundred", "100"),
    ("thousand", "1000"),
    ("million", "1000000"),
    ("billion", "1000000000"),
    ("half", "0.5"),
    ("second", "2nd"),
    ("third", "3rd"),
    ("fourth", "4th"),
    ("fifth", "5th"),
    ("ii", "2"),
    ("iii", "3"),
    ("iv", "4"),
    ("vi", "6"),
    ("vii", "7"),
    ("viii", "8"),
];

/// Words by which other languages are known.
const LANGUAGES: &[(&str, &str)] = &[
    (
        "en",
        "the is are what how do does of and to in my i can for you with it a an on this that be why when where who",
    ),
    (
        "de",
        "der die das und ist nicht wie ich mein meine was wo ein eine zu auf mit für den dem kann man wann warum wer",
    ),
    (
        "fr",
        "le la les est et comment je mon ma une des du que quoi où pour dans avec puis-je pourquoi quand qui quel quelle",
    ),
    (
        "es",
        "el los las es y cómo como yo mi una del que qué dónde para con puedo por cuándo quién cuál de la en",
    ),
    ("it", "il lo gli è e come io mio una del che cosa dove per con posso perché quando chi qual di la in"),
    (
        "pt",
        "o os as é e como eu meu minha uma do da que onde para com posso por quando quem qual não de em faço",
    ),
    ("nl", "de het een is en hoe ik mijn wat waar voor met kan waarom wanneer wie niet van in"),
];

type Groups = AHashMap<&'static str, &'static str>;

fn groups(lines: &'static [&'static str]) -> Groups {
    let mut groups = Groups::new();
    for line in lines {
        let first = line.split(' ').next().unwrap_or_default();
        for word in line.split(' ') {
            groups.entry(word).or_insert(first);
        }
    }
    groups
}

static SOFTLY: LazyLock<AHashSet<&'static str>> = LazyLock::new(|| SOFT.split_whitespace().collect());
static WORDS: LazyLock<AHashSet<&'static str>> = LazyLock::new(|| SILENT.split_whitespace().collect());
static MEANINGS: LazyLock<AHashMap<String, String>> = LazyLock::new(|| {
    let mut meanings = AHashMap::new();
    for line in SYNONYMS {
        let mut stems = line.split(' ').map(super::read::stemmed);
        let Some(first) = stems.next() else { continue };
        for stem in stems {
            meanings.entry(stem).or_insert_with(|| first.clone());
        }
    }
    meanings
});
static OF_OPPOSITES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    OPPOSITES.iter().map(|(one, other)| (super::stem::stem(one), super::stem::stem(other))).collect()
});
static OF_DATES: LazyLock<Groups> = LazyLock::new(|| groups(DATES));
static OF_UNITS: LazyLock<Groups> = LazyLock::new(|| groups(UNITS));
static OF_LANGUAGES: LazyLock<Vec<(&'static str, AHashSet<&'static str>)>> =
    LazyLock::new(|| LANGUAGES.iter().map(|(name, words)| (*name, words.split(' ').collect())).collect());
type Phrase = (Vec<&'static str>, Vec<&'static str>);
static OF_PHRASES: LazyLock<AHashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: AHashMap<_, Vec<Phrase>> = AHashMap::new();
    for (from, to) in PHRASES {
        let from: Vec<_> = from.split(' ').collect();
        let first = from.first().copied().unwrap_or_default();
        phrases.entry(first).or_default().push((from, to.split_whitespace().collect()));
    }
    phrases.values_mut().for_each(|list| list.sort_by_key(|(from, _)| std::cmp::Reverse(from.len())));
    phrases
});
static OF_PREFACES: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
    let mut prefaces: Vec<Vec<_>> = PREFACES.iter().map(|text| text.split(' ').collect()).collect();
    prefaces.sort_by_key(|words| std::cmp::Reverse(words.len()));
    prefaces
});

/// Does the word say nothing by itself?
pub(super) fn is_silent(word: &str) -> bool {
    WORDS.contains(word)
}

/// Does the word say nothing before that one?
pub(super) fn is_soft(word: &str, next: &str) -> bool {
    let is_led_on =
        matches!(next, "to" | "me" | "us" | "how" | "what" | "why" | "when" | "where" | "who" | "which");
    is_led_on && SOFTLY.contains(word)
}

/// The word in the one spelling of several.
pub(super) fn spelled(word: &str) -> Option<String> {
    spellings::american(word)
}

/// The word that stands for all that mean the same; of a stem.
pub(super) fn meaning(stem: String) -> String {
    MEANINGS.get(&stem).cloned().unwrap_or(stem)
}

pub(super) fn date(word: &str) -> Option<&'static str> {
    OF_DATES.get(word).copied()
}

pub(super) fn unit(word: &str) -> Option<&'static str> {
    OF_UNITS.get(word).copied()
}

pub(super) fn number(word: &str) -> Option<&'static str> {
    NUMBERS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number)
}

/// Stems that mean the contrary of each other.
pub(super) fn opposites() -> impl Iterator<Item = (&'static str, &'static str)> {
    OF_OPPOSITES.iter().map(|(one, other)| (one.as_str(), other.as_str()))
}

/// The words that stand for those at the start of `words`, and how many they replace.
pub(super) fn phrase(words: &[&str]) -> Option<(usize, &'static [&'static str])> {
    let phrases: &'static [Phrase] = OF_PHRASES.get(*words.first()?)?;
    let (from, to) = phrases.iter().find(|(from, _)| words.starts_with(from))?;
    Some((from.len(), to.as_slice()))
}

/// How many words at the start are there for the sake of manners.
pub(super) fn preface(words: &[&str]) -> usize {
    OF_PREFACES.iter().find(|preface| words.starts_with(preface)).map_or(0, Vec::len)
}

/// The language whose words stand there; `None`: there are too few to tell.
pub(super) fn language<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Option<&'static str> {
    let count = |known: &AHashSet<&str>| words.clone().filter(|word| known.contains(word)).count();
    let mut best = ("", 0);
    for (name, known) in OF_LANGUAGES.iter() {
        let found = count(known);
        if found > best.1 {
            best = (name, found);
        }
    }
    (best.1 >= 2).then_some(best.0)
}
