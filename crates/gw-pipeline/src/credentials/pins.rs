//! Credentials that a call must use because what it names was made with them: another account does not have it. Plain
//! state; it must not know which credentials there are.

use gw_model::{ErrorCode, Refusal};
use gw_store::objects::Object;

/// See the module. One credential for each provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins(Vec<(String, String)>);

impl Pins {
    /// Binds the call to what the thing was made with, if that has a name. Errors: the call is bound to another one.
    pub(crate) fn pin(&mut self, object: &Object) -> Result<(), Refusal> {
        self.add(&object.provider, &object.credential)
    }

    /// Takes over what another part of the call is bound to. Errors: as [`Self::pin`].
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), Refusal> {
        other.0.iter().try_for_each(|(provider, credential)| self.add(provider, credential))
    }

    /// The credential to use at a provider.
    pub(crate) fn at(&self, provider: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(name, _)| name == provider);
        found.next().map(|(_, credential)| &**credential)
    }

    fn add(&mut self, provider: &str, credential: &str) -> Result<(), Refusal> {
        match self.at(provider) {
            _ if credential.is_empty() => Ok(()),
            Some(known) if known == credential => Ok(()),
            Some(_) => {
                let text = format!(
                    "what this request names is kept in different accounts of the provider '{provider}'; name what was \
                     made in one of them, or bind the key to one credential before it makes things"
                );
                Err(Refusal::new(ErrorCode::InvalidRequest, text))
            }
            None => {
                self.0.push((provider.to_owned(), credential.to_owned()));
                Ok(())
            }
        }
    }
}
