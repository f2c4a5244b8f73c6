//! What a service is told when it begins.

use crate::url::Url;
use alloc::string::{String, ToString};
use serde::Deserialize;

/// Its settings, times in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its URL, as callers and backends know it: who its own tokens say that has made them, and whom tokens of callers are for.
    pub issuer: String,
    /// Whom tokens of callers may be for besides, with a space between.
    #[serde(default)]
    pub audiences: String,
    /// How long an access token of its own lives: ten minutes at the most.
    #[serde(default = "usual_access")]
    pub access_ttl_s: u64,
    /// How long a login lasts, however often it is refreshed.
    #[serde(default = "usual_refresh")]
    pub refresh_ttl_s: u64,
    /// After how long a signing key gets a successor.
    #[serde(default = "usual_rotation")]
    pub rotate_after_s: u64,
    /// Who may see metrics and the status page.
    #[serde(default)]
    pub metrics: Metrics,
    /// Who may come to the metadata door.
    #[serde(default)]
    pub metadata: Door,
    /// Where the pages get Swagger UI and ReDoc from: the URL, or the path, of a folder that holds both packages.
    #[serde(default)]
    pub assets: String,
    /// Where Google's endpoints are in tests, or nothing.
    #[serde(default)]
    pub emulator: String,
}

/// Who may see metrics: they name callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metrics {
    /// Whoever connects from the same machine.
    #[default]
    Loopback,
    /// Anybody.
    Open,
    /// Nobody.
    Off,
}

/// Who may come to the metadata door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// Nobody: there is none.
    #[default]
    Off,
    /// Whoever connects from the same machine.
    Loopback,
    /// Anybody who can connect.
    Open,
}

fn usual_access() -> u64 {
    600
}

fn usual_refresh() -> u64 {
    86_400
}

fn usual_rotation() -> u64 {
    30 * 86_400
}

impl Settings {
    /// Why they cannot be, as a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        let url =
            Url::parse(&self.issuer).ok().filter(|url| url.query().is_none() && (url.is_https() || url.is_loopback()));
        if url.is_none() || self.issuer.ends_with('/') {
            return Err(
                "the issuer is no https URL without a query and without a slash at its end, nor one of this machine."
                    .to_string(),
            );
        }
        if !(60..=600).contains(&self.access_ttl_s) {
            return Err("access tokens live for 60 to 600 s.".to_string());
        }
        if !(600..=30 * 86_400).contains(&self.refresh_ttl_s) {
            return Err("a login lasts for 600 s to 30 days.".to_string());
        }
        if !(7200..=365 * 86_400).contains(&self.rotate_after_s) {
            return Err("a signing key gets a successor after 7,200 s to 365 days.".to_string());
        }
        Ok(())
    }

    /// Whom tokens of callers may be for.
    pub(super) fn all_audiences(&self) -> String {
        alloc::format!("{} {}", self.issuer, self.audiences)
    }

    /// What its own paths begin with: the issuer's path.
    pub(super) fn base_path(&self) -> &str {
        let rest = self.issuer.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
    }
}
