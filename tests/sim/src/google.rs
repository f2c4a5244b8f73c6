//! The servers: they look at every request, and know of every token whose it is, what it is for and when it ends.

use crate::accounts::{Account, Kind, canary};
use crate::clocks::wall_at;
use crate::dice::Dice;
use crate::replies::{Life, Reply, refusal, reply};
use crate::wire::{claims, form, jwt, member, moment, unescaped};
use cloud_run_auth::http::Request;
use serde_json::Value;

/// A token that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) account: usize,
    pub(crate) access: bool,
    /// The audience or the scopes.
    pub(crate) wanted: String,
    pub(crate) subject: String,
    pub(crate) made_at: u64,
    pub(crate) ends_at: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Google {
    pub(crate) truths: Vec<Truth>,
    /// By account, until when everything is refused.
    pub(crate) revoked_until: Vec<u64>,
    /// By account, the refresh tokens that are good: their numbers, and of which each came.
    refresh: Vec<Vec<(u64, u64)>>,
    rotations: u64,
    /// Tokens that the metadata server gives out again.
    kept: Vec<usize>,
    /// For how long before its end it gives out a new one.
    pub(crate) renews_early_ms: u64,
}

const SCOPE_OF_ACTING: &str = "https://www.googleapis.com/auth/cloud-platform";

impl Google {
    pub(crate) fn new(accounts: usize, dice: &mut Dice) -> Google {
        Google {
            revoked_until: vec![0; accounts],
            refresh: vec![vec![(0, 0)]; accounts],
            renews_early_ms: dice.between(225_000, 300_000),
            ..Google::default()
        }
    }

    /// Gives out a token; its text ends in its number.
    pub(crate) fn mint(&mut self, account: &Account, access: bool, wanted: &str, time: u64) -> usize {
        let made_at = time - time % 1000;
        self.truths.push(Truth {
            account: account.number,
            access,
            wanted: wanted.into(),
            subject: account.subject.clone(),
            made_at,
            ends_at: made_at + account.life_s * 1000,
        });
        self.truths.len() - 1
    }

    pub(crate) fn text(&self, token: usize) -> String {
        let truth = &self.truths[token];
        if truth.access {
            return format!("ya29.tk{token:06}");
        }
        let (iat, exp) = (wall_at(truth.made_at) / 1000, wall_at(truth.ends_at) / 1000);
        jwt(&format!(r#"{{"aud":"{}","iat":{iat},"exp":{exp}}}"#, truth.wanted), &format!("tk{token:06}"))
    }

    /// The number of a token of ours.
    pub(crate) fn number_of(&self, text: &str) -> Option<usize> {
        let number: usize = text.rsplit_once("tk")?.1.parse().ok()?;
        (number < self.truths.len()).then_some(number)
    }

    /// Answers a request that an account's call sent; an error where it should not have been sent.
    pub(crate) fn answer(
        &mut self,
        account: &Account,
        request: &Request,
        body: &str,
        time: u64,
    ) -> Result<Reply, String> {
        let origin = |url: &str| request.url.strip_prefix(url).map(str::to_owned);
        if request.method == "GET" {
            return match origin("http://169.254.169.254/") {
                Some(path) if account.of_metadata() => self.metadata(account, request, &path, time),
                _ => Err(format!("a request of {:?} went to {}", account.kind, request.url)),
            };
        }
        let fields = form(body);
        let is = |kinds: &[Kind]| kinds.contains(&account.kind);
        match request.url.as_str() {
            "https://oauth2.googleapis.com/token"
                if is(&[Kind::Key, Kind::Delegated, Kind::SelfSigned, Kind::Acting]) =>
            {
                self.assertion(account, member(&fields, "assertion"), time)
            }
            "https://oauth2.googleapis.com/token" if is(&[Kind::User, Kind::Rotating]) => {
                self.user(account, &fields, time)
            }
            "https://sts.googleapis.com/v1/token"
                if is(&[Kind::Workload, Kind::WorkloadFile, Kind::WorkloadActing]) =>
            {
                if member(&fields, "subject_token") != account.subject_token() {
                    return Err(format!("the subject token is not that of account {}", account.number));
                }
                let scopes = member(&fields, "scope").to_owned();
                Ok(self.given(account, true, &scopes, time, ["", "access_token"]))
            }
            url if is(&[Kind::Acting, Kind::WorkloadActing]) && url == account.acting_url("generateAccessToken") => {
                self.acting(account, request, body, true, time)
            }
            url if is(&[Kind::Acting, Kind::WorkloadActing]) && url == account.acting_url("generateIdToken") => {
                self.acting(account, request, body, false, time)
            }
            url => Err(format!("a request of {:?} went to {url}", account.kind)),
        }
    }

    fn metadata(&mut self, account: &Account, request: &Request, path: &str, time: u64) -> Result<Reply, String> {
        if request.headers.first().is_none_or(|(name, value)| name != "metadata-flavor" || value != "Google") {
            return Err("the metadata server was asked without Metadata-Flavor".into());
        }
        if path.is_empty() {
            return Ok(reply(200, "computeMetadata/".into(), time));
        }
        let path = unescaped(path);
        let front = format!("computeMetadata/v1/instance/service-accounts/{}/", account.email);
        let rest = path.strip_prefix(&front).ok_or_else(|| format!("the metadata server was asked for {path}"))?;
        let (access, wanted) = match rest.split_once('?') {
            Some(("token", query)) => (true, member(&form(query), "scopes").replace(',', " ")),
            Some(("identity", query)) => (false, member(&form(query), "audience").to_owned()),
            _ => return Err(format!("the metadata server was asked for {rest}")),
        };
        if let Some(refused) = self.refused(account, time) {
            return Ok(refused);
        }
        let renews = self.renews_early_ms.min(account.life_s * 1000 / 4);
        let kept = self.kept.iter().copied().find(|kept| {
            let truth = &self.truths[*kept];
            (truth.account, truth.access, &truth.wanted) == (account.number, access, &wanted)
        });
        let kept = kept.filter(|kept| time + renews < self.truths[*kept].ends_at);
        let token = kept.unwrap_or_else(|| {
            let token = self.mint(account, access, &wanted, time);
            let Google { kept, truths, .. } = self;
            kept.retain(|old| {
                (truths[*old].account, truths[*old].access, &truths[*old].wanted) != (account.number, access, &wanted)
            });
            kept.push(token);
            token
        });
        if access {
            return Ok(self.told(token, time, "access_token"));
        }
        let mut answer = reply(200, self.text(token), time);
        answer.token = Some((token, self.claimed(token)));
        Ok(answer)
    }

    fn assertion(&mut self, account: &Account, assertion: &str, time: u64) -> Result<Reply, String> {
        let claims = claims(assertion).ok_or("an assertion that is no JWT")?;
        let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
        let seconds = |name: &str| claims[name].as_u64().unwrap_or_default();
        if text("iss") != account.source() || text("sub") != account.subject {
            return Err(format!(
                "an assertion of {} for {:?}, not of account {}",
                text("iss"),
                text("sub"),
                account.number
            ));
        }
        if text("aud") != "https://oauth2.googleapis.com/token" {
            return Err(format!("an assertion for {}", text("aud")));
        }
        if let Some(refused) = self.refused(account, time) {
            return Ok(refused);
        }
        let (now, iat, exp) = (wall_at(time) / 1000, seconds("iat"), seconds("exp"));
        if iat > now + 300 || exp <= now || exp > iat + 3600 {
            let body = r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#;
            return Ok(Reply { skew: true, ..reply(400, body.into(), time) });
        }
        let (scope, audience) = (text("scope"), text("target_audience"));
        match (scope.is_empty(), audience.is_empty()) {
            (false, true) => Ok(self.given(account, true, &scope, time, ["", "access_token"])),
            (true, false) => Ok(self.given(account, false, &audience, time, ["id_token", ""])),
            _ => Err("an assertion with scope and target_audience, or neither".into()),
        }
    }

    fn user(&mut self, account: &Account, fields: &[(String, String)], time: u64) -> Result<Reply, String> {
        let mark = canary(account.number);
        if member(fields, "client_secret") != format!("{mark}-secret")
            || member(fields, "client_id") != format!("client{}", account.number)
        {
            return Err(format!("the client is not that of account {}", account.number));
        }
        let shown = member(fields, "refresh_token").strip_prefix(&mark).and_then(|rest| rest.strip_prefix("-refresh"));
        let Some(shown) = shown.and_then(|number| number.parse::<u64>().ok()) else {
            return Err(format!("the refresh token is not that of account {}", account.number));
        };
        if let Some(refused) = self.refused(account, time) {
            return Ok(refused);
        }
        let good = &mut self.refresh[account.number];
        if !good.iter().any(|(number, _)| *number == shown) {
            return Ok(refusal("Token has been expired or revoked.", time));
        }
        let id = self.mint(account, false, &format!("client{}", account.number), time);
        let mut answer = self.given(account, true, "user", time, ["", "access_token"]);
        let mut more = format!(r#","id_token":"{}""#, self.text(id));
        if account.kind == Kind::Rotating {
            self.rotations += 1;
            let good = &mut self.refresh[account.number];
            // Some leeway, for an answer may be lost: a token is good until one that came of it is used.
            good.retain(|(number, of)| *number == shown || *of == shown);
            good.push((self.rotations, shown));
            more += &format!(r#","refresh_token":"{mark}-refresh{}""#, self.rotations);
        }
        answer.body.insert_str(answer.body.len() - 1, &more);
        answer.id_token = Some((id, self.claimed(id)));
        Ok(answer)
    }

    fn acting(
        &mut self,
        account: &Account,
        request: &Request,
        body: &str,
        access: bool,
        time: u64,
    ) -> Result<Reply, String> {
        let bearer = request.headers.iter().find(|(name, _)| name == "authorization").map_or("", |(_, value)| value);
        let shown =
            bearer.strip_prefix("Bearer ").and_then(|token| self.number_of(token)).map(|token| &self.truths[token]);
        let good = shown
            .is_some_and(|truth| truth.account == account.number && truth.access && truth.wanted == SCOPE_OF_ACTING);
        if !good {
            return Err(format!("account {} acts with another's token", account.number));
        }
        if let Some(refused) = self.refused(account, time) {
            return Ok(refused);
        }
        let json: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        if access {
            let scopes: Vec<&str> = json["scope"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let token = self.mint(account, true, &scopes.join(" "), time);
            let ends = wall_at(self.truths[token].ends_at) / 1000;
            let body = format!(r#"{{"accessToken":"{}","expireTime":"{}"}}"#, self.text(token), moment(ends));
            return Ok(Reply { token: Some((token, Life::Moment(ends))), ..reply(200, body, time) });
        }
        let audience = json["audience"].as_str().unwrap_or_default().to_owned();
        Ok(self.given(account, false, &audience, time, ["token", ""]))
    }

    fn refused(&self, account: &Account, time: u64) -> Option<Reply> {
        (time < self.revoked_until[account.number]).then(|| refusal("Account has been deleted", time))
    }

    /// The same answer with an ID token for somebody else, if it holds one.
    pub(crate) fn astray(&mut self, account: &Account, mut reply: Reply, time: u64) -> Reply {
        if let Some((token, Life::Claims(..))) = reply.token {
            let other = self.mint(account, false, "https://astray.example", time);
            reply.body = reply.body.replace(&self.text(token), &self.text(other));
            reply.token = None;
        }
        reply
    }

    /// A new token in an answer whose members have these names.
    fn given(&mut self, account: &Account, access: bool, wanted: &str, time: u64, [id, bearer]: [&str; 2]) -> Reply {
        let token = self.mint(account, access, wanted, time);
        if access {
            return self.told(token, time, bearer);
        }
        let body = format!(r#"{{"{id}":"{}"}}"#, self.text(token));
        Reply { token: Some((token, self.claimed(token))), ..reply(200, body, time) }
    }

    fn told(&self, token: usize, time: u64, name: &str) -> Reply {
        let seconds = self.truths[token].ends_at.saturating_sub(time) / 1000;
        let body = format!(r#"{{"{name}":"{}","expires_in":{seconds},"token_type":"Bearer"}}"#, self.text(token));
        Reply { token: Some((token, Life::Seconds(seconds))), ..reply(200, body, time) }
    }

    fn claimed(&self, token: usize) -> Life {
        let truth = &self.truths[token];
        Life::Claims(wall_at(truth.ends_at) / 1000, wall_at(truth.made_at) / 1000)
    }
}
