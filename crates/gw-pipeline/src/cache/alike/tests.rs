//! Pairs of turns by what tells them apart. How well vectors and words do together is tested in `tests/alike.rs`.

use super::Difference::{
    Code, Dates, Direction, Language, Names, Negation, Numbers, Opposites, Person, Question, Quotes, Units,
    Words,
};
use super::{Alike, Difference, compare};

#[track_caller]
fn both(one: &str, other: &str, wanted: Alike) {
    assert_eq!(compare(one, other), wanted, "{one:?} and {other:?}");
    assert_eq!(compare(other, one), wanted, "{other:?} and {one:?}");
}

const DIFFERENT: &[(Difference, &str, &str)] = &[
    (Numbers, "What is 15% of 80?", "What is 15% of 90?"),
    (Numbers, "Name three rivers", "Name five rivers"),
    (Numbers, "What is new in version 2.1?", "What is new in version 2.10?"),
    (Numbers, "Mix 2 apples and 3 pears", "Mix 3 apples and 2 pears"),
    (Numbers, "Explain World War I", "Explain World War II"),
    (Units, "Bake it at 180 celsius", "Bake it at 180 fahrenheit"),
    (Units, "Phones under 300 $", "Phones under 300 €"),
    (Dates, "Open on Saturday?", "Open on Sunday?"),
    (Dates, "Is it raining today?", "Is it raining tomorrow?"),
    (Names, "Who is the CEO of Microsoft?", "Who is the CEO of Google?"),
    (Names, "Sort a list in C", "Sort a list in C++"),
    (Names, "Call parse_date", "Call parse_time"),
    (Names, "Who directed Alien?", "Who directed Aliens?"),
    (Quotes, "What does \"bona fide\" mean?", "What does \"de facto\" mean?"),
    (Quotes, "What does `git rebase` do?", "What does `git reset` do?"),
    (Code, "What is 2 + 2?", "What is 2 * 2?"),
    (Code, "Why? `a` ```x == 1; y();```", "Why? `a` ```x != 1; y();```"),
    (Code, "What does 😀 mean?", "What does 😡 mean?"),
    (Negation, "Which foods are good for me?", "Which foods aren't good for me?"),
    (Negation, "List users with rights", "List users with rights, except admins"),
    (Opposites, "How do I enable logs?", "How do I disable logs?"),
    (Opposites, "What is the highest point?", "What is the lowest point?"),
    (Opposites, "Is the shop open?", "Is the shop closed?"),
    (Question, "Is the shop open?", "The shop is open"),
    (Question, "Who is the pope?", "Who was the pope?"),
    (Question, "Should I bring a bag?", "Can I bring a bag?"),
    (Person, "What is your address?", "What is my address?"),
    (Person, "What is his address?", "What is her address?"),
    (Person, "What can I do here?", "What can you do here?"),
    (Person, "What do you think of this painting?", "What do you think of my painting?"),
    (Person, "Which rooms have you booked?", "Which rooms have been booked?"),
    (Person, "Why does my cat sneeze?", "Why do cats sneeze?"),
    (Person, "Why do I have so many books?", "Why are there so many books?"),
    (Question, "How did you get in there?", "How can I get in there?"),
    (Names, "What is The Wire about?", "What is a wire?"),
    (Words, "What do people say of people?", "What do people say?"),
    (Question, "What happens if I lost the key?", "What happens if the key was lost?"),
    (Direction, "Trains from oslo to bergen", "Trains from bergen to oslo"),
    (Direction, "Did the cat chase the dog?", "Did the dog chase the cat?"),
    (Direction, "The effect of sleep on mood", "The effect of mood on sleep"),
    (Direction, "Translate it to german", "Translate it from german"),
    (Direction, "Is the parcel from Lena?", "Is the parcel for Lena?"),
    (Direction, "Who does the manager report to?", "Who reports to the manager?"),
    (Direction, "Are there any books about Picasso?", "Are there any books by Picasso?"),
    (Direction, "Who was killed by Brutus?", "Who killed Brutus?"),
    (Direction, "Can I take photos in the museum?", "Can I take photos of the museum?"),
    (Direction, "List all who report to Kim", "List all who report Kim"),
    (Direction, "Can I pay by invoice?", "Can I pay the invoice?"),
    (Question, "How is cheese made?", "What is cheese made of?"),
    (Question, "What happened in the talks?", "What happens in the talks?"),
    (Question, "When can I apply?", "When must I apply?"),
    (Question, "What do cats like?", "What are cats like?"),
    (Words, "what is the capital of france", "what is the capital of spain"),
    (Words, "How do I cook rice?", "How do I cook rice in a microwave?"),
    (Words, "When was it built?", "Who built it?"),
    (Words, "Should I rent or buy?", "Should I rent and buy?"),
    (Words, "hm", "ah"),
    (Language, "Wie setze ich mein Passwort zurück?", "How do I reset my password?"),
    (Language, "Привет", "Hello"),
];

#[test]
fn what_tells_turns_apart_is_seen() {
    for (difference, one, other) in DIFFERENT {
        both(one, other, Alike::Differs(*difference));
    }
}

#[test]
fn what_says_nothing_makes_no_difference() {
    let same = [
        ("How do I reset my password?", "hi, could you please tell me how to reset my password"),
        ("What is DNA?", "what's DNA"),
        ("What is DNA?", "Explain DNA."),
        ("I can't log in", "I cannot sign in"),
        ("Name 2 rivers", "Name two rivers"),
        ("It costs 1,000 dollars", "It costs 1000 dollars"),
        ("What is the price of gold?", "What is the gold price?"),
        ("In Python, how do I sort a list?", "How do I sort a list in Python?"),
        ("The difference between A and B", "The difference between B and A"),
        ("Why is the sky blue?", "How come the sky is blue?"),
        ("How do I turn on dark mode?", "How do I enable dark mode?"),
        ("Buying a used car", "Purchase used cars"),
        ("Which colours suit my neighbour?", "Which colors suit my neighbor?"),
        ("How do I organise my travelling?", "How do I organize my traveling?"),
        ("What does \"pro bono\" mean?", "the meaning of pro bono"),
        ("How do I clean a filter?", "How can a filter be cleaned?"),
        ("", ""),
        ("?", "?"),
    ];
    for (one, other) in same {
        both(one, other, Alike::Same);
    }
}

#[test]
fn other_words_need_a_vector_that_is_surer() {
    let (one, other) =
        ("Where can I find cheap flights to Rome?", "Which airline has the lowest fares to Rome?");
    both(one, other, Alike::Reworded);
    assert!(Alike::Reworded.allows(0.9, 0.8) && !Alike::Reworded.allows(0.89, 0.8));
    assert!(Alike::Same.allows(0.8, 0.8) && !Alike::Same.allows(0.79, 0.8));
    assert!(!Alike::Differs(Words).allows(1.0, 0.0));
}

#[test]
fn any_text_can_be_compared() {
    let odd = [
        "\0", "''''", "\"", "```", "«»", "a'", "'s", "n't", "1.2.3.4", "....", "-1", "\u{301}", "C++",
        "🙂🙂", "İ",
    ];
    for one in odd {
        for other in odd {
            let found = compare(one, other);
            assert_eq!(found, compare(other, one), "{one:?} {other:?}");
            assert!(one != other || found == Alike::Same, "{one:?}");
        }
    }
}
