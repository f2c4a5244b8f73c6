//! What all requests of a service share.

use super::clients::Known;
use super::limits::Limits;
use super::metrics::Metrics;
use super::policy::{Fault, Policy};
use super::settings::Settings;
use super::signing::Signing;
use crate::verify::Keys;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A token service.
#[derive(Debug)]
pub struct Service {
    pub(super) settings: Settings,
    pub(super) policy: Arc<Policy>,
    /// Keys of callers' issuers.
    pub(super) keys: Keys,
    /// Its own.
    pub(super) signing: Signing,
    pub(super) known: Known,
    pub(super) limits: Limits,
    pub(super) metrics: Metrics,
}

impl Service {
    /// A service that has answered nothing yet. `random` is 32 random bytes, as text.
    ///
    /// ```
    /// use cloud_run_auth::service::{Service, Settings};
    /// let settings: Settings = serde_json::from_str(r#"{ "issuer": "https://tokens.example" }"#).unwrap();
    /// assert!(Service::new(settings, "", "random bits, 32 bytes or more of them").is_ok());
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong with the policy, or with the settings: those have no place, and say so by line 0.
    pub fn new(settings: Settings, policy: &str, random: &str) -> Result<Service, Vec<Fault>> {
        settings.check().map_err(|message| Vec::from([Fault { line: 0, column: 0, message }]))?;
        let policy = Policy::read(policy, &settings.all_audiences(), &settings.emulator)?;
        Ok(Service {
            settings,
            policy: Arc::new(policy),
            keys: Keys::new(),
            signing: Signing::default(),
            known: Known::new(random.into()),
            limits: Limits::default(),
            metrics: Metrics::default(),
        })
    }

    /// Takes another policy, for all requests that come from now on.
    ///
    /// # Errors
    /// Everything that is wrong with it; then the one before goes on.
    pub fn reload(&mut self, policy: &str) -> Result<(), Vec<Fault>> {
        self.policy = Arc::new(Policy::read(policy, &self.settings.all_audiences(), &self.settings.emulator)?);
        Ok(())
    }

    /// The policy that holds now.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}
