//! From a token to a caller in the key table: is it good, what does it say, does what it names exist. Users that nobody
//! made are made here, where the settings want that.

use super::belongs::{self, Said};
use super::rings::{Accepted, Rings};
use crate::app::accounts;
use crate::app::authorization::Caller;
use crate::app::state::App;
use gw_config::compile::IssuerSettings;
use gw_identity::{Algorithm, Claims, Expected, Refused, Token};
use gw_model::{AccountId, ErrorCode, KeyId, KeyPolicy, KeyTerms, Level, Micros, Refusal};
use gw_store::StoreError;
use gw_store::keys::caller_id;
use gw_store::memory::{Account, KeyEntry, NewCaller, Rules, Told, named_account_id};
use gw_store::restore::{Party, restore_windows};
use gw_store::traits::Database;
use gw_store::types::{AccountFilter, AccountProfile, KeyLabel};
use std::sync::Arc;

const MICROS: i64 = 1_000_000;

/// What the bearer of a token that is not good is told.
pub(super) fn refusal(refused: &Refused) -> Refusal {
    Refusal::new(ErrorCode::InvalidApiKey, refused.to_string())
}

fn refused(text: String) -> Refusal {
    Refusal::new(ErrorCode::InvalidApiKey, text)
}

/// Puts the bearer of a token into the key table.
pub(super) async fn introduce(
    app: &Arc<App>,
    rings: &Rings,
    token: String,
) -> Result<Arc<KeyEntry>, Refusal> {
    let accepted = app.issuers.load_full();
    let (issuer, claims) = check(app, rings, &accepted, &token).await?;
    let said = belongs::said(&issuer, &claims).map_err(|lacking| refused(lacking.to_string()))?;
    let ends_at = claims.ends_at().unwrap_or(0).saturating_add(issuer.leeway_seconds).saturating_mul(MICROS);
    let app = Arc::clone(app);
    let work =
        move || Bearer { app: &app, accepted: &accepted, issuer: &issuer, said }.admit(&token, ends_at);
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Refusal::new(ErrorCode::Internal, "the token could not be looked at")),
    }
}

/// Is the token good, and whose is it? Where several issuers have the same name, the first that takes it decides.
async fn check(
    app: &App,
    rings: &Rings,
    accepted: &Accepted,
    text: &str,
) -> Result<(Arc<IssuerSettings>, Claims), Refusal> {
    let settings = &accepted.settings;
    let token = Token::read(text, settings.max_token_bytes).map_err(|why| refusal(&why))?;
    let named = token.said_issuer().unwrap_or_default();
    let mut why = refusal(&Refused::Issuer);
    for issuer in settings.issuers.iter().filter(|issuer| issuer.issuer == named) {
        match check_with(app, rings, accepted, issuer, &token).await {
            Ok(claims) => return Ok((Arc::clone(issuer), claims)),
            Err(refusal) => why = refusal,
        }
    }
    Err(why)
}

async fn check_with(
    app: &App,
    rings: &Rings,
    accepted: &Accepted,
    issuer: &IssuerSettings,
    token: &Token<'_>,
) -> Result<Claims, Refusal> {
    let unavailable = || {
        let text = "the keys of this token's issuer cannot be read at present; try again in a moment";
        Refusal::new(ErrorCode::IdentityUnavailable, text).retry_after(2)
    };
    let algorithms: Vec<Algorithm> = match issuer.algorithms.is_empty() {
        true => Algorithm::ALL.to_vec(),
        false => issuer.algorithms.iter().filter_map(|name| Algorithm::from_name(name)).collect(),
    };
    let expected = Expected {
        issuer: &issuer.issuer,
        audiences: &issuer.audiences,
        algorithms: &algorithms,
        leeway_seconds: issuer.leeway_seconds,
        max_age_seconds: issuer.max_age_seconds,
        nonce: None,
    };
    let now = app.gateway.clock().now().div_euclid(MICROS);
    let keys = rings.keys(accepted, issuer).await.ok_or_else(unavailable)?;
    let outcome = match gw_identity::verify(token.clone(), &keys, &expected, now) {
        // The issuer may have new keys.
        Err(Refused::UnknownKey { id }) => match rings.newer(accepted, issuer).await {
            Some(keys) => gw_identity::verify(token.clone(), &keys, &expected, now),
            None => Err(Refused::UnknownKey { id }),
        },
        outcome => outcome,
    };
    outcome.map_err(|why| refusal(&why))
}

/// A good token's bearer. What it does may wait for the database.
struct Bearer<'a> {
    app: &'a App,
    accepted: &'a Accepted,
    issuer: &'a IssuerSettings,
    said: Said,
}

impl Bearer<'_> {
    fn admit(self, token: &str, ends_at: Micros) -> Result<Arc<KeyEntry>, Refusal> {
        let above = self.above()?;
        let plan = self.plan(&above)?;
        let mut terms = self.terms()?;
        terms.plan_id = plan.map(|plan| plan.id.to_string());
        let id_of = |level| above.iter().find(|account| account.id.level == level).map(|a| a.id.to_string());
        terms.team_id = id_of(Level::Team);
        terms.project_id = id_of(Level::Project);
        let policy = KeyPolicy {
            name: format!("{}/{}", self.issuer.name, self.said.name),
            user_id: id_of(Level::User),
            expires_at: Some(ends_at),
            terms,
            ..KeyPolicy::default()
        };
        // Limits of different policies are counted apart: neither can be had by a token with the other.
        let kind = format!(
            "{}\0{}",
            self.said.policy.as_deref().unwrap_or(""),
            policy.plan_id.as_deref().unwrap_or("")
        );
        let id = caller_id(&self.issuer.issuer, &self.said.subject, &kind);
        let now = self.app.gateway.clock().now();
        if self.app.gateway.keys.get(id).is_none() {
            self.remember(id, &policy, now)?;
        }
        let told = Told { customer: self.said.customer.clone(), tags: self.said.tags.clone() };
        let new = NewCaller { id, token, policy, above: above.into(), told };
        self.app.gateway.keys.introduce(new, now, self.accepted.settings.max_callers).map_err(|_too_many| {
            let text = "too many callers with tokens are known at present; try again later";
            Refusal::new(ErrorCode::Overloaded, text).retry_after(60)
        })
    }

    /// The user, then the project, team and organization, from the nearest on.
    fn above(&self) -> Result<Vec<Arc<Account>>, Refusal> {
        let organization = self.one(Level::Organization, &self.said.organization, &[])?;
        let organization: Vec<_> = organization.into_iter().collect();
        let team = self.one(Level::Team, &self.said.team, &organization)?;
        let within: Vec<_> = team.iter().chain(&organization).cloned().collect();
        let project = self.one(Level::Project, &self.said.project, &within)?;
        let nearest = project.or(team).or(organization.into_iter().next());
        let mut above: Vec<_> = self.user()?.into_iter().collect();
        above.extend(nearest.iter().flat_map(|account| account.lineage()).cloned());
        Ok(above)
    }

    /// The first account of these ids or names that there is; it must stand within the nearest of those.
    fn one(
        &self,
        level: Level,
        named: &[String],
        within: &[Arc<Account>],
    ) -> Result<Option<Arc<Account>>, Refusal> {
        let Some(first) = named.first() else { return Ok(None) };
        let table = &self.app.gateway.keys.accounts;
        let find = |text: &String| {
            let by_id =
                || table.get(text.parse::<AccountId>().ok()?).filter(|account| account.id.level == level);
            let by_name = || match within.is_empty() {
                true => table.only_named(level, text, None),
                false => table.named(level, text, within),
            };
            by_id().or_else(by_name)
        };
        let is_within = |account: &Arc<Account>| {
            within.first().is_none_or(|nearest| account.lineage().any(|above| above.id == nearest.id))
        };
        let found = named.iter().filter_map(find).find(is_within);
        let what = level.as_str();
        found.map(Some).ok_or_else(|| {
            refused(format!("this token names the {what} '{}', which is not known here", shortened(first)))
        })
    }

    fn plan(&self, above: &[Arc<Account>]) -> Result<Option<Arc<Account>>, Refusal> {
        let table = &self.app.gateway.keys.accounts;
        let own = self.said.plan.iter().find_map(|name| table.named(Level::Plan, name, above));
        match own {
            Some(plan) => Ok(Some(plan)),
            None => self.one(Level::Plan, &self.said.plan, &[]),
        }
    }

    fn terms(&self) -> Result<KeyTerms, Refusal> {
        let Some(name) = &self.said.policy else {
            return Ok(KeyTerms { models: vec!["*".to_owned()], ..KeyTerms::default() });
        };
        let found = self.accepted.settings.policies.get(name);
        found.map(|terms| KeyTerms::clone(terms)).ok_or_else(|| {
            refused(format!("this token names the policy '{}', which is not known here", shortened(name)))
        })
    }

    fn user(&self) -> Result<Option<Arc<Account>>, Refusal> {
        let table = &self.app.gateway.keys.accounts;
        // Only an issuer that may do so names people here by their ids.
        if let Some(user) = self.said.user_id.and_then(|id| table.get(id)) {
            // What it belongs to would have no say in the call.
            if user.parent.is_some() {
                return Err(refused(format!(
                    "this token names the service account '{}'; service accounts call with keys of their own",
                    user.id
                )));
            }
            return Ok(Some(user));
        }
        let Some(named) = &self.said.user else {
            return match self.said.user_id {
                Some(id) => Err(refused(format!("this token names the user '{id}', who is not known here"))),
                None => Ok(None),
            };
        };
        // The same at every node, whoever comes first.
        let id = named_account_id(Level::User, None, &format!("{}\0{named}", self.issuer.issuer));
        if let Some(user) = table.get(id) {
            return Ok(Some(user));
        }
        let called = called(self.issuer, named);
        let known = self.looked_for(|database| database.identity(&self.issuer.issuer, &called))?;
        if let Some(id) = known {
            // Another node may have made the user just now.
            let read = if table.get(id).is_none() { accounts::refresh(self.app, &[id]) } else { Ok(()) };
            self.looked_for(|_| read)?;
            if let Some(user) = table.get(id) {
                return Ok(Some(user));
            }
        }
        if let Some(user) = self.by_email()? {
            // Whoever he is by then: the issuer's own name stays, an address may become another's.
            self.looked_for(|database| {
                database.create_identity(
                    &self.issuer.issuer,
                    &called,
                    user.id,
                    self.app.gateway.clock().now(),
                )
            })?;
            return Ok(Some(user));
        }
        if known.is_some() || self.looked_for(|database| database.was_removed(id))? {
            let text = format!(
                "the user '{}' of this token was deleted here, and is not made again by it; ask an administrator",
                shortened(named)
            );
            return Err(refused(text));
        }
        if !self.issuer.create_users {
            let text = format!("this token is of the user '{}', who is not known here", shortened(named));
            return Err(refused(text));
        }
        let profile = AccountProfile {
            name: self.said.name.clone(),
            email: self.said.email.clone(),
            ..AccountProfile::default()
        };
        let made = accounts::create_as(self.app, &Caller::gateway(), id, None, &profile);
        if let Err(error) = &made {
            // Another node may have been quicker, and that has not come here yet.
            let read = accounts::refresh(self.app, &[id]);
            if table.get(id).is_none() {
                tracing::warn!(%error, read = read.is_ok(), "a user could not be made at its first call");
            }
        }
        table.get(id).map(Some).ok_or_else(|| {
            let text = "the user of this token cannot be made at present; try again in a moment";
            Refusal::new(ErrorCode::StorageUnavailable, text).retry_after(2)
        })
    }

    /// Users that were made otherwise are known by their address.
    fn by_email(&self) -> Result<Option<Arc<Account>>, Refusal> {
        let Some(email) = &self.said.email else { return Ok(None) };
        let filter = AccountFilter { email: Some(email.clone()), ..AccountFilter::of(Level::User, 1) };
        let found = self.looked_for(|database| database.accounts(&filter))?;
        Ok(found.first().and_then(|user| self.app.gateway.keys.accounts.get(user.id)))
    }

    /// Asks the database for a user.
    fn looked_for<T>(&self, ask: impl FnOnce(&dyn Database) -> Result<T, StoreError>) -> Result<T, Refusal> {
        ask(&*self.app.storage.database).map_err(|error| {
            tracing::warn!(%error, "a user could not be looked for");
            let text = "the user of this token cannot be looked for at present; try again in a moment";
            Refusal::new(ErrorCode::StorageUnavailable, text).retry_after(2)
        })
    }

    /// What the caller spent before counts before its first call, and reports know its name.
    fn remember(&self, id: KeyId, policy: &KeyPolicy, now: Micros) -> Result<(), Refusal> {
        let (database, table) = (&self.app.storage.database, &self.app.gateway.keys);
        let restored = || -> Result<(), StoreError> {
            let rules = Rules::new(&policy.limits, policy.budgets.clone());
            if !policy.budgets.is_empty() || policy.plan_id.is_some() {
                table.restore_spent(id, now, &database.spent_of(id, now)?);
            }
            if rules.has_other_windows() {
                let account = AccountId { level: Level::Key, number: id.0 };
                let party = Party { id: account, tally: table.tally(id), rules: Arc::new(rules) };
                restore_windows(&**database, &[party], now)?;
            }
            database.label_keys(&[KeyLabel::of(id, policy)])
        };
        match restored() {
            Ok(()) => Ok(()),
            // As with keys: traffic goes on without the database.
            Err(error) if error.is_unavailable() => Ok(()),
            Err(error) => {
                tracing::error!(%error, "what a caller spent could not be read");
                Err(Refusal::new(ErrorCode::Internal, "the caller of this token could not be looked up"))
            }
        }
    }
}

/// What stands for a person's name at an issuer among the names that it gives: sign-ins know people by `sub`, and so do tokens,
/// where that is the claim that names them.
fn called(issuer: &IssuerSettings, named: &str) -> String {
    match issuer.claims.user.as_deref() {
        None | Some("sub") => named.to_owned(),
        Some(claim) => format!("{claim}={named}"),
    }
}

/// What a stranger wrote, fit for a message.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
