//! Whose calls a dataset was collected from: of each the accounts that it counted for, from the nearest on. Whoever opens the
//! dataset must be allowed to see now what was said there; that they were allowed once is not enough.

use crate::app::authorization::{Caller, Denied, Reach, Resource, Standing};
use crate::app::state::App;
use gw_model::{AccountId, Level};
use std::collections::BTreeSet;

/// Of a dataset that was written by hand.
pub(crate) const NONE: &str = "[]";

/// Most that one dataset has; beyond them only organizations are told apart.
const MAX_ORIGINS: usize = 500;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins(BTreeSet<Vec<String>>);

impl Origins {
    /// What was written down. What cannot be read is nobody's but the gateway's own.
    pub(crate) fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|_| BTreeSet::from([Vec::new()])))
    }

    /// As it is written down.
    pub(crate) fn written(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_else(|_| NONE.to_owned())
    }

    /// True where it is nobody's call.
    pub(crate) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a call that counted for these accounts.
    pub(crate) fn add(&mut self, accounts: &[AccountId]) {
        const LEVELS: [Level; 4] = [Level::User, Level::Project, Level::Team, Level::Organization];
        let of = |levels: &[Level]| -> Vec<String> {
            let at = |level: &Level| accounts.iter().find(|id| id.level == *level);
            levels.iter().filter_map(at).map(ToString::to_string).collect()
        };
        let nearest = of(&LEVELS);
        let is_more = self.0.len() >= MAX_ORIGINS && !self.0.contains(&nearest);
        self.0.insert(if is_more { of(&[Level::Organization]) } else { nearest });
    }

    /// Where each of them stands now: at the nearest account that there is still, and as the own call of whoever made it.
    fn standings<'a>(&'a self, app: &'a App) -> impl Iterator<Item = Standing> + 'a {
        self.0.iter().map(|origin| {
            let ids = || origin.iter().filter_map(|id| id.parse::<AccountId>().ok());
            let user = ids().find(|id| id.level == Level::User);
            let mut places = ids().filter(|id| id.level != Level::User);
            let place = places.find(|id| app.gateway.keys.accounts.get(*id).is_some());
            place.map_or_else(Standing::default, |id| Standing::of_account(app, id)).owned_by(user)
        })
    }

    /// May he see what is said in such calls, now?
    ///
    /// # Errors
    /// What he lacks.
    pub(crate) fn may_be_opened_by(&self, app: &App, caller: &Caller) -> Result<(), Denied> {
        let read = Resource::Bodies.read();
        for standing in self.standings(app) {
            caller.authority.may(read, &standing).map_err(|_| Denied::Missing(read))?;
        }
        Ok(())
    }

    /// Does he look after all of where they come from?
    pub(crate) fn are_looked_after_by(&self, app: &App, caller: &Caller) -> bool {
        let write = Resource::Datasets.write();
        !self.is_none()
            && self.standings(app).all(|standing| caller.authority.may(write, &standing) == Ok(Reach::All))
    }
}
