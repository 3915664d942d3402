//! `/scim/v2/Users`.

use super::answer::{About, Reply, Resource, tag};
use super::error::Refused;
use super::list::{self, GivenQuery, ListQuery, Wanted};
use super::{Answer, Asked, By, apart, expected, json, revision};
use crate::app::scim::{PersonGiven, ScimError, person_shown};
use crate::scim::schema::USERS;
use crate::scim::{patch, resource};
use axum::body::Bytes;
use axum::extract::{Extension, Path};
use axum::http::{HeaderMap, header};
use gw_store::types::{StoredAccount, StoredGroup};
use serde_json::{Value, json};
use std::sync::Arc;

/// Those that a filter says.
pub(super) async fn list(Extension(asked): By, query: GivenQuery) -> Answer {
    found(asked, list::query(query)?.wanted(&USERS)?).await
}

/// The same, asked in a body.
pub(super) async fn search(Extension(asked): By, body: Bytes) -> Answer {
    found(asked, ListQuery::of_search(&json(&body)?)?.wanted(&USERS)?).await
}

async fn found(asked: Arc<Asked>, wanted: Wanted) -> Answer {
    let Wanted { filter, order, page, selection } = wanted;
    let work = move |asked: &Asked| {
        // What directories ask all the time is found without looking through all.
        let by_name = filter.as_ref().and_then(|filter| filter.equals("userName"));
        let by_id = filter.as_ref().and_then(|filter| filter.equals("id"));
        let known = by_name.map(|name| asked.tenant.person_of_address(name)).transpose()?.flatten();
        let people = match (known, by_id) {
            (Some(person), _) => vec![person],
            (None, Some(id)) => match asked.tenant.person(id) {
                Err(ScimError::NotFound) => Vec::new(),
                found => vec![found?],
            },
            (None, None) => asked.tenant.people()?,
        };
        let groups = asked.tenant.groups()?;
        let all = people.iter().map(|person| shown(asked, &groups, person));
        let is_meant = |one: &Resource| filter.as_ref().is_none_or(|filter| filter.matches(&one.members));
        let mut found: Vec<Resource> = all.filter(is_meant).collect();
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
    let selection = list::selection(&USERS, query)?;
    let known = revision(&headers, &header::IF_NONE_MATCH)?.map(tag);
    let one = apart(asked, move |asked| whole(asked, &asked.tenant.person(&id)?)).await?;
    Ok(Reply::resource(&one, &selection).unless_known(known.as_deref()))
}

/// Makes one.
pub(super) async fn create(Extension(asked): By, query: GivenQuery, body: Bytes) -> Answer {
    let selection = list::selection(&USERS, query)?;
    let given = PersonGiven::of(resource::read(&USERS, &json(&body)?)?);
    let work = move |asked: &Asked| whole(asked, &asked.tenant.create_person(given)?);
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
    let given = resource::read(&USERS, &json(&body)?)?;
    let change = move |_: &StoredAccount| Ok(PersonGiven::of(given.clone()));
    changed(asked, id, &headers, query, change).await
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
    let change = move |present: &StoredAccount| {
        let mut resource = patch::apply(&USERS, person_shown(present), &wanted)?;
        // A patch says all that is there: what it took away is not merely left out.
        resource.entry("active").or_insert(Value::Null);
        Ok(PersonGiven::of(resource))
    };
    changed(asked, id, &headers, query, change).await
}

async fn changed(
    asked: Arc<Asked>,
    id: String,
    headers: &HeaderMap,
    query: GivenQuery,
    change: impl Fn(&StoredAccount) -> Result<PersonGiven, ScimError> + Send + 'static,
) -> Answer {
    let (revision, selection) = (expected(headers)?, list::selection(&USERS, query)?);
    let work = move |asked: &Asked| whole(asked, &asked.tenant.change_person(&id, revision, change)?);
    Ok(Reply::resource(&apart(asked, work).await?, &selection))
}

/// Removes one.
pub(super) async fn remove(
    Extension(asked): By,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Reply, Refused> {
    let revision = expected(&headers)?;
    apart(asked, move |asked| asked.tenant.remove_person(&id, revision)).await?;
    Ok(Reply::empty())
}

fn whole(asked: &Asked, person: &StoredAccount) -> Result<Resource, ScimError> {
    Ok(shown(asked, &asked.tenant.groups()?, person))
}

fn shown(asked: &Asked, groups: &[StoredGroup], person: &StoredAccount) -> Resource {
    let mut members = person_shown(person);
    let of_person: Vec<Value> = groups
        .iter()
        .filter(|group| group.members.binary_search(&person.id).is_ok())
        .map(|group| {
            json!({
                "value": group.id.to_string(),
                "$ref": format!("{}/Groups/{}", asked.base, group.id),
                "display": group.name,
                "type": "direct",
            })
        })
        .collect();
    if !of_person.is_empty() {
        members.insert("groups".to_owned(), of_person.into());
    }
    Resource::new(&asked.base, about(person), members)
}

fn about(person: &StoredAccount) -> About<'static> {
    About {
        kind: &USERS,
        id: person.id.to_string(),
        created_at: person.created_at,
        updated_at: person.updated_at,
        revision: person.revision,
    }
}
