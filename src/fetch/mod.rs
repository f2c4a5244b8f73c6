//! An async session for Rust programs that are themselves compiled to WebAssembly and run in a JavaScript host:
//! workers-rs, Yew, Leptos. Programs in JavaScript use the npm package, which drives the same core.
//!
//! ```no_run
//! use cloud_run_auth::fetch::{Error, Options, Session};
//!
//! async fn order(key_file: &str) -> Result<String, Error> {
//!     let session = Session::new("https://orders-abc.a.run.app", Options::new().credential(key_file))?;
//!     let response = session.post("/orders").json(&("apples", 3))?.send().await?;
//!     response.text().await
//! }
//! ```
//!
//! One set of tokens serves the whole module, however many sessions there are: make one where you need it.
//! A call joins its path to the base URL, carries a fresh ID token, is sent once more after a 401 if its body allows that,
//! and follows redirects within the origin. What comes back is the host's own `Response`, whatever its status.
//!
//! To drop a call's future is to give the call up: its request is aborted, and if it was out for a token
//! that others wait for, one of them goes instead.
//!
//! # Credentials
//!
//! | type | how its tokens are had here |
//! |---|---|
//! | `service_account` | by an exchange, by a JWT of its own, for a user by domain-wide delegation |
//! | `authorized_user`, `external_account_authorized_user` | by a refresh token; one that comes in its place goes to [`Options::on_refresh_token`] |
//! | `impersonated_service_account` | as the account, by way of its source, which is of any type |
//! | `external_account` | with a `credential_source` that is a URL, or AWS with the URLs of its metadata service |
//! | `metadata_server` | of the machine's service account: `{"type": "metadata_server"}`, a type of this library's own |
//!
//! ```no_run
//! use cloud_run_auth::fetch::{Error, Options, Session};
//!
//! async fn buckets(file: &str) -> Result<String, Error> {
//!     let options = Options::new().credential(file).scopes(["https://www.googleapis.com/auth/devstorage.read_only"]);
//!     let storage = Session::new("https://storage.googleapis.com/storage/v1", options)?;
//!     storage.get("/b?project=my-project").send().await?.text().await
//! }
//! ```
//!
//! # Limits
//!
//! * Nothing here is `Send`, because nothing of JavaScript's is.
//! * The credential is handed in, as the content of its file: there are no files, no programs and no environment here. What needs
//!   one of them fails with `unsupported_by_host`.
//! * A private key goes to WebCrypto, in a form that cannot be read out; the file's text stays in memory as long as the session.
//! * Those who wait for the same token do not await each other, which on Cloudflare Workers would hang them, but look every 25 ms;
//!   an exchange that is not at its end after two seconds counts as dead, and one of those who wait makes another.
//! * The call that finds its token about to end gets a new one while its own request is under way. It may end up to two
//!   seconds later for it; the others are not held up.
//! * Futures of Rust's have a weakness on Cloudflare Workers that this module cannot mend: where the platform cuts a request off
//!   between the scheduling of a future and its run (a Durable Object that aborts, say), the queue that all futures of the instance
//!   share stands still for good, and every later call with it; a request that is abandoned can leave about a kilobyte of memory behind;
//!   a panic leaves promises unsettled. The npm package has none of this, as no future of Rust's runs in it.
//! * On Workers make no call at global scope. [`Session::new`] is fine there: it does no I/O and draws no randomness.

mod body;
mod call;
mod caller;
mod deeds;
mod driver;
mod error;
mod given;
mod headers;
mod host;
mod limit;
mod options;
mod place;
mod response;
mod send;
mod session;
mod tokens;

pub use body::Body;
pub use call::Call;
pub use error::Error;
pub use options::{Carrier, Options};
pub use response::Response;
pub use session::Session;
