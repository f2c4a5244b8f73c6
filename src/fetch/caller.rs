//! Who calls: a session's credential, and what came in its place.

use super::host::within;
use super::options::Store;
use super::tokens::with;
use crate::config::Retry;
use crate::credential::{Credential, Fingerprint, Terms};
use crate::error::{AuthError, Code};
use crate::secret::Secret;
use crate::token::{CredentialId, Source};
use alloc::string::String;
use core::cell::{Cell, RefCell};

/// A session's credential.
pub(super) struct Caller {
    credential: Option<(Secret, Fingerprint)>,
    terms: Terms,
    /// The number that the tokens have for it.
    number: Cell<Option<CredentialId>>,
    /// The refresh token that came last in place of the file's. It is kept here, too, because the tokens may let go of the credential.
    rotated: RefCell<Secret>,
    /// The last one that the caller has stored.
    stored: RefCell<Secret>,
    store: Option<Store>,
    /// How what failed is tried again.
    pub(super) retry: Retry,
}

impl Caller {
    /// # Errors
    /// What is wrong with the credential.
    pub(super) fn new(
        credential: Option<Secret>,
        terms: Terms,
        store: Option<Store>,
        retry: Retry,
    ) -> Result<Caller, AuthError> {
        let checked = |text: Secret| {
            let fingerprint = Credential::from_json_with(text.expose_text(), &terms)?.fingerprint().clone();
            Ok((text, fingerprint))
        };
        Ok(Caller {
            credential: credential.map(checked).transpose()?,
            terms,
            number: Cell::new(None),
            rotated: RefCell::default(),
            stored: RefCell::default(),
            store,
            retry,
        })
    }

    /// Who asks for a token, for the tokens.
    ///
    /// # Errors
    /// What is wrong with the credential.
    pub(super) fn source(&self) -> Result<Source, AuthError> {
        if let Some(number) = self.number.get().filter(|number| with(|tokens| tokens.credential(*number).is_some())) {
            return Ok(Source::Credential(number));
        }
        let Some(mut credential) = self.read()? else {
            let hosts = self.terms.clone().with("lacks", "files programs")?;
            return Ok(Source::Environment { file: String::new(), hosts });
        };
        // Whoever has to sign reads it again: among the tokens it would stay for good.
        credential.forget_private_key();
        credential.rotate("", self.rotated.borrow().expose_text());
        let number = with(|tokens| tokens.register(credential, false));
        self.number.set(Some(number));
        Ok(Source::Credential(number))
    }

    /// The credential, read anew.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&self) -> Result<Option<Credential>, AuthError> {
        let file = self.credential.as_ref();
        file.map(|(text, _)| Credential::from_json_with(text.expose_text(), &self.terms)).transpose()
    }

    /// What tells the credential from every other.
    pub(super) fn fingerprint(&self) -> Option<&Fingerprint> {
        self.credential.as_ref().map(|(_, fingerprint)| fingerprint)
    }

    /// The project that the credential's file wants to pay for calls of Google's APIs; empty where it names none.
    pub(super) fn quota_project(&self) -> String {
        self.known(Credential::quota_project)
    }

    /// Hands a refresh token to the caller that came in place of the one before, and was not stored yet.
    ///
    /// # Errors
    /// `credential_function_failed` where it could not be stored within those milliseconds; the next token that is had is another
    /// occasion.
    pub(super) async fn hand_on(&self, most_ms: u64) -> Result<(), AuthError> {
        let rotated = Secret::from(self.known(Credential::rotated));
        if rotated.expose().is_empty() {
            return Ok(());
        }
        self.rotated.replace(Secret::new(rotated.expose()));
        let Some(store) = &self.store else { return Ok(()) };
        if rotated.expose() == self.stored.borrow().expose() {
            return Ok(());
        }
        let stored = within(most_ms, store(Secret::new(rotated.expose()))).await;
        stored.unwrap_or_else(|| Err("it took too long".into())).map_err(|why| {
            AuthError::about(
                Code::CredentialFunctionFailed,
                "the refresh token that came in place of the credential's could not be stored: ~. What was there may be void.",
                &why,
                "",
            )
        })?;
        self.stored.replace(rotated);
        Ok(())
    }

    fn known(&self, what: fn(&Credential) -> &str) -> String {
        let known = |number| with(|tokens| tokens.credential(number).map(|credential| what(credential).into()));
        self.number.get().and_then(known).unwrap_or_default()
    }
}
