//! `/scim/v2/Groups`.

use super::answer::{About, Reply, Resource, tag};
use super::list::{self, GivenQuery, ListQuery, Wanted};
use super::{Answer, Asked, By, apart, expected, json, revision};
use crate::app::scim::{GroupGiven, ScimError, user_name};
use crate::scim::schema::GROUPS;
use crate::scim::selection::Selection;
use crate::scim::{Fault, patch, resource};
use axum::body::Bytes;
use axum::extract::{Extension, Path};
use axum::http::{HeaderMap, header};
use gw_model::AccountId;
use gw_store::types::StoredGroup;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Members whose names are read one by one; of more, all people are read.
const FEW: usize = 20;

/// Those that a filter says.
pub(super) async fn list(Extension(asked): By, query: GivenQuery) -> Answer {
    found(asked, list::query(query)?.wanted(&GROUPS)?).await
}

/// The same, asked in a body.
pub(super) async fn search(Extension(asked): By, body: Bytes) -> Answer {
    found(asked, ListQuery::of_search(&json(&body)?)?.wanted(&GROUPS)?).await
}

async fn found(asked: Arc<Asked>, wanted: Wanted) -> Answer {
    let Wanted { filter, order, page, selection } = wanted;
    let is_named = names_members(&selection);
    let work = move |asked: &Asked| {
        let is_meant = |one: &Resource| filter.as_ref().is_none_or(|filter| filter.matches(&one.members));
        let groups = asked.tenant.groups()?;
        let all = groups.iter().map(|group| (group, resource_of(asked, group, &HashMap::new())));
        let meant: Vec<&StoredGroup> = all.filter(|(_, one)| is_meant(one)).map(|(group, _)| group).collect();
        let names = if is_named { names(asked, meant.iter().copied())? } else { HashMap::new() };
        let mut found: Vec<Resource> =
            meant.into_iter().map(|group| resource_of(asked, group, &names)).collect();
        if let Some(order) = order {
            found.sort_by(|one, other| order.compare(&one.members, &other.members));
        }
        Ok(found)
    };
    Ok(Reply::list(apart(asked, work).await?, &page, &selection))
}

/// One of them.
pub(super) async fn show(
    Extension(asked): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: GivenQuery,
) -> Answer {
    let selection = list::selection(&GROUPS, query)?;
    let known = revision(&headers, &header::IF_NONE_MATCH)?.map(tag);
    let is_named = names_members(&selection);
    let one = apart(asked, move |asked| whole(asked, &asked.tenant.group(&id)?, is_named)).await?;
    Ok(Reply::resource(&one, &selection).unless_known(known.as_deref()))
}

/// Makes one.
pub(super) async fn create(Extension(asked): By, query: GivenQuery, body: Bytes) -> Answer {
    let selection = list::selection(&GROUPS, query)?;
    let given = given(&resource::read(&GROUPS, &json(&body)?)?)?;
    let is_named = names_members(&selection);
    let work = move |asked: &Asked| whole(asked, &asked.tenant.create_group(given)?, is_named);
    Ok(Reply::resource(&apart(asked, work).await?, &selection).made())
}

/// Changes all of one.
pub(super) async fn replace(
    Extension(asked): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: GivenQuery,
    body: Bytes,
) -> Answer {
    let given = given(&resource::read(&GROUPS, &json(&body)?)?)?;
    changed(asked, id, &headers, query, move |_| Ok(given.clone())).await
}

/// Changes parts of one.
pub(super) async fn change(
    Extension(asked): By,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: GivenQuery,
    body: Bytes,
) -> Answer {
    let wanted = json(&body)?;
    let change = move |present: &StoredGroup| Ok(given(&patch::apply(&GROUPS, plain(present), &wanted)?)?);
    changed(asked, id, &headers, query, change).await
}

async fn changed(
    asked: Arc<Asked>,
    id: String,
    headers: &HeaderMap,
    query: GivenQuery,
    change: impl Fn(&StoredGroup) -> Result<GroupGiven, ScimError> + Send + 'static,
) -> Answer {
    let (revision, selection) = (expected(headers)?, list::selection(&GROUPS, query)?);
    let is_named = names_members(&selection);
    let work =
        move |asked: &Asked| whole(asked, &asked.tenant.change_group(&id, revision, change)?, is_named);
    Ok(Reply::resource(&apart(asked, work).await?, &selection))
}

/// Removes one.
pub(super) async fn remove(Extension(asked): By, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let revision = expected(&headers)?;
    apart(asked, move |asked| asked.tenant.remove_group(&id, revision)).await?;
    Ok(Reply::empty())
}

/// What a resource says.
fn given(resource: &Map<String, Value>) -> Result<GroupGiven, Fault> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    let listed = match resource.get("members") {
        Some(Value::Array(list)) => list.as_slice(),
        _ => &[],
    };
    let mut members = Vec::with_capacity(listed.len());
    for (at, member) in listed.iter().enumerate() {
        let is_group =
            member.get("type").and_then(Value::as_str).is_some_and(|is| is.eq_ignore_ascii_case("group"));
        if is_group {
            return Err(Fault::value(
                &format!("members[{at}]"),
                "is a group: groups in groups are not supported",
            ));
        }
        let value = member.get("value").and_then(Value::as_str);
        let value =
            value.ok_or_else(|| Fault::value(&format!("members[{at}].value"), "must be the id of a user"))?;
        members.push(value.to_owned());
    }
    Ok(GroupGiven { name: text("displayName").unwrap_or_default(), external_id: text("externalId"), members })
}

/// A group as a resource, without what only the gateway sets.
fn plain(group: &StoredGroup) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("displayName".to_owned(), group.name.as_str().into());
    if let Some(external_id) = &group.external_id {
        members.insert("externalId".to_owned(), external_id.as_str().into());
    }
    if !group.members.is_empty() {
        let list = group.members.iter().map(|id| json!({ "value": id.to_string(), "type": "User" }));
        members.insert("members".to_owned(), list.collect());
    }
    members
}

/// Are the members' names wanted? Only where they are asked for: a directory knows what it calls them, and a group may have
/// very many.
fn names_members(selection: &Selection) -> bool {
    selection.asks_for("members", "display")
}

fn whole(asked: &Asked, group: &StoredGroup, is_named: bool) -> Result<Resource, ScimError> {
    let names = if is_named { names(asked, std::iter::once(group))? } else { HashMap::new() };
    Ok(resource_of(asked, group, &names))
}

/// What the members are called; who is gone has no name.
fn names<'g>(
    asked: &Asked,
    groups: impl Iterator<Item = &'g StoredGroup>,
) -> Result<HashMap<AccountId, String>, ScimError> {
    let mut ids: Vec<AccountId> = groups.flat_map(|group| group.members.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = match ids.len() {
        0 => Vec::new(),
        1..=FEW => {
            let mut people = Vec::with_capacity(ids.len());
            for id in ids {
                match asked.tenant.person(&id.to_string()) {
                    Err(ScimError::NotFound) => {}
                    found => people.push(found?),
                }
            }
            people
        }
        _ => asked.tenant.people()?,
    };
    Ok(people.iter().map(|person| (person.id, user_name(person).to_owned())).collect())
}

fn resource_of(asked: &Asked, group: &StoredGroup, names: &HashMap<AccountId, String>) -> Resource {
    let mut members = plain(group);
    if let Some(Value::Array(list)) = members.get_mut("members") {
        for (member, id) in list.iter_mut().zip(&group.members) {
            member["$ref"] = format!("{}/Users/{id}", asked.base).into();
            if let Some(name) = names.get(id) {
                member["display"] = name.as_str().into();
            }
        }
    }
    let about = About {
        kind: &GROUPS,
        id: group.id.to_string(),
        created_at: group.created_at,
        updated_at: group.updated_at,
        revision: group.revision,
    };
    Resource::new(&asked.base, about, members)
}
