//! What is known of English words: those that say nothing, those that mean the same, those that mean the contrary, units
//! and days. Serves the comparison of turns. Lists only; words stand in small letters. A word that is missing here is one
//! that has to be the same in both turns.

use ahash::{AHashMap, AHashSet};
use std::sync::LazyLock;

/// Words that hold a sentence together, and those by which somebody asks nicely.
const SILENT: &str = "a an the this that these those there here it its is am are was were be been being do does did done \
    doing has have having had can could may might will would shall should i me my mine myself we us our ours ourselves you \
    your yours yourself he him his he she her hers they them their theirs one what which how of in on at to for with about \
    into onto from by as and but so if then than too also just really actually basically please kindly thanks thank \
    exactly simply even still yet ever own some any such very quite explain explains explained explaining explanation \
    describe describes description understand get's way ways must ought going able possible currently right upon via per s t \
    d m ll re ve etc wondering curious hi hello hey dear lot lots bit thing things someone somebody anyone anybody correct \
    correctly properly successfully exact certain each define definition recommend";

/// Words that say nothing in front of another verb: "I want to pay", "tell me".
const SOFT: &str = "need needs needed want wants wanted like likes tell tells try tries trying tried help helps know knowing \
    let give gives show shows teach";

/// Words that are replaced where they stand together, before anything else; the longest first. Nothing: they go.
const PHRASES: &[(&str, &str)] = &[
    ("would it be possible to", "can i"),
    ("what is the best way to", "how to"),
    ("what is the easiest way to", "how to"),
    ("what are the steps to", "how to"),
    ("what are the steps for", "how to"),
    ("what do i need to do to", "how to"),
    ("what do i have to do to", "how to"),
    ("what should i do to", "how to"),
    ("is there a way to", "how to"),
    ("is there any way to", "how to"),
    ("what is the way to", "how to"),
    ("what is the process for", "how to"),
    ("what is the procedure for", "how to"),
    ("what is the process of", "how to"),
    ("how does one go about", "how to"),
    ("how do i go about", "how to"),
    ("what is the reason for", "why"),
    ("what is the reason", "why"),
    ("what are the reasons for", "why"),
    ("for what reason", "why"),
    ("what is the cause of", "why"),
    ("is it possible to", "can i"),
    ("is it possible for me to", "can i"),
    ("am i able to", "can i"),
    ("am i allowed to", "can i"),
    ("is it ok to", "can i"),
    ("is it okay to", "can i"),
    ("do i have to", "must i"),
    ("is it necessary to", "must i"),
    ("is it required to", "must i"),
    ("do i need to", "must i"),
    ("the best way to", "how to"),
    ("the steps to", "how to"),
    ("at what time", "when"),
    ("on what date", "when"),
    ("on which day", "when"),
    ("in what year", "when"),
    ("in which year", "when"),
    ("what time zone", "time zone"),
    ("internet connection", "internet"),
    ("roll back", "rollback"),
    ("rolling back", "rollback"),
    ("what time", "when"),
    ("what date", "when"),
    ("what year", "when"),
    ("what day", "when"),
    ("in which place", "where"),
    ("in what place", "where"),
    ("which person", "who"),
    ("how come", "why"),
    ("how much does", "price"),
    ("how much do", "price"),
    ("how much is", "price"),
    ("how much are", "price"),
    ("going to", "will"),
    ("united states of america", "usa"),
    ("united states", "usa"),
    ("united kingdom", "uk"),
    ("great britain", "uk"),
    ("new york city", "nyc"),
    ("european union", "eu"),
    ("artificial intelligence", "ai"),
    ("machine learning", "ml"),
    ("log into", "login"),
    ("log in", "login"),
    ("logging in", "login"),
    ("logged in", "login"),
    ("sign into", "login"),
    ("sign in", "login"),
    ("signing in", "login"),
    ("log out", "logout"),
    ("sign out", "logout"),
    ("sign up", "register"),
    ("signing up", "register"),
    ("set up", "setup"),
    ("setting up", "setup"),
    ("get rid of", "remove"),
    ("getting rid of", "remove"),
    ("find out", ""),
    ("figure out", ""),
    ("turn on", "switch-on"),
    ("turning on", "switch-on"),
    ("turning off", "switch-off"),
    ("switched on", "switch-on"),
    ("switched off", "switch-off"),
    ("unable to", "can not"),
    ("not able to", "can not"),
    ("to me please", ""),
    ("switch on", "switch-on"),
    ("power on", "switch-on"),
    ("turn off", "switch-off"),
    ("switch off", "switch-off"),
    ("power off", "switch-off"),
    ("shut down", "switch-off"),
    ("speed up", "accelerate"),
    ("get in touch with", "contact"),
    ("get a hold of", "contact"),
    ("reach out to", "contact"),
    ("opening hours", "hours"),
    ("business hours", "hours"),
    ("operating hours", "hours"),
    ("working hours", "hours"),
    ("cell phone", "phone"),
    ("mobile phone", "phone"),
    ("e mail", "email"),
    ("wi fi", "wifi"),
    ("web site", "website"),
    ("back up", "backup"),
    ("backing up", "backup"),
    ("difference between", "difference"),
    ("differences between", "difference"),
    ("rather than", "not"),
    ("instead of", "not"),
    ("other than", "except"),
    ("more than", "over#"),
    ("greater than", "over#"),
    ("less than", "under#"),
    ("fewer than", "under#"),
    ("at least", "least"),
    ("at most", "most"),
    ("used to", "was"),
];

/// What may stand before a question, and changes nothing.
const PREFACES: &[&str] = &[
    "can you please",
    "could you please",
    "would you please",
    "can you",
    "could you",
    "would you",
    "will you",
    "would you mind",
    "please",
    "kindly",
    "i want to know",
    "i would like to know",
    "i would like to",
    "i would like",
    "i want to",
    "i need to know",
    "i need to",
    "i am trying to",
    "i was wondering",
    "i wonder",
    "i am looking to",
    "do you know",
    "does anyone know",
    "do you happen to know",
    "tell me about",
    "tell me",
    "explain to me",
    "explain",
    "show me",
    "steps to",
    "steps for",
    "let me know",
    "help me",
    "help me to",
    "give me",
    "any idea",
    "any ideas",
    "hi",
    "hello",
    "hey",
    "hi there",
    "so",
    "well",
    "okay",
    "ok",
    "and",
    "quick question",
    "question",
    "if",
    "that",
];

/// Words that mean the same, a line for each meaning; stems, the first of them stands for all.
const SYNONYMS: &[&str] = &[
    "acquire obtain receive get",
    "purchase buy order",
    "begin start commence initiate launch",
    "finish end complete conclude",
    "remove delete erase eliminate",
    "repair fix mend",
    "alter change modify update edit adjust",
    "contact reach",
    "assist support",
    "phone smartphone mobile cellphone telephone",
    "car automobile",
    "picture photo image photograph",
    "movie film",
    "bike bicycle",
    "error bug fault issue problem trouble",
    "large big huge",
    "small little tiny",
    "quick fast rapid quickly rapidly",
    "price cost",
    "cheap inexpensive affordable",
    "create make build creator generate produce",
    "prepare cook",
    "job employment",
    "doctor physician",
    "kid child",
    "illness disease sickness",
    "symptom sign",
    "treat cure heal",
    "city town",
    "country nation",
    "capital capital-city",
    "shop store",
    "customer client",
    "staff employee worker",
    "company business firm",
    "locate find",
    "cancel cancellation terminate",
    "refund reimbursement reimburs",
    "invoice bill billing",
    "payment pay",
    "register registration enrol enroll signup",
    "login signin logon",
    "logout signout",
    "install installation setup",
    "download downloading",
    "delivery deliver ship shipping shipment shipp",
    "return returning",
    "address location",
    "cause reason trigger",
    "method technique",
    "function work operate operation",
    "difference differ distinction distinguish",
    "compare comparison",
    "example instance",
    "advantage benefit pro",
    "disadvantage drawback con downside",
    "purpose point",
    "mean meaning",
    "summary summariz summaris",
    "translation translat",
    "invent invention inventor",
    "paint painter painting",
    "direct director",
    "compose composer",
    "enable switch-on activate",
    "disable switch-off deactivate",
    "exit quit leave",
    "discovery discover",
    "founding founder establish",
    "write author writer written",
    "read reading",
    "learn study",
    "teacher instructor",
    "exam test",
    "lawyer attorney",
    "film movie",
    "song track",
    "trip journey",
    "flight flights",
    "airplane plane aeroplane aircraft",
    "holiday vacation",
    "hotel hotels",
    "wage salary",
    "raise increase boost",
    "reduce decrease lower",
    "improve enhance",
    "allow permit",
    "forbid prohibit ban",
    "happen occur",
    "essential necessary important",
    "weather forecast",
    "temperature temp",
    "ill sick",
    "password passcode",
    "username login-name",
    "account profile",
    "email e-mail mail",
    "website site webpage",
    "internet web",
    "computer pc",
    "laptop notebook",
    "directory folder",
    "document doc",
    "app application",
    "program software",
    "javascript js",
    "typescript ts",
    "python py",
    "kubernetes k8s",
    "postgresql postgres",
    "database db",
    "list array",
    "usa us america",
    "uk britain",
    "nyc new-york",
    "tv television",
    "fridge refrigerator",
    "garbage trash rubbish",
    "sofa couch",
    "apartment flat",
    "lift elevator",
    "petrol gasoline",
    "autumn fall",
    "soccer football",
    "pupil student",
    "quantity amount",
    "speak talk",
    "choose pick select",
    "close shut",
    "verify check confirm",
    "reset recover restore recovery",
    "forget forgotten",
    "hours hour",
    "tall height high",
    "long length",
    "deep depth",
    "old age",
    "heavy weight weigh",
    "distance far",
    "population inhabitant",
    "stop prevent avoid",
    "connect link",
    "transmit send",
    "store save keep",
    "earn gain",
    "guide tutorial",
    "recipe recipes",
    "tip advice suggestion",
    "accelerate speed",
    "optimise optimize",
    "colour color",
    "centre center",
    "favourite favorite",
    "organise organize",
    "grey gray",
    "licence license",
    "track trace follow",
    "upgrade upgrad",
    "lose misplac",
    "slim thin",
];

/// Words that mean the contrary of each other.
const OPPOSITES: &[(&str, &str)] = &[
    ("more", "less"),
    ("more", "fewer"),
    ("most", "least"),
    ("maximum", "minimum"),
    ("max", "min"),
    ("maximise", "minimise"),
    ("maximize", "minimize"),
    ("best", "worst"),
    ("better", "worse"),
    ("good", "bad"),
    ("highest", "lowest"),
    ("higher", "lower"),
    ("high", "low"),
    ("biggest", "smallest"),
    ("bigger", "smaller"),
    ("largest", "smallest"),
    ("larger", "smaller"),
    ("longest", "shortest"),
    ("longer", "shorter"),
    ("long", "short"),
    ("tallest", "shortest"),
    ("fastest", "slowest"),
    ("faster", "slower"),
    ("fast", "slow"),
    ("oldest", "newest"),
    ("oldest", "youngest"),
    ("older", "newer"),
    ("older", "younger"),
    ("old", "new"),
    ("cheapest", "priciest"),
    ("hottest", "coldest"),
    ("hot", "cold"),
    ("warm", "cold"),
    ("first", "last"),
    ("earliest", "latest"),
    ("earlier", "later"),
    ("early", "late"),
    ("before", "after"),
    ("next", "last"),
    ("next", "previous"),
    ("above", "below"),
    ("over", "under"),
    ("over#", "under#"),
    ("inside", "outside"),
    ("indoor", "outdoor"),
    ("up", "down"),
    ("left", "right"),
    ("top", "bottom"),
    ("front", "back"),
    ("north", "south"),
    ("east", "west"),
    ("in", "out"),
    ("on", "off"),
    ("with", "without"),
    ("open", "close"),
    ("start", "stop"),
    ("begin", "end"),
    ("enable", "disable"),
    ("activate", "deactivate"),
    ("install", "uninstall"),
    ("subscribe", "unsubscribe"),
    ("lock", "unlock"),
    ("block", "unblock"),
    ("connect", "disconnect"),
    ("mute", "unmute"),
    ("follow", "unfollow"),
    ("encrypt", "decrypt"),
    ("encode", "decode"),
    ("compress", "decompress"),
    ("upload", "download"),
    ("import", "export"),
    ("push", "pull"),
    ("send", "receive"),
    ("buy", "sell"),
    ("borrow", "lend"),
    ("add", "remove"),
    ("add", "subtract"),
    ("add", "delete"),
    ("multiply", "divide"),
    ("increase", "decrease"),
    ("increase", "reduce"),
    ("raise", "lower"),
    ("gain", "lose"),
    ("win", "lose"),
    ("accept", "reject"),
    ("accept", "decline"),
    ("approve", "reject"),
    ("allow", "forbid"),
    ("allow", "block"),
    ("show", "hide"),
    ("login", "logout"),
    ("switch-on", "switch-off"),
    ("freeze", "thaw"),
    ("upgrade", "downgrade"),
    ("deposit", "withdraw"),
    ("credit", "debit"),
    ("profit", "loss"),
    ("true", "false"),
    ("positive", "negative"),
    ("legal", "illegal"),
    ("safe", "unsafe"),
    ("safe", "dangerous"),
    ("possible", "impossible"),
    ("healthy", "unhealthy"),
    ("advantages", "disadvantages"),
    ("pros", "cons"),
    ("male", "female"),
    ("men", "women"),
    ("man", "woman"),
    ("boy", "girl"),
    ("husband", "wife"),
    ("mother", "father"),
    ("adult", "child"),
    ("adults", "children"),
    ("employer", "employee"),
    ("public", "private"),
    ("internal", "external"),
    ("ascending", "descending"),
    ("vertical", "horizontal"),
    ("synchronous", "asynchronous"),
    ("client", "server"),
    ("input", "output"),
    ("read", "write"),
    ("same", "different"),
    ("always", "never"),
    ("all", "none"),
    ("all", "some"),
    ("arrive", "depart"),
    ("arrival", "departure"),
    ("entry", "exit"),
    ("domestic", "international"),
    ("winter", "summer"),
    ("day", "night"),
    ("dead", "alive"),
    ("wet", "dry"),
    ("hard", "soft"),
    ("rich", "poor"),
    ("heavy", "light"),
];

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
        let mut stems = line.split(' ').map(super::stem::stem);
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
