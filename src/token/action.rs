//! The contract between the core and its drivers: what a machine asks for, and what is told to it.
//!
//! The list is complete, so that a credential type that comes later adds states and no new plumbing.

use super::FlightId;
use crate::error::AuthError;
use crate::grant::Target;
use crate::http::{Request, Response};
use crate::jose::Algorithm;
use crate::secret::{Secret, SecretId};
use alloc::string::String;
use alloc::vec::Vec;

/// What the driver is to do next. It holds no secret: where one is needed, it is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Sign with the credential's private key, then tell [`Event::Signed`].
    Sign {
        /// How.
        algorithm: Algorithm,
        /// What.
        input: String,
    },
    /// Check a signature, and nothing but the signature, then tell [`Event::Verified`].
    Verify {
        /// The public key, as a JWK.
        key: String,
        /// How.
        algorithm: Algorithm,
        /// What was signed.
        input: String,
        /// The signature.
        signature: Vec<u8>,
    },
    /// Send a request and read its answer to the end, then tell [`Event::Answered`]. Redirects are not followed.
    Send(Request),
    /// Read a file whole, then tell [`Event::Returned`] with its bytes.
    Read {
        /// Its path.
        path: String,
    },
    /// Read variables of the environment, then tell [`Event::Returned`]: of each that is set, a byte 1, the name, a byte 2, and
    /// the text without control characters.
    Environment {
        /// Their names.
        names: Vec<String>,
    },
    /// Read certificates (RFC 7468), then tell [`Event::Returned`] with a JSON array of each one's DER in base64: the first of the
    /// one file, and then those of the other that are not there yet.
    Certificates {
        /// The path of the file with the leaf.
        leaf: String,
        /// The path of the file with those that vouch for it; may be empty.
        chain: String,
    },
    /// Run a program, then tell [`Event::Returned`] with what it printed.
    Run {
        /// The program and its arguments, as in a shell without any expansion: double quotes keep spaces in a word.
        command: String,
        /// Its environment, beside the host's own.
        environment: Vec<(String, String)>,
        /// How long it may run.
        timeout_ms: u64,
    },
    /// Call the caller's own credential function, then tell [`Event::Granted`].
    Call {
        /// Which function, by the number that the driver gave it.
        function: u32,
        /// What it is asked for.
        target: Target,
    },
    /// Call the caller's function for a subject token, then tell [`Event::Granted`].
    Subject {
        /// Which function, by the number that the driver gave it.
        function: u32,
        /// The type of token that the credential's file names.
        kind: String,
        /// Whom it is for, as the file says.
        audience: String,
    },
    /// Load a record from a store, then tell [`Event::Loaded`].
    Load {
        /// Its name.
        record: String,
    },
    /// Store a record, if its version is still the expected one, then tell [`Event::Stored`].
    Store {
        /// Its name.
        record: String,
        /// What it is to hold.
        value: SecretId,
        /// The version that it must still have; none: it must not exist.
        expected: Option<String>,
    },
    /// Follow another call's exchange of the same key; tell [`Event::Woken`] when it ends, or now and then.
    Join {
        /// Whose end to wait for.
        flight: FlightId,
        /// How long to wait at a time where nobody can be woken.
        poll_ms: u64,
    },
    /// Wait, then tell [`Event::Woken`].
    Wait {
        /// How long.
        ms: u64,
    },
    /// The end: a token, or why there is none.
    Done(Result<Outcome, AuthError>),
}

/// A token that was had.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The token, in the vault.
    pub token: SecretId,
    /// How long it lives from now on, in milliseconds; 0: it is not to be kept.
    pub life_ms: u64,
}

/// What happened, for the machine that asked for it.
#[derive(Debug)]
pub enum Event {
    /// The machine is to begin.
    Begun,
    /// The signature.
    Signed(Vec<u8>),
    /// Whether the signature was good.
    Verified(bool),
    /// The answer to a request.
    Answered(Response),
    /// What a file held or a program printed.
    Returned(Secret),
    /// What a credential function gave.
    Granted {
        /// The token.
        token: Secret,
        /// When it ends, in milliseconds since the Unix epoch, where the function said so.
        expires_at_ms: Option<u64>,
    },
    /// What the store held.
    Loaded(Option<Record>),
    /// The new version, or none where another writer was first.
    Stored(Option<String>),
    /// A wait is over, or a flight that was followed may have ended.
    Woken,
    /// The action failed; the host's own words say why.
    Failed(String),
}

/// A record of a store. Both times are the store's own, in milliseconds since any point that it keeps to.
#[derive(Debug)]
pub struct Record {
    /// What it holds.
    pub value: Secret,
    /// Its version.
    pub version: String,
    /// When it was written.
    pub written_at_ms: u64,
    /// When it was read.
    pub now_ms: u64,
}
