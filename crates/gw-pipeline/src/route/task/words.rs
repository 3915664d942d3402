//! What a prompt asks for, by its words. Each known word speaks for a class, at the beginning of a prompt twice as loud,
//! since that is where a task is named; what is pasted stands behind it. The beginning and the end of a text are read,
//! so the time is bounded. It must not take more than some nanoseconds a word: words are found in a table that is made
//! when this is compiled.

use gw_model::routing::Task;
use gw_model::routing::Task::{Code, Extraction, Math, Summarization, Translation};

/// What is read of a text's beginning and end.
const HEAD_BYTES: usize = 1_024;
const TAIL_BYTES: usize = 512;

/// The opening words, at most the first line, which count twice.
const OPENING_WORDS: usize = 12;

/// All that stands behind those says at most so much for one class: what is pasted is not what is asked for.
const MOST_BEHIND: u32 = 6;

/// A class needs so much to be believed.
const ENOUGH: u32 = 3;

/// A fenced block says as much as that for code.
const FENCE: u32 = 4;

/// Of so many bytes one is a bracket, a semicolon or the like, where a text is a program.
const BYTES_PER_SIGN: usize = 16;
const SIGNS: u32 = 4;

/// So many numbers in a short text are a sum.
const NUMBERS: u32 = 2;

/// Longest word in the table, in bytes.
const MAX_WORD: usize = 16;

/// Words in lower case, whom they speak for, and how loud.
const WORDS: &[(&str, Task, u32)] = &[
    ("code", Code, 2),
    ("coding", Code, 3),
    ("function", Code, 2),
    ("functions", Code, 2),
    ("python", Code, 3),
    ("rust", Code, 2),
    ("javascript", Code, 3),
    ("typescript", Code, 3),
    ("java", Code, 3),
    ("golang", Code, 3),
    ("kotlin", Code, 3),
    ("php", Code, 3),
    ("sql", Code, 3),
    ("postgres", Code, 2),
    ("regex", Code, 3),
    ("html", Code, 2),
    ("css", Code, 2),
    ("react", Code, 2),
    ("bash", Code, 3),
    ("shell", Code, 1),
    ("script", Code, 2),
    ("api", Code, 1),
    ("endpoint", Code, 2),
    ("compile", Code, 2),
    ("compiles", Code, 2),
    ("compiler", Code, 3),
    ("debug", Code, 3),
    ("debugging", Code, 3),
    ("refactor", Code, 3),
    ("refactoring", Code, 3),
    ("stacktrace", Code, 3),
    ("traceback", Code, 3),
    ("exception", Code, 2),
    ("segfault", Code, 3),
    ("bug", Code, 2),
    ("bugs", Code, 2),
    ("unit", Code, 1),
    ("tests", Code, 1),
    ("dockerfile", Code, 3),
    ("docker", Code, 2),
    ("kubernetes", Code, 2),
    ("git", Code, 2),
    ("async", Code, 2),
    ("algorithm", Code, 2),
    ("class", Code, 1),
    ("method", Code, 1),
    ("variable", Code, 1),
    ("loop", Code, 1),
    ("array", Code, 2),
    ("struct", Code, 2),
    ("def", Code, 2),
    ("null", Code, 1),
    ("query", Code, 1),
    ("select", Code, 1),
    ("int", Code, 2),
    ("const", Code, 2),
    ("return", Code, 1),
    ("database", Code, 1),
    ("programming", Code, 2),
    ("programa", Code, 1),
    ("programm", Code, 1),
    ("prove", Math, 4),
    ("proof", Math, 3),
    ("theorem", Math, 3),
    ("derivative", Math, 3),
    ("integral", Math, 3),
    ("integrate", Math, 2),
    ("equation", Math, 3),
    ("equations", Math, 3),
    ("solve", Math, 3),
    ("calculate", Math, 4),
    ("compute", Math, 2),
    ("probability", Math, 3),
    ("algebra", Math, 3),
    ("geometry", Math, 2),
    ("matrix", Math, 2),
    ("eigenvalue", Math, 3),
    ("eigenvalues", Math, 3),
    ("prime", Math, 2),
    ("primes", Math, 2),
    ("sum", Math, 2),
    ("average", Math, 1),
    ("percent", Math, 2),
    ("percentage", Math, 2),
    ("fraction", Math, 2),
    ("logarithm", Math, 3),
    ("polynomial", Math, 3),
    ("arithmetic", Math, 3),
    ("puzzle", Math, 2),
    ("riddle", Math, 3),
    ("deduce", Math, 3),
    ("math", Math, 3),
    ("maths", Math, 3),
    ("mathematics", Math, 2),
    ("triangle", Math, 2),
    ("cosine", Math, 2),
    ("sine", Math, 2),
    ("squared", Math, 2),
    ("irrational", Math, 2),
    ("modulo", Math, 2),
    ("berechne", Math, 4),
    ("beweise", Math, 4),
    ("calcula", Math, 3),
    ("calcule", Math, 3),
    ("calculer", Math, 3),
    ("demuestra", Math, 3),
    ("extract", Extraction, 4),
    ("extracting", Extraction, 3),
    ("json", Extraction, 3),
    ("csv", Extraction, 2),
    ("xml", Extraction, 1),
    ("fields", Extraction, 2),
    ("entities", Extraction, 3),
    ("schema", Extraction, 2),
    ("classify", Extraction, 4),
    ("categorize", Extraction, 4),
    ("categorise", Extraction, 4),
    ("sentiment", Extraction, 3),
    ("label", Extraction, 2),
    ("tabular", Extraction, 2),
    ("extrahiere", Extraction, 4),
    ("extrae", Extraction, 4),
    ("extraer", Extraction, 4),
    ("extrais", Extraction, 4),
    ("extraire", Extraction, 4),
    ("klassifiziere", Extraction, 4),
    ("summarize", Summarization, 4),
    ("summarise", Summarization, 4),
    ("summarizing", Summarization, 3),
    ("summary", Summarization, 3),
    ("summaries", Summarization, 3),
    ("tldr", Summarization, 4),
    ("condense", Summarization, 4),
    ("shorten", Summarization, 3),
    ("recap", Summarization, 3),
    ("gist", Summarization, 3),
    ("takeaways", Summarization, 3),
    ("zusammenfassung", Summarization, 4),
    ("zusammen", Summarization, 2),
    ("fasse", Summarization, 3),
    ("résumé", Summarization, 2),
    ("résumer", Summarization, 4),
    ("résume", Summarization, 4),
    ("resumen", Summarization, 4),
    ("resumir", Summarization, 4),
    ("resume", Summarization, 1),
    ("riassumi", Summarization, 4),
    ("translate", Translation, 4),
    ("translating", Translation, 3),
    ("translation", Translation, 3),
    ("translated", Translation, 2),
    ("übersetze", Translation, 4),
    ("übersetz", Translation, 4),
    ("übersetzen", Translation, 4),
    ("übersetzung", Translation, 4),
    ("traduce", Translation, 4),
    ("traducir", Translation, 4),
    ("traducción", Translation, 4),
    ("traduis", Translation, 4),
    ("traduire", Translation, 4),
    ("traduction", Translation, 4),
    ("traduzir", Translation, 4),
    ("traduza", Translation, 4),
    ("traduci", Translation, 4),
    ("vertaal", Translation, 4),
    ("german", Translation, 1),
    ("french", Translation, 1),
    ("spanish", Translation, 1),
    ("italian", Translation, 1),
    ("portuguese", Translation, 1),
    ("japanese", Translation, 1),
    ("chinese", Translation, 1),
    ("korean", Translation, 1),
    ("russian", Translation, 1),
    ("arabic", Translation, 1),
    ("english", Translation, 1),
];

/// For scripts that have no spaces.
const PARTS: &[(&str, Task)] = &[
    ("翻译", Translation),
    ("翻譯", Translation),
    ("翻訳", Translation),
    ("번역", Translation),
    ("перевед", Translation),
    ("总结", Summarization),
    ("總結", Summarization),
    ("要約", Summarization),
    ("요약", Summarization),
    ("代码", Code),
    ("コード", Code),
    ("函数", Code),
    ("提取", Extraction),
    ("抽出", Extraction),
    ("证明", Math),
    ("計算", Math),
    ("计算", Math),
];

/// Classes that words can speak for; between two that are as loud, the first wins.
const ORDER: [Task; 5] = [Translation, Summarization, Extraction, Math, Code];

/// What a text asks for; `chat` where nothing is said.
pub(super) fn task(text: &str) -> Task {
    let (mut opening, mut loud) = (Said::default(), Said::default());
    let text = text.trim();
    let head = &text[..text.floor_char_boundary(HEAD_BYTES)];
    let tail_from = text.len().saturating_sub(TAIL_BYTES).max(head.len());
    let tail = &text[text.ceil_char_boundary(tail_from)..];
    let (line, lines) = head.split_once('\n').unwrap_or((head, ""));
    let mut numbers = hear(line, OPENING_WORDS, &mut opening, &mut loud);
    for rest in [lines, tail] {
        numbers += hear(rest, 0, &mut opening, &mut loud);
    }
    for part in [head, tail] {
        if !part.is_ascii() {
            let heard = PARTS.iter().filter(|(word, _)| part.contains(word));
            heard.for_each(|(_, task)| loud[task.class()] += ENOUGH);
        }
        if part.contains("```") {
            loud[Code.class()] += FENCE;
        }
        let signs =
            part.bytes().filter(|byte| matches!(byte, b'{' | b'}' | b';' | b'=' | b'<' | b'>')).count();
        if signs * BYTES_PER_SIGN > part.len() {
            loud[Code.class()] += SIGNS;
        }
    }
    if numbers >= NUMBERS && tail.is_empty() {
        loud[Math.class()] += 1;
    }
    let mut best = (Task::Chat, ENOUGH - 1);
    for task in ORDER {
        let said = 2 * opening[task.class()] + loud[task.class()].min(MOST_BEHIND);
        if said > best.1 {
            best = (task, said);
        }
    }
    best.0
}

/// What is said for each class.
type Said = [u32; Task::ALL.len()];

/// Adds up what the words say, the first `first` of them apart; how many numbers there are among them.
fn hear(text: &str, first: usize, opening: &mut Said, behind: &mut Said) -> u32 {
    let (mut count, mut numbers) = (0, 0);
    for word in text.as_bytes().split(|byte| !(byte.is_ascii_alphanumeric() || *byte >= 0x80)) {
        if word.is_empty() {
            continue;
        }
        count += 1;
        numbers += u32::from(word.iter().all(u8::is_ascii_digit));
        if let Some((task, loudness)) = known(word) {
            let said = if count <= first { &mut *opening } else { &mut *behind };
            said[task.class()] += loudness;
        }
    }
    numbers
}

/// Places of the table; a power of two, some times as many as words.
const PLACES: usize = 1_024;

/// By the hash of a word, or behind that: its place in [`WORDS`], counted from 1; 0 is free.
static TABLE: [u8; PLACES] = table();

const fn table() -> [u8; PLACES] {
    let mut table = [0; PLACES];
    let mut at = 0;
    while at < WORDS.len() {
        let word = WORDS[at].0.as_bytes();
        assert!(word.len() <= MAX_WORD && at < u8::MAX as usize);
        let mut hash = START;
        let mut byte = 0;
        while byte < word.len() {
            hash = mixed(hash, word[byte]);
            byte += 1;
        }
        let mut place = hash as usize % PLACES;
        while table[place] != 0 {
            place = (place + 1) % PLACES;
        }
        at += 1;
        table[place] = at as u8;
    }
    table
}

/// FNV-1a (Fowler, Noll and Vo), in 32 bits.
const START: u32 = 0x811C_9DC5;

const fn mixed(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// What a word says, however it is written.
fn known(word: &[u8]) -> Option<(Task, u32)> {
    if word.len() > MAX_WORD {
        return None;
    }
    let mut lower = [0; MAX_WORD];
    let (mut hash, mut before) = (START, 0);
    for (place, byte) in lower.iter_mut().zip(word) {
        // Capitals of the Latin-1 letters, as UTF-8 writes them.
        let is_capital = before == 0xC3 && (0x80..=0x9E).contains(byte);
        *place = if is_capital { byte + 0x20 } else { byte.to_ascii_lowercase() };
        hash = mixed(hash, *place);
        before = *byte;
    }
    let lower = lower.get(..word.len())?;
    let mut place = hash as usize % PLACES;
    loop {
        let at = usize::from(*TABLE.get(place)?).checked_sub(1)?;
        let (known, task, loudness) = WORDS.get(at)?;
        if known.as_bytes() == lower {
            return Some((*task, *loudness));
        }
        place = (place + 1) % PLACES;
    }
}
