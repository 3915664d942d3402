//! Made-up organizations, teams, projects, users, customers, tags and keys. Their ids are the same each time, so that a
//! store can be filled again and again.

use crate::app::storage::Storage;
use gw_model::{AccountId, KeyId, KeyPolicy, KeyTerms, Level, Micros};
use gw_store::StoreError;
use gw_store::keys::{generate_key, shown_parts};
use gw_store::types::{AccountProfile, MadeAccount, NewKey};

/// What ids of made-up things begin with, in their upper half.
const MADE_UP: u128 = 0x5eed_0000_0000_0000 << 64;

const ORGANIZATIONS: [&str; 4] = ["Northwind Labs", "Contoso Retail", "Fabrikam Health", "Tailspin Games"];
const TEAMS: [&str; 6] = ["Support", "Search", "Data platform", "Mobile", "Risk", "Research"];
const PROJECTS: [&str; 3] = ["assistant", "batch", "internal"];
const TAGS: [&str; 8] =
    ["production", "staging", "evaluation", "nightly", "mobile", "web", "agents", "summaries"];
const GIVEN: [&str; 12] =
    ["Ada", "Bram", "Chidi", "Dana", "Emil", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena"];
const FAMILY: [&str; 8] = ["Okafor", "Lindqvist", "Moreau", "Tanaka", "Silva", "Novak", "Haddad", "Weber"];

/// Users, and customers.
const USERS: usize = 72;
const CUSTOMERS: usize = 400;

/// A key and what its calls count for.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) key: KeyId,
    pub(super) accounts: Vec<AccountId>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Tenants {
    pub(super) callers: Vec<Caller>,
    /// Names and ids.
    pub(super) customers: Vec<(String, AccountId)>,
    pub(super) tags: Vec<(String, AccountId)>,
}

fn id(level: Level, number: usize) -> AccountId {
    AccountId { level, number: MADE_UP | u128::from(level.code()) << 32 | number as u128 }
}

fn named(name: impl Into<String>) -> AccountProfile {
    AccountProfile { name: name.into(), ..AccountProfile::default() }
}

/// Makes those that are missing.
pub(super) fn make(storage: &Storage, keys: u32, now: Micros) -> Result<Tenants, StoreError> {
    let database = &storage.database;
    let mut above: Vec<MadeAccount> = Vec::new();
    let mut projects = Vec::new();
    for (o, organization) in ORGANIZATIONS.iter().enumerate() {
        let parent = id(Level::Organization, o);
        above.push(MadeAccount { id: parent, parent: None, profile: named(*organization) });
        for (t, team) in TEAMS.iter().enumerate() {
            let of_team = id(Level::Team, o * TEAMS.len() + t);
            above.push(MadeAccount { id: of_team, parent: Some(parent), profile: named(*team) });
            for (p, project) in PROJECTS.iter().enumerate() {
                let of_project = id(Level::Project, (o * TEAMS.len() + t) * PROJECTS.len() + p);
                above.push(MadeAccount { id: of_project, parent: Some(of_team), profile: named(*project) });
                projects.push([of_project, of_team, parent]);
            }
        }
    }
    let beside = |level, names: Vec<String>| -> Vec<(String, AccountId)> {
        names.into_iter().enumerate().map(|(n, name)| (name, id(level, n))).collect()
    };
    let customers = beside(Level::Customer, (1..=CUSTOMERS).map(|n| format!("customer-{n:04}")).collect());
    let tags = beside(Level::Tag, TAGS.iter().map(ToString::to_string).collect());
    for (name, id) in customers.iter().chain(&tags) {
        above.push(MadeAccount { id: *id, parent: None, profile: named(name.clone()) });
    }
    database.create_missing(&above, now)?;
    for number in 0..USERS {
        let (given, family) = (GIVEN[number % GIVEN.len()], FAMILY[number / 9 % FAMILY.len()]);
        let email = format!("{}.{}.{number}@example.com", given.to_lowercase(), family.to_lowercase());
        let profile = AccountProfile { email: Some(email), ..named(format!("{given} {family}")) };
        let user = id(Level::User, number);
        if database.account(user)?.is_none() {
            database.create_account(user, None, &profile, now)?;
        }
    }
    let callers = (0..keys as usize).map(|number| caller(storage, number, &projects, now));
    let callers = callers.collect::<Result<_, _>>()?;
    Ok(Tenants { callers, customers, tags })
}

/// The key of that number, made where it is missing. Nobody knows it: calls cannot be made with it.
fn caller(
    storage: &Storage,
    number: usize,
    projects: &[[AccountId; 3]],
    now: Micros,
) -> Result<Caller, StoreError> {
    let key = KeyId(id(Level::Key, number).number);
    let Some([project, team, organization]) = projects.get(number * 7 % projects.len().max(1)).copied()
    else {
        return Err(StoreError::Damaged { what: "the projects that were made up" });
    };
    let user = id(Level::User, number % USERS);
    if storage.database.key(key)?.is_none() {
        let secret = generate_key()?;
        let (prefix, last4) = shown_parts(&secret);
        let terms = KeyTerms {
            team_id: Some(team.to_string()),
            project_id: Some(project.to_string()),
            models: vec!["*".to_owned()],
            ..KeyTerms::default()
        };
        let policy = KeyPolicy {
            name: format!("app-{:03}", number + 1),
            user_id: Some(user.to_string()),
            terms,
            ..KeyPolicy::default()
        };
        let digest = storage.keys.digest(secret.expose());
        storage.database.create_key(&NewKey { id: key, digest, pepper: 1, prefix, last4, policy }, now)?;
    }
    Ok(Caller { key, accounts: vec![user, project, team, organization] })
}
