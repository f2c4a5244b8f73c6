//! Who asks: credentials of every kind, each with secrets of its own that can be told from all others'.

use cloud_run_auth::credential::{Credential, Terms};
use serde_json::json;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A service account's key.
    Key,
    /// The same key as that of the account before, for another user.
    Delegated,
    /// A key whose access tokens are JWTs of its own.
    SelfSigned,
    User,
    /// A user whose refresh token is new each time.
    Rotating,
    /// A service account that a key may act as.
    Acting,
    /// A service account that a workload may act as, whose subject token a function gives.
    WorkloadActing,
    Workload,
    WorkloadFile,
    Metadata,
    /// Whatever is found; the metadata server is, where the probe is answered.
    Search,
    Function,
}

pub(crate) const KINDS: [Kind; 12] = [
    Kind::Key,
    Kind::Delegated,
    Kind::SelfSigned,
    Kind::User,
    Kind::Rotating,
    Kind::Acting,
    Kind::WorkloadActing,
    Kind::Workload,
    Kind::WorkloadFile,
    Kind::Metadata,
    Kind::Search,
    Kind::Function,
];

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    /// Whom the tokens act as.
    pub(crate) email: String,
    /// The user whom a key acts for.
    pub(crate) subject: String,
    /// How long the server lets its tokens live.
    pub(crate) life_s: u64,
    /// Whether its function says when its tokens end.
    pub(crate) tells_end: bool,
}

/// What every secret of the account holds, and no other's.
pub(crate) fn canary(number: usize) -> String {
    format!("canary{number}x")
}

static PEM: LazyLock<String> = LazyLock::new(|| {
    let keys: serde_json::Value = serde_json::from_str(include_str!("../../vectors/keys.json")).unwrap_or_default();
    keys["keys"]["pkcs8_2048"].as_str().unwrap_or_default().into()
});

impl Account {
    /// The first account of a world may be of any kind; one that is delegated has the key of the one before.
    pub(crate) fn new(number: usize, kind: Kind, life_s: u64, tells_end: bool) -> Account {
        let mut owner = number;
        let mut subject = String::new();
        if kind == Kind::Delegated {
            owner = number & !1;
            subject = format!("user{number}@x.example");
        }
        let email = match kind {
            Kind::Search => "default".into(),
            _ => format!("a{owner}@p.iam.gserviceaccount.com"),
        };
        Account { number, kind, email, subject, life_s, tells_end }
    }

    /// Whether it can have tokens of that sort.
    pub(crate) fn can(&self, access: bool) -> bool {
        match self.kind {
            Kind::Delegated | Kind::SelfSigned | Kind::Workload | Kind::WorkloadFile => access,
            _ => true,
        }
    }

    /// Whether its tokens are those that the metadata server keeps.
    pub(crate) fn of_metadata(&self) -> bool {
        matches!(self.kind, Kind::Metadata | Kind::Search)
    }

    /// As a host would read it.
    pub(crate) fn credential(&self) -> Result<Credential, String> {
        let terms = Terms::google().with("lacks", "programs").map_err(|error| error.message.clone())?;
        let terms = match self.kind {
            Kind::Function => return Ok(Credential::function(self.number as u32 + 1)),
            Kind::Search => return Ok(Credential::search("", &terms)),
            Kind::Delegated => terms.with("subject", &self.subject),
            Kind::SelfSigned => terms.with("selfSigned", "true"),
            Kind::Workload | Kind::WorkloadActing => terms.with("subjectToken", &(self.number + 1).to_string()),
            _ => Ok(terms),
        }
        .map_err(|error| error.message.clone())?;
        Credential::from_json_with(&self.file(), &terms).map_err(|error| error.message.clone())
    }

    fn file(&self) -> String {
        let mark = canary(self.number);
        let key = json!({"type": "service_account", "client_email": self.source(), "private_key_id": format!("of-{}", self.source()), "private_key": *PEM});
        let mut workload = json!({
            "type": "external_account", "audience": format!("//iam.googleapis.com/{}", self.number),
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": "https://sts.googleapis.com/v1/token",
        });
        let file = match self.kind {
            Kind::User | Kind::Rotating => {
                json!({"type": "authorized_user", "client_id": format!("client{}", self.number), "client_secret": format!("{mark}-secret"), "refresh_token": format!("{mark}-refresh0")})
            }
            Kind::Acting => json!({
                "type": "impersonated_service_account", "service_account_impersonation_url": self.acting_url("generateAccessToken"),
                "source_credentials": key,
            }),
            Kind::WorkloadActing => {
                workload["service_account_impersonation_url"] = json!(self.acting_url("generateAccessToken"));
                workload
            }
            Kind::Workload => workload,
            Kind::WorkloadFile => {
                workload["credential_source"] = json!({"file": self.subject_file()});
                workload
            }
            Kind::Metadata => json!({"type": "metadata_server", "service_account": self.email}),
            _ => key,
        };
        file.to_string()
    }

    /// Who shows the key.
    pub(crate) fn source(&self) -> String {
        if self.kind == Kind::Acting {
            format!("source{}@p.iam.gserviceaccount.com", self.number)
        } else {
            self.email.clone()
        }
    }

    pub(crate) fn acting_url(&self, verb: &str) -> String {
        format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:{verb}", self.email)
    }

    pub(crate) fn subject_file(&self) -> String {
        format!("/subject{}", self.number)
    }

    pub(crate) fn subject_token(&self) -> String {
        format!("{}-subject", canary(self.number))
    }
}
