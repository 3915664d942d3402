//! Words that matter in attempts to take over a model, by what they do, in several languages. Serves the rules, which
//! name classes and no words. A word may be in several classes.

use ahash::AHashMap;
use std::sync::LazyLock;

macro_rules! classes {
    ($($(#[$meta:meta])* $name:ident = $bit:literal: $words:literal;)*) => {
        $($(#[$meta])* pub(super) const $name: u64 = 1 << $bit;)*
        const WORDS: &[(u64, &str)] = &[$(($name, $words)),*];
    };
}

classes! {
    /// Make it not count.
    OVERRIDE = 0: "ignore ignores ignoring disregard disregarding forget override overriding bypass circumvent neglect discard dismiss supersede supersedes abandon ignoriere ignorieren ignoriert vergiss vergessen missachte umgehe ignorez oublie oubliez ignora ignorar ignoren olvida olvide olvidar dimentica dimenticare ignorare esqueca esquece desconsidere negeer vergeet ignorera glom zignoruj zapomnij";
    /// What came before, or all of it.
    PRIOR = 1: "previous previously prior above earlier preceding former foregoing initial original before all any every everything existing past old vorherigen vorherige vorigen obigen bisherigen bisherige alle alles allen precedentes precedente precedents toutes tous tout anteriores anterior previas todas todo todos precedenti tutte tutti tutto vorige eerdere tidigare poprzednie wszystkie";
    /// Whose they are.
    OWN = 2: "your system developer developers operator operators safety content ton tes vos votre dein deine deiner deinen ihre tu tus sus tuo tuoi tue vostre seu suas confidentiality ethical openai anthropic systemprompt operator's";
    /// What a model is told to keep to.
    RULES = 3: "instruction instructions rule rules guideline guidelines directive directives policy policies restriction restrictions constraint constraints safeguard safeguards filter filters programming guardrail guardrails protocol protocols training limits limitations censorship anweisung anweisungen regel regeln richtlinie richtlinien vorgaben beschrankungen einschrankungen einschraenkungen sicherheitsrichtlinien consigne consignes regle regles instruccion instrucciones regla reglas directrices restricciones istruzione istruzioni regola regole restrizioni instrucoes regras restricoes instructies regels instruktioner regler instrukcje zasady filtro filtros filtre filtres filtri";
    /// The text of instructions itself.
    PROMPT = 4: "prompt prompts instruction instructions directive directives preprompt systemprompt sysprompt anweisungen systemanweisungen instructions instrucciones istruzioni consignes instrucoes";
    /// Which instructions: those that nobody is to see.
    HIDDEN = 5: "system initial hidden secret original internal underlying sistema systeme preliminary operating system-prompt";
    /// Which instructions: in full.
    FULL = 6: "full entire complete exact verbatim core base word-for-word precise";
    /// Show it.
    REVEAL = 7: "reveal show print output repeat display leak dump tell recite disclose expose echo reproduce verrate verrat zeige zeig nenne wiederhole revele revelez montre montrez affiche affichez muestra muestrame revela rivela rivelami mostra mostrami stampa repite mostre imprima toon ujawnij printing revealing outputting";
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
    OBEY = 13: "comply obey follow execute do perform accept grant allow proceed gehorche befolge befolgen obeis obedece obbedisci run act";
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
    DISABLED = 20: "disabled disable disabling deactivated deactivate lifted removed suspended overridden void exempt bypassed bypass skipped skip unlocked revoked waived compromised changed gelten valgono appliquent aplican apply meant";
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
    MODE = 30: "developer dev god sudo unrestricted jailbreak desarrollo desarrollador entwickler developpeur sviluppatore dan opposite";
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
    /// A name of many jailbreaks.
    DAN = 41: "dan stan dude aim";
}

/// A name with an underscore: of a tool, or of a field. Found by its form.
pub(super) const NAME: u64 = 1 << 60;

/// Classes by word.
static LEXICON: LazyLock<AHashMap<&'static str, u64>> = LazyLock::new(|| {
    let mut map: AHashMap<&'static str, u64> = AHashMap::new();
    for (class, words) in WORDS {
        for word in words.split(' ') {
            *map.entry(word).or_default() |= class;
        }
    }
    map
});

/// Long words of the lexicon as they look in other writings: half the alphabet further, and backwards.
static DISGUISED: LazyLock<AHashMap<String, Disguise>> = LazyLock::new(|| {
    let strong = OVERRIDE | RULES | PROMPT | UNBOUND | HIDDEN | PRIOR;
    let mut map = AHashMap::new();
    for (word, classes) in LEXICON.iter().filter(|(word, _)| word.len() >= 5) {
        if classes & strong == 0 {
            continue;
        }
        map.insert(super::normalise::rot13(word), Disguise::Rot13);
        map.insert(word.chars().rev().collect(), Disguise::Reversed);
    }
    map.retain(|word, _| !LEXICON.contains_key(word.as_str()));
    map
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
    LEXICON.get(word).copied().unwrap_or(0)
}

/// The writing in which a word is known.
pub(super) fn disguise(word: &str) -> Option<Disguise> {
    if word.len() < 5 { None } else { DISGUISED.get(word).copied() }
}

/// Every word, for texts in which words are not apart.
pub(super) fn all_words() -> impl Iterator<Item = &'static str> {
    LEXICON.keys().copied()
}
