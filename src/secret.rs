//! Values that are never shown, never copied by accident, and wiped when dropped.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

#[cfg(cloud_run_auth_wiping_allocator)]
pub use given_back::Zeroizing;
#[cfg(not(cloud_run_auth_wiping_allocator))]
pub use zeroize::Zeroizing;

/// An empty text with room for as many bytes as a secret will have, so that no part of it is left behind as the text grows.
/// What is counted for it costs nothing where what is left behind is wiped anyhow.
#[inline(always)]
pub(crate) fn room(bytes: impl FnOnce() -> usize) -> String {
    if cfg!(cloud_run_auth_wiping_allocator) { String::new() } else { String::with_capacity(bytes()) }
}

/// Bytes that no message, log or `Debug` output may hold.
///
/// It is neither `Clone` nor `Display`; whoever wants the bytes has to say `expose`.
#[derive(Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over; the caller keeps no copy.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Secret(Zeroizing::new(bytes.into()))
    }

    /// The bytes, for signing, sending and parsing only.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text; empty where they are none.
    pub fn expose_text(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The name of a secret in its [`Vault`]. State machines carry these, so that they can be
/// cloned, hashed and compared without touching what they stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SecretId(u32);

/// Where secrets lie, apart from the machines that work with them.
#[derive(Debug, Default)]
pub struct Vault {
    #[allow(clippy::vec_box, reason = "one code for vectors of whatever is boxed")]
    held: Vec<Box<(SecretId, Secret)>>,
    next: SecretId,
}

impl Vault {
    /// Nothing in it.
    pub const fn new() -> Vault {
        Vault { held: Vec::new(), next: SecretId(0) }
    }

    /// Puts a secret in and gives it a name that was never used in this vault.
    pub fn keep(&mut self, secret: Secret) -> SecretId {
        let id = self.next;
        self.next.0 = id.0.wrapping_add(1);
        self.held.push(Box::new((id, secret)));
        id
    }

    /// The secret of that name, if it is still there.
    pub fn get(&self, id: SecretId) -> Option<&Secret> {
        self.held.iter().find(|held| held.0 == id).map(|held| &held.1)
    }

    /// Takes the secret out; dropping it wipes it.
    pub fn take(&mut self, id: SecretId) -> Option<Secret> {
        let at = self.held.iter().position(|held| held.0 == id)?;
        Some(self.held.remove(at).1)
    }
}

/// For the module that `boundary/` makes: its allocator wipes whatever is given back, and wasm-pack.toml says so by this
/// `--cfg`. To wipe it here once more would be 160 bytes, gzipped, for nothing.
#[cfg(cloud_run_auth_wiping_allocator)]
mod given_back {
    use core::ops::{Deref, DerefMut};

    /// A value whose memory is wiped when it is given back.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Zeroizing<T>(T);

    impl<T> Zeroizing<T> {
        /// Takes the value over.
        pub fn new(value: T) -> Zeroizing<T> {
            Zeroizing(value)
        }
    }

    impl<T> From<T> for Zeroizing<T> {
        fn from(value: T) -> Zeroizing<T> {
            Zeroizing(value)
        }
    }

    impl<T> Deref for Zeroizing<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for Zeroizing<T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let mut vault = Vault::default();
        let id = vault.keep(Secret::new("canary"));
        assert!(!alloc::format!("{vault:?} {id:?}").contains("canary"));
        assert_eq!(vault.get(id).map(Secret::expose_text), Some("canary"));
    }

    #[test]
    fn what_was_taken_is_gone_and_its_name_is_not_given_again() {
        let mut vault = Vault::default();
        let first = vault.keep(Secret::new("a"));
        assert!(vault.take(first).is_some());
        assert!(vault.take(first).is_none());
        assert_ne!(vault.keep(Secret::new("b")), first);
    }
}
