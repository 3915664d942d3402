//! Questions and answers as values of the component model. Serves the engine. It must not trust an answer's shape: whatever
//! is not as `wit/guardrail.wit` has it is none.

use crate::{Answer, Finding, Question, Verdict};
use wasmtime::component::Val;

pub(crate) fn question(question: &Question) -> Val {
    let text = |(speaker, content): &(&'static str, String)| {
        Val::Record(vec![
            ("speaker".to_owned(), Val::Enum((*speaker).to_owned())),
            ("content".to_owned(), Val::String(content.clone())),
        ])
    };
    Val::Record(vec![
        ("guardrail".to_owned(), Val::String(question.guardrail.clone())),
        ("side".to_owned(), Val::Enum(question.side.to_owned())),
        ("model".to_owned(), Val::String(question.model.clone())),
        ("settings".to_owned(), Val::String(question.settings.clone())),
        ("texts".to_owned(), Val::List(question.texts.iter().map(text).collect())),
    ])
}

pub(crate) fn answer(value: &Val) -> Option<Answer> {
    let Val::Record(members) = value else { return None };
    let verdict = match member(members, "verdict")? {
        Val::Enum(name) => match name.as_str() {
            "allow" => Verdict::Allow,
            "flag" => Verdict::Flag,
            "replace" => Verdict::Replace,
            "block" => Verdict::Block,
            _ => return None,
        },
        _ => return None,
    };
    let Val::List(findings) = member(members, "findings")? else { return None };
    Some(Answer { verdict, findings: findings.iter().map(finding).collect::<Option<_>>()? })
}

fn finding(value: &Val) -> Option<Finding> {
    let Val::Record(members) = value else { return None };
    let number = |name: &str| match member(members, name)? {
        Val::U32(number) => Some(*number),
        _ => None,
    };
    let Val::String(kind) = member(members, "kind")? else { return None };
    let replacement = match member(members, "replacement")? {
        Val::Option(None) => None,
        Val::Option(Some(text)) => match &**text {
            Val::String(text) => Some(text.clone()),
            _ => return None,
        },
        _ => return None,
    };
    let (text, start, end) = (number("text")?, number("start")?, number("end")?);
    Some(Finding { text, start, end, kind: kind.clone(), replacement })
}

fn member<'v>(members: &'v [(String, Val)], name: &str) -> Option<&'v Val> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}
