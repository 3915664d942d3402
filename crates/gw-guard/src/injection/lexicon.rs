//! Words that matter in attempts to take over a model, by what they do, in several languages. Serves the rules, which
//! name classes and no words. A word may be in several classes.

use super::normalise::plain;

use ahash::AHashMap;
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

macro_rules! classes {
    ($($(#[$meta:meta])* $name:ident = $bit:literal: $words:literal;)*) => {
        $($(#[$meta])* pub(super) const $name: u64 = 1 << $bit;)*
        const WORDS: &[(u64, &str)] = &[$(($name, $words)),*];
    };
}

classes! {
    /// Make it not count.
    OVERRIDE = 0: "ignore ignores ignoring disregard disregarding forget override overriding bypass circumvent neglect discard dismiss supersede supersedes abandon ignoriere ignorieren ignoriert vergiss vergessen missachte umgehe ignorez oublie oubliez ignora ignorar ignoren olvida olvide olvidar dimentica dimenticare ignorare esqueca esquece desconsidere negeer vergeet ignorera glom zignoruj zapomnij игнорируй игнорируйте проигнорируй забудь забудьте ігноруй تجاهل تجاهلي انس अनदेखा";
    /// What came before, or all of it.
    PRIOR = 1: "previous previously prior above earlier preceding former foregoing initial original before all any every everything existing past old vorherigen vorherige vorigen obigen bisherigen bisherige alle alles allen precedentes precedente precedents toutes tous tout anteriores anterior previas todas todo todos precedenti tutte tutti tutto vorige eerdere tidigare poprzednie wszystkie все всех предыдущие предыдущих прежние прошлые усі попередні جميع كل السابقة السابق पिछले सभी पहले önceki bütün 이전 모든 앞선";
    /// Whose they are.
    OWN = 2: "your system developer developers operator operators safety content ton tes vos votre dein deine deiner deinen ihre tu tus sus tuo tuoi tue vostre seu suas confidentiality ethical openai anthropic systemprompt operator's";
    /// What a model is told to keep to.
    RULES = 3: "instruction instructions rule rules guideline guidelines directive directives policy policies restriction restrictions constraint constraints safeguard safeguards filter filters programming guardrail guardrails protocol protocols training limits limitations censorship anweisung anweisungen regel regeln richtlinie richtlinien vorgaben beschrankungen einschrankungen einschraenkungen sicherheitsrichtlinien consigne consignes regle regles instruccion instrucciones regla reglas directrices restricciones istruzione istruzioni regola regole restrizioni instrucoes regras restricoes instructies regels instruktioner regler instrukcje zasady filtro filtros filtre filtres filtri guidance boundaries boundary инструкции инструкций правила правил указания ограничения ограничений інструкції التعليمات القواعد निर्देशों निर्देश नियमों talimatları talimatlari talimatlar kuralları kurallar 지시를 지시 지침을 지침 규칙을 규칙 명령을";
    /// The text of instructions itself.
    PROMPT = 4: "prompt prompts instruction instructions directive directives preprompt systemprompt sysprompt anweisungen systemanweisungen instructions instrucciones istruzioni consignes instrucoes промпт инструкции подсказку الموجه موجه प्रॉम्प्ट istemi istemini 프롬프트를 프롬프트";
    /// Which instructions: those that nobody is to see.
    HIDDEN = 5: "system initial hidden secret original internal underlying sistema systeme preliminary operating system-prompt системный системные системную скрытые النظام सिस्टम sistem 시스템";
    /// Which instructions: in full.
    FULL = 6: "full entire complete exact verbatim core base word-for-word precise";
    /// Show it.
    REVEAL = 7: "reveal show print output repeat display leak dump tell recite disclose expose echo reproduce verrate verrat zeige zeig nenne wiederhole revele revelez montre montrez affiche affichez muestra muestrame revela rivela rivelami mostra mostrami stampa repite mostre imprima toon ujawnij printing revealing outputting покажи покажите выведи раскрой اعرض أظهر toon";
    /// Denies.
    NOT = 8: "no without never not none zero free ohne keine kein nicht sans aucun aucune sin ningun ninguna senza nessuna sem nenhuma lacking";
    /// Nothing holds it back.
    UNBOUND = 9: "unrestricted uncensored unfiltered unbound unchained jailbroken amoral limitless uneingeschrankt uneingeschraenkt";
    /// The one who is spoken to.
    YOU = 10: "you du vous usted tu sei eres bist etes voce assistant ai model bot chatbot";
    /// What it is to play.
    ROLE = 11: "act pretend roleplay role-play simulate impersonate behave imagine respond answer responde conteste antworte beantworte antworten repondre rispondere responder reponds rispondi comply reply";
    /// From here on.
    NOW = 12: "now henceforth onwards forward hereafter longer jetzt sofort desormais ahora ora adesso agora nu teraz";
    /// Does as told.
    OBEY = 13: "comply obey follow execute do perform accept grant allow proceed following obeying adhering adhere gehorche befolge befolgen obeis obedece obbedisci run act";
    /// All of it.
    ALL = 14: "every all any everything anything alles jede tout toute cualquier qualsiasi todo freely";
    /// What is asked.
    ASKED = 15: "request requests question questions command commands content anfragen fragen questions preguntas domande";
    /// Send it away.
    SEND = 16: "send email mail forward post upload transmit exfiltrate deliver sends sende schicke envoie envoyez envia enviar invia inviare manda copy bcc push send_email http_post";
    /// What is worth stealing.
    DATA = 17: "credential credentials password passwords secrets keys tokens database customer customers confidential environment env kundendaten clientes clients kunden clienti private";
    /// Gives it away.
    LEAK = 18: "leak dump expose exfiltrate reveal list preis verrate revela rivela";
    /// Away from here.
    OUTSIDE = 19: "external externally outside attacker webhook exfil third-party externe extern externa esterno evil";
    /// Turned off.
    DISABLED = 20: "disabled disable disabling deactivated deactivate lifted removed suspended overridden void exempt bypassed bypass skipped skip unlocked revoked waived compromised changed off gelten valgono appliquent aplican apply meant";
    /// Keeps it from harm.
    SAFETY = 21: "safety security ethical moderation sicherheit securite seguridad sicurezza sicherheitsrichtlinien usual content confidentiality";
    /// What it keeps to.
    KEPT = 22: "rules protocols checks guidelines filters restrictions policy policies safeguards confirmations measures guida regles reglas richtlinien sicherheitsrichtlinien protocol limits linee";
    /// A machine that reads.
    MACHINE = 23: "ai assistant bot agent agents assistants model llm chatbot gpt claude copilot ki assistent assistente asistente ais reviewers";
    /// Words of one who addresses it.
    ADDRESS = 24: "note notice reading processing reviewing attention instructed hint reminder integrating coding summarizing parsing reads hinweis nota avis aviso";
    /// Names of codings.
    CODING = 25: "base64 base32 rot13 hex hexadecimal binary morse cipher caesar b64 ascii85 leetspeak";
    /// Undoes a coding.
    DECODE = 26: "decode decrypt decipher translate read unscramble dekodiere decodifica decodez decodifie decoded";
    /// The answer.
    REPLY = 27: "reply response answer summary output review antwort reponse respuesta risposta zusammenfassung resume resumen summarize responses replies";
    /// A mark that is to be repeated.
    MARK = 28: "token code canary marker protokoll-token jeton codigo codice";
    /// Adds.
    APPEND = 29: "append include add insert begin print attach echo repeat appended included added angehangt angehaengt ajoute anadirse aggiunto anadir prepend";
    /// A mode that there is not.
    MODE = 30: "developer dev debug maintenance diagnostic god sudo unrestricted jailbreak desarrollo desarrollador entwickler developpeur sviluppatore dan opposite";
    /// A mode.
    MODES = 31: "mode modus modo modalita";
    /// Other ones than before.
    NEW = 32: "new updated real true neue neuen nouvelles nouvelle nuevas nuevos nuove revised";
    /// Destroys.
    DELETE = 33: "delete delete_file remove erase drop wipe truncate rm destroy empty unlink remove_file";
    /// Runs something.
    CALL = 34: "call use invoke run execute trigger";
    /// Before it answers, or else.
    BEFORE = 35: "before required complete completion immediately mandatory archival close needed first must";
    /// A chain of thought.
    THOUGHT = 36: "reasoned concluded decided verified stabilito festgestellt etabli determinado determined established authorized permission granted conclude";
    /// Who thinks.
    SELF = 37: "i i've ich ho je j'ai he ai assistant assistente asistente assistent user";
    /// Given before.
    GIVEN = 38: "given told received provided wrote written gave besprochen";
    /// What stands before.
    BEHIND = 39: "words text message messages context window conversation";
    /// What is asked of it for the future.
    FUTURE = 40: "next turn subsequent future permanently persisted persist long-term standing";
    /// Hands something over.
    GIVE = 42: "write share list summarize return provide give translate add extract gib send what";
    /// Whose it is who is spoken to.
    YOURS = 43: "your yours dein deine deiner deinen ton tes vos tu tus tuo tuoi sua suas";
    /// Asks what there is.
    WHAT = 44: "what which quote exactly";
    /// How much of a text.
    COUNT = 45: "first words word lines sentences sentence exact wording letters beginning start top";
    /// What stands over it.
    ABOVE = 46: "above preceding foregoing before prior oben precedente anterior";
    /// Does no longer.
    STOP = 47: "stop cease quit don't not never";
    /// It has to.
    MUST = 48: "must should shall need have always please";
    /// What a mailbox or a conversation holds.
    INBOX = 49: "inbox emails messages mails contacts history conversation conversations transcript documents files";
    /// Says no.
    REFUSE = 50: "refuse refuses refusing refusal decline declines declining no apologize apologise warn";
    /// Somebody who is made up.
    PERSONA = 51: "character persona game grandmother evil alter ego twin clone called named";
    /// What nobody is to know.
    SECRET = 52: "hidden secret internal undisclosed concealed";
    /// Whose it is who speaks.
    MY = 53: "my mein meine mon ma mis mi mio mia";
    /// How an answer is to begin.
    START = 54: "start begin complete continue finish sentence prefix starting beginning";
    /// Of a conversation with a model.
    SCOPE = 55: "turn session conversation chat reply response answer you your me user model assistant ai confirm continue comply now everything anything";
    /// Makes it not count, behind what is meant, as some languages have it.
    OVERRIDDEN = 56: "무시하고 무시하세요 무시해 잊어 अनदेखा yoksay yoksayın unut görmezden";
    /// Shows it, behind what is meant.
    SHOWN = 57: "보여줘 보여 출력해 알려줘 दिखाएं दिखाओ göster gösterin";
    /// In place of it.
    INSTEAD = 58: "instead stattdessen plutot sino invece";
    /// The one who is spoken to, and nobody else.
    SECOND = 59: "you you're you'll du vous usted tu sei eres bist";
    /// Commands of a computer.
    SHELL = 61: "shell command commands curl wget script bash powershell terminal";
    /// A name of many jailbreaks.
    DAN = 41: "dan stan dude aim";
}

/// A name with an underscore: of a tool, or of a field. Found by its form.
pub(super) const NAME: u64 = 1 << 60;

/// Values by word, and what most other words can be told by: lengths of its words by their first byte.
struct Words<T> {
    map: AHashMap<String, T>,
    lengths: [u32; 256],
}

impl<T> From<AHashMap<String, T>> for Words<T> {
    fn from(map: AHashMap<String, T>) -> Self {
        let mut lengths = [0; 256];
        for word in map.keys() {
            lengths[usize::from(word.as_bytes()[0])] |= length_bit(word);
        }
        Self { map, lengths }
    }
}

impl<T: Copy> Words<T> {
    fn get(&self, word: &str) -> Option<T> {
        let first = word.as_bytes().first()?;
        if self.lengths[usize::from(*first)] & length_bit(word) == 0 {
            return None;
        }
        self.map.get(word).copied()
    }
}

const fn length_bit(word: &str) -> u32 {
    let length = if word.len() < 31 { word.len() } else { 31 };
    1 << length
}

/// Classes by word.
static LEXICON: LazyLock<Words<u64>> = LazyLock::new(|| {
    let mut map: AHashMap<String, u64> = AHashMap::new();
    for (class, words) in WORDS {
        for word in words.split(' ') {
            *map.entry(plain(word)).or_default() |= class;
        }
    }
    Words::from(map)
});

/// Terms of scripts without blanks, by class.
const TERMS: &[(u64, &[&str])] = &[
    (
        OVERRIDE | OVERRIDDEN,
        &[
            "忽略",
            "忽視",
            "忽视",
            "无视",
            "無視",
            "忘记",
            "忘記",
            "忘掉",
            "忘れ",
            "不要理会",
            "ละเว้น",
            "เพิกเฉย",
        ],
    ),
    (
        PRIOR,
        &[
            "之前",
            "以前",
            "先前",
            "前面",
            "上面",
            "以上",
            "所有",
            "すべて",
            "全て",
            "これまで",
            "上記",
            "ก่อนหน้า",
            "ทั้งหมด",
        ],
    ),
    (RULES | PROMPT, &["指令", "指示", "提示词", "提示詞", "プロンプト", "คำสั่ง"]),
    (RULES, &["规则", "規則", "ルール", "限制", "制限", "制約", "กฎ"]),
    (HIDDEN, &["系统", "系統", "システム", "初始", "初期", "隐藏", "隱藏", "隠", "ระบบ"]),
    (
        REVEAL | SHOWN,
        &[
            "输出",
            "輸出",
            "显示",
            "顯示",
            "表示",
            "出力",
            "告诉",
            "告訴",
            "教え",
            "見せ",
            "打印",
            "泄露",
            "แสดง",
        ],
    ),
];

/// Finds the terms of scripts without blanks; `None` where it could not be made, which does not happen with constants.
static TERM_FINDER: LazyLock<Option<(AhoCorasick, Vec<u64>)>> = LazyLock::new(|| {
    let terms = TERMS.iter().flat_map(|(class, terms)| terms.iter().map(|term| (plain(term), *class)));
    let (terms, classes): (Vec<String>, Vec<u64>) = terms.unzip();
    let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(terms).ok()?;
    Some((finder, classes))
});

/// The classes of the terms in a run of letters that are not written apart, in their order.
pub(super) fn terms(run: &str) -> impl Iterator<Item = u64> + '_ {
    let finder = TERM_FINDER.as_ref();
    finder.into_iter().flat_map(move |(finder, classes)| {
        finder.find_iter(run).map(|found| classes[found.pattern().as_usize()])
    })
}

/// Long words of the lexicon as they look in other writings: half the alphabet further, and backwards.
static DISGUISED: LazyLock<Words<Disguise>> = LazyLock::new(|| {
    let strong = OVERRIDE | RULES | PROMPT | UNBOUND | HIDDEN | PRIOR;
    let mut map: AHashMap<String, Disguise> = AHashMap::new();
    for (word, classes) in LEXICON.map.iter().filter(|(word, _)| word.len() >= 5) {
        if classes & strong == 0 {
            continue;
        }
        map.insert(super::normalise::rot13(word), Disguise::Rot13);
        map.insert(word.chars().rev().collect(), Disguise::Reversed);
    }
    map.retain(|word, _| !LEXICON.map.contains_key(word));
    Words::from(map)
});

/// How a text hides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disguise {
    /// Each letter is half the alphabet further.
    Rot13,
    /// It stands backwards.
    Reversed,
}

/// The classes of a word in small letters; 0 when it is not known.
pub(super) fn classes(word: &str) -> u64 {
    LEXICON.get(word).unwrap_or(0)
}

/// The writing in which a word is known.
pub(super) fn disguise(word: &str) -> Option<Disguise> {
    if word.len() < 5 { None } else { DISGUISED.get(word) }
}

/// Every word, for texts in which words are not apart.
pub(super) fn all_words() -> impl Iterator<Item = &'static str> {
    LEXICON.map.keys().map(String::as_str)
}
