//! The variables: their names, types and where in the subject they stand. Serves checker and evaluation; the
//! reference in `docs/policy.md` is held to this table by a test. It must not compute anything costly.

use crate::types::Type;
use crate::value::{List, Map, Value};
use gw_model::policy::{Reads, Subject};

/// A fact of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Model,
    Format,
    Endpoint,
    Stream,
    InputTokens,
    MaxOutputTokens,
    HasTools,
    HasImages,
    HasAudio,
    Choices,
    BodyBytes,
    Headers,
    Metadata,
    KeyId,
    KeyName,
    KeyMetadata,
    KeyTags,
    Team,
    Project,
    Organization,
    User,
    Customer,
    Session,
    Tags,
    Unix,
    Hour,
    Minute,
    Weekday,
    Now,
    BudgetUsed,
    TextContent,
    TextSpeaker,
    TextSide,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Bool,
    Int,
    Double,
    Text,
    Time,
    Texts,
    TextMap,
    AnyMap,
}

/// Name, type and fact. A name with a dot is a member of a record, which is no value itself.
const VARIABLES: &[(&str, Shape, Fact)] = &[
    ("request.model", Shape::Text, Fact::Model),
    ("request.format", Shape::Text, Fact::Format),
    ("request.endpoint", Shape::Text, Fact::Endpoint),
    ("request.stream", Shape::Bool, Fact::Stream),
    ("request.input_tokens", Shape::Int, Fact::InputTokens),
    ("request.max_output_tokens", Shape::Int, Fact::MaxOutputTokens),
    ("request.has_tools", Shape::Bool, Fact::HasTools),
    ("request.has_images", Shape::Bool, Fact::HasImages),
    ("request.has_audio", Shape::Bool, Fact::HasAudio),
    ("request.choices", Shape::Int, Fact::Choices),
    ("request.body_bytes", Shape::Int, Fact::BodyBytes),
    ("headers", Shape::TextMap, Fact::Headers),
    ("metadata", Shape::AnyMap, Fact::Metadata),
    ("key.id", Shape::Text, Fact::KeyId),
    ("key.name", Shape::Text, Fact::KeyName),
    ("key.metadata", Shape::TextMap, Fact::KeyMetadata),
    ("key.tags", Shape::Texts, Fact::KeyTags),
    ("team", Shape::Text, Fact::Team),
    ("project", Shape::Text, Fact::Project),
    ("organization", Shape::Text, Fact::Organization),
    ("user", Shape::Text, Fact::User),
    ("customer", Shape::Text, Fact::Customer),
    ("session", Shape::Text, Fact::Session),
    ("tags", Shape::Texts, Fact::Tags),
    ("time.unix", Shape::Int, Fact::Unix),
    ("time.hour", Shape::Int, Fact::Hour),
    ("time.minute", Shape::Int, Fact::Minute),
    ("time.weekday", Shape::Int, Fact::Weekday),
    ("time.now", Shape::Time, Fact::Now),
    ("budget.used", Shape::Double, Fact::BudgetUsed),
    ("text.content", Shape::Text, Fact::TextContent),
    ("text.speaker", Shape::Text, Fact::TextSpeaker),
    ("text.side", Shape::Text, Fact::TextSide),
];

/// What a name stands for.
pub(crate) fn find(name: &str) -> Option<(Fact, Type)> {
    let (_, shape, fact) = VARIABLES.iter().find(|(known, _, _)| *known == name)?;
    let of_texts = || Box::new(Type::Text);
    let kind = match shape {
        Shape::Bool => Type::Bool,
        Shape::Int => Type::Int,
        Shape::Double => Type::Double,
        Shape::Text => Type::Text,
        Shape::Time => Type::Time,
        Shape::Texts => Type::List(of_texts()),
        Shape::TextMap => Type::Map(of_texts()),
        Shape::AnyMap => Type::Map(Box::new(Type::Any)),
    };
    Some((*fact, kind))
}

/// Every name, as [`find`] takes it.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|(name, _, _)| *name)
}

/// The members of a record; none when there is no such record.
pub(crate) fn members(record: &str) -> impl Iterator<Item = &'static str> {
    names().filter_map(move |name| name.strip_prefix(record)?.strip_prefix('.'))
}

/// What must be found for a fact to be there.
pub(crate) fn reads(fact: Fact) -> Reads {
    let none = Reads::default();
    match fact {
        Fact::Headers => Reads { headers: true, ..none },
        Fact::Metadata => Reads { metadata: true, ..none },
        Fact::Tags => Reads { tags: true, ..none },
        Fact::HasTools | Fact::HasImages | Fact::HasAudio => Reads { content: true, ..none },
        Fact::BudgetUsed => Reads { budget: true, ..none },
        Fact::TextContent | Fact::TextSpeaker | Fact::TextSide => Reads { text: true, ..none },
        _ => none,
    }
}

const SECOND_US: i64 = 1_000_000;

/// The value of a fact; `None` when the subject does not have it.
pub(crate) fn read<'e>(fact: Fact, subject: &'e Subject<'e>) -> Option<Value<'e>> {
    let request = &subject.request;
    let seconds = subject.now.div_euclid(SECOND_US);
    let count = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    Some(match fact {
        Fact::Model => Value::text(request.model),
        Fact::Format => Value::text(request.format),
        Fact::Endpoint => Value::text(request.endpoint),
        Fact::Stream => Value::Bool(request.stream),
        Fact::InputTokens => count(request.input_tokens),
        Fact::MaxOutputTokens => count(request.max_output_tokens?),
        Fact::HasTools => Value::Bool(request.has_tools),
        Fact::HasImages => Value::Bool(request.has_images),
        Fact::HasAudio => Value::Bool(request.has_audio),
        Fact::Choices => Value::Int(i64::from(request.choices)),
        Fact::BodyBytes => count(request.body_bytes),
        Fact::Headers => Value::Map(Map::Pairs(subject.headers)),
        Fact::Metadata => Value::Map(subject.metadata.map_or(Map::Texts(None), Map::Json)),
        Fact::KeyId => Value::text(subject.key.id),
        Fact::KeyName => Value::text(subject.key.name),
        Fact::KeyMetadata => Value::Map(Map::Texts(subject.key.metadata)),
        Fact::KeyTags => Value::List(List::Texts(subject.key.tags)),
        Fact::Team => Value::text(subject.team),
        Fact::Project => Value::text(subject.project),
        Fact::Organization => Value::text(subject.organization),
        Fact::User => Value::text(subject.user),
        Fact::Customer => Value::text(subject.customer),
        Fact::Session => Value::text(subject.session),
        Fact::Tags => Value::List(List::Texts(subject.tags)),
        Fact::Unix => Value::Int(seconds),
        Fact::Hour => Value::Int(seconds.div_euclid(3600).rem_euclid(24)),
        Fact::Minute => Value::Int(seconds.div_euclid(60).rem_euclid(60)),
        // The epoch was a Thursday; Sunday is 0, as in CEL's `getDayOfWeek`.
        Fact::Weekday => Value::Int((seconds.div_euclid(86_400) + 4).rem_euclid(7)),
        Fact::Now => Value::Time(subject.now),
        Fact::BudgetUsed => Value::Double(subject.budget_used?),
        Fact::TextContent => Value::text(subject.text.content),
        Fact::TextSpeaker => Value::text(subject.text.speaker),
        Fact::TextSide => Value::text(subject.text.side),
    })
}
