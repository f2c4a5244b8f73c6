//! An OAuth provider in three modes, as far as refresh tokens go.

/// What becomes of a refresh token when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// Nothing, as Google does.
    Fixed,
    /// Another takes its place; it may be used again until that one is.
    Leeway,
    /// Another takes its place; to use it again ends all that came of it.
    Strict,
}

/// How long an access token lives, in seconds.
pub(crate) const LIFE_S: u32 = 3600;

/// What one provider knows of one user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    pub(crate) mode: Mode,
    /// Of each refresh token, whether it was used, and which one was used for it.
    given: Vec<(bool, usize)>,
    /// Whether all were ended.
    pub(crate) revoked: bool,
    /// When each access token was given.
    issued_s: Vec<u32>,
}

impl Provider {
    /// One that has given one refresh token, and one access token.
    pub(crate) fn new(mode: Mode, begin_s: u32) -> Provider {
        Provider { mode, given: vec![(false, 0)], revoked: false, issued_s: vec![begin_s] }
    }

    /// How many access tokens it gave for a refresh token.
    pub(crate) fn exchanges(&self) -> usize {
        self.issued_s.len().saturating_sub(1)
    }

    /// The refresh token that it gave last, as JSON.
    pub(crate) fn newest(&self) -> String {
        format!(r#""R{}""#, self.given.len().saturating_sub(1))
    }

    /// Whether that access token is good.
    pub(crate) fn is_good(&self, token: &str, now_s: u32) -> bool {
        let issued_s = token.strip_prefix('A').and_then(|number| self.issued_s.get(number.parse::<usize>().ok()?));
        issued_s.is_some_and(|issued_s| now_s < issued_s.saturating_add(LIFE_S))
    }

    /// Answers a refresh: status and body.
    pub(crate) fn refresh(&mut self, token: &str, now_s: u32) -> (u16, String) {
        let refused = (400, r#"{"error":"invalid_grant"}"#.to_owned());
        let Some(number) = token.strip_prefix('R').and_then(|number| number.parse::<usize>().ok()) else {
            return refused;
        };
        let Some((again, parent)) = self.given.get(number).copied() else { return refused };
        // Once one that was given for it was used, it is void, and so is whatever else was given for the same one.
        let replaced = self
            .given
            .iter()
            .enumerate()
            .skip(1)
            .any(|(at, (used, from))| *used && (*from == number || number > 0 && at != number && *from == parent));
        if let Some((used, _)) = self.given.get_mut(number) {
            *used = true;
        }
        if self.revoked || (again || replaced) && (self.mode == Mode::Strict || self.mode == Mode::Leeway && replaced) {
            self.revoked = true;
            return refused;
        }
        self.issued_s.push(now_s);
        let rotated = if self.mode == Mode::Fixed {
            String::new()
        } else {
            self.given.push((false, number));
            format!(r#","refresh_token":{}"#, self.newest())
        };
        (200, format!(r#"{{"access_token":"A{}","expires_in":{LIFE_S}{rotated}}}"#, self.exchanges()))
    }
}
