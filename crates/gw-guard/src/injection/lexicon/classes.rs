//! What words do in attempts to take over a model, as bits: what a word is for, not what it means. Serves the lexicon,
//! which gives words to them, and the rules, which name nothing else.

macro_rules! classes {
    ($($(#[$meta:meta])* $name:ident;)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $($(#[$meta])* pub(in crate::injection) const $name: u128 = 1 << place(stringify!($name));)*
    };
}

/// Where a name stands among all.
const fn place(name: &str) -> usize {
    let mut at = 0;
    while at < NAMES.len() && !is_same(NAMES[at].as_bytes(), name.as_bytes()) {
        at += 1;
    }
    at
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

classes! {
    /// Make it not count.
    OVERRIDE;
    /// What came before, or all of it.
    PRIOR;
    /// Whose they are.
    OWN;
    /// What a model is told to keep to.
    RULES;
    /// The text of instructions itself.
    PROMPT;
    /// Which instructions: those that nobody is to see.
    HIDDEN;
    /// Which instructions: in full.
    FULL;
    /// Show it.
    REVEAL;
    /// Denies.
    NOT;
    /// Nothing holds it back.
    UNBOUND;
    /// The one who is spoken to.
    YOU;
    /// What it is to play.
    ROLE;
    /// From here on.
    NOW;
    /// Does as told.
    OBEY;
    /// All of it.
    ALL;
    /// What is asked.
    ASKED;
    /// Send it away.
    SEND;
    /// What is worth stealing.
    DATA;
    /// Gives it away.
    LEAK;
    /// Away from here.
    OUTSIDE;
    /// Turned off.
    DISABLED;
    /// Keeps it from harm.
    SAFETY;
    /// What it keeps to.
    KEPT;
    /// A machine that reads.
    MACHINE;
    /// Words of one who addresses it.
    ADDRESS;
    /// Names of codings.
    CODING;
    /// Undoes a coding.
    DECODE;
    /// The answer.
    REPLY;
    /// A mark that is to be repeated.
    MARK;
    /// Adds.
    APPEND;
    /// A mode that there is not.
    MODE;
    /// A mode.
    MODES;
    /// Other ones than before.
    NEW;
    /// Destroys.
    DELETE;
    /// Runs something.
    CALL;
    /// Before it answers, or else.
    BEFORE;
    /// A chain of thought.
    THOUGHT;
    /// Who thinks.
    SELF;
    /// Given before.
    GIVEN;
    /// What stands before.
    BEHIND;
    /// What is asked of it for the future.
    FUTURE;
    /// A name of many jailbreaks.
    DAN;
    /// Hands something over.
    GIVE;
    /// Whose it is who is spoken to.
    YOURS;
    /// Asks what there is.
    WHAT;
    /// How much of a text.
    COUNT;
    /// What stands over it.
    ABOVE;
    /// Does no longer.
    STOP;
    /// It has to.
    MUST;
    /// What a mailbox or a conversation holds.
    INBOX;
    /// Says no.
    REFUSE;
    /// Somebody who is made up.
    PERSONA;
    /// What nobody is to know.
    SECRET;
    /// Whose it is who speaks.
    MY;
    /// How an answer is to begin.
    START;
    /// Of a conversation with a model.
    SCOPE;
    /// Makes it not count, behind what is meant, as some languages have it.
    OVERRIDDEN;
    /// Shows it, behind what is meant.
    SHOWN;
    /// In place of it.
    INSTEAD;
    /// The one who is spoken to, and nobody else.
    SECOND;
    /// Commands of a computer.
    SHELL;
    /// Told to make it not count: such a verb where an order stands.
    FORGO;
    /// Makes something not count, of things that people drop as well.
    DROP;
    /// Told to drop it: such a verb where an order stands.
    LOSE;
    /// Told to show it: a verb of showing, giving or putting it otherwise where an order stands.
    TELLS;
    /// Stands in front of an order.
    LEAD;
    /// What is told to a model and to hardly anybody else.
    ORDERS;
    /// The prompt that nobody is to see, as one term.
    SYSPROMPT;
    /// What the one who is spoken to was told.
    TOLD;
    /// Does not count any more.
    VOIDED;
    /// Counts.
    APPLY;
    /// Puts something somewhere.
    PUT;
    /// Out of the way.
    ASIDE;
    /// Sees something as something.
    TREAT;
    /// As if it were so.
    AS_IF;
    /// Says that something is so no longer.
    NO_LONGER;
    /// Is held by nothing any more.
    FREED;
    /// Those who made a model, or run it.
    MAKER;
    /// What one has to do.
    TASK;
    /// Keeps models from harm, and hardly anything else.
    MODERATION;
    /// Keeps contents from people, on many platforms.
    FILTERING;
    /// How long something is to hold among those who talk.
    SESSION;
    /// Does not keep to something.
    BREAKS;
    /// Not as somebody would have it.
    AGAINST;
    /// Gives nothing for something.
    CARELESS;
    /// What people hold to be right.
    ETHICS;
    /// Puts a text into another form.
    TRANSFORM;
    /// What is told of a text.
    SAYS;
    /// Is kept as a secret.
    GUARDS;
    /// What opens something.
    KEYWORD;
    /// A reader that can only be a machine.
    READER;
    /// Does not let others know.
    CONCEAL;
    /// Those whom a model serves.
    SERVED;
    /// Does what stands there.
    CARRY;
    /// Known to be somebody who may.
    AUTHORITY;
    /// Talk about attacks, or about words.
    TALK;
    /// Talk about formats of texts.
    FORMAT;
    /// Right and wrong.
    MORALS;
    /// Says no: said of one who is to answer.
    NEVER_NO;
    /// Judges something well.
    FAVOUR;
    /// Asks for how something is done.
    ASKING;
    /// Words that take an order for something of their own: `instructions for the oven`.
    PURPOSE;
    /// Makes a prompt one of its kind, not the one: a prompt template.
    KIND;
    /// To whom it is to listen, and to nobody else.
    LOYAL;
    /// What one is told to do, of people as much as of models.
    LOOSE;
    /// May stand behind what it says to be of before.
    POST;
    /// Denies a verb.
    DENY;
    /// Told not to let others know: such words where an order stands.
    HUSH;
    /// May, must or will.
    MODAL;
    /// Undoes a coding, and nothing else.
    DECIPHER;
    /// Stands between somebody and rules.
    HAVE;
    /// The very text that is read.
    THIS;
    /// A page, a file or what it is about, where it is this one.
    PAGED;
    /// Counts more than others.
    PREVAIL;
    /// Somebody to play.
    FIGURE;
    /// All there is, as one thing.
    EVERYTHING;
    /// Told to judge something well: such a verb where an order stands.
    RATES;
    /// As somebody.
    AS_A;
    /// Puts pieces together.
    COMBINE;
    /// What came before, in time or on the page, and not just all of something.
    EARLIER;
    /// Within a text that is only looked at.
    INSIDE;
    /// If the one who reads is somebody.
    IF_YOU;
    /// Reads or goes through something.
    READS;
    /// Of those who speak themselves: `my`, `our`.
    MINE;
    /// Makes a term one of many: `a system prompt`, `my prompt`.
    ONE_OF;
    /// Stands in quotation marks.
    QUOTED;
    /// Of a page, a mail or the result of a tool.
    PAGE;
    /// A name with an underscore: of a tool, or of a field. Found by its form.
    NAME;
}

const _: () = assert!(NAMES.len() <= 128, "more classes than bits");
