"""What google-auth is asked to do. Answers of servers come back as {status, body}, whatever the status."""

import base64
from typing import Any
from urllib.parse import urlsplit

import google.auth
import requests
from google.auth import impersonated_credentials
from google.auth.compute_engine import _metadata
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token

Answer = dict[str, Any]
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"


def answer_of(response: requests.Response) -> Answer:
    is_json = "json" in response.headers.get("content-type", "")
    return {"status": response.status_code, "body": response.json() if is_json else response.text}


def default(scopes: list[str] | None) -> Any:
    credentials, _ = google.auth.default(scopes=scopes)
    return credentials


def idToken(audience: str, url: str, scopes: list[str] | None = None) -> Answer:
    """An ID token of the default credentials, and a private service called with it."""
    credentials = id_token.fetch_id_token_credentials(audience, request=Request())
    return answer_of(AuthorizedSession(credentials).get(url))


def userIdToken(audience: str, url: str, scopes: list[str] | None = None) -> Answer:
    """A user's ID token, which comes with the access token."""
    credentials = default(None)
    credentials.refresh(Request())
    return answer_of(requests.get(url, headers={"Authorization": f"Bearer {credentials.id_token}"}))


def verifyIdToken(audience: str, expected: str) -> Answer:
    """An ID token, judged by the certificates that Google publishes."""
    token = id_token.fetch_id_token(Request(), audience)
    return {"claims": dict(id_token.verify_oauth2_token(token, Request(), expected))}


def verifyIap(assertion: str, expected: str) -> Answer:
    """An assertion of Identity-Aware Proxy's, judged by the keys that Google publishes for that."""
    keys = "https://www.gstatic.com/iap/verify/public_key"
    return {"claims": dict(id_token.verify_token(assertion, Request(), audience=expected, certs_url=keys))}


def accessToken(url: str, scopes: list[str] | None = None, subject: str | None = None) -> Answer:
    """An access token of the default credentials, and an API called with it."""
    credentials = default(scopes)
    if subject:
        credentials = credentials.with_subject(subject)
    return answer_of(AuthorizedSession(credentials).get(url))


def accessTokenTwice(scopes: list[str], url: str) -> Answer:
    """Twice, and for the second time with a new token."""
    credentials = default(scopes)
    session = AuthorizedSession(credentials)
    session.get(url)
    credentials.refresh(Request())
    return answer_of(session.get(url))


def selfSigned(url: str, scopes: list[str] | None = None) -> Answer:
    """An API called with a JWT that the client signed itself, as Google's API libraries do."""
    credentials = default(scopes).with_always_use_jwt_access(True)
    return answer_of(AuthorizedSession(credentials, default_host=urlsplit(url).netloc).get(url))


def impersonate(
    principal: str,
    url: str,
    scopes: list[str] | None = None,
    delegates: list[str] | None = None,
    audience: str | None = None,
    subject: str | None = None,
) -> Answer:
    """The default credentials take the place of a service account: with an audience by an ID token, else by an access token."""
    source = default([CLOUD_PLATFORM])
    credentials: Any = impersonated_credentials.Credentials(source, principal, scopes, delegates=delegates, subject=subject)
    if audience:
        credentials = impersonated_credentials.IDTokenCredentials(credentials, audience, include_email=True)
    return answer_of(AuthorizedSession(credentials).get(url))


def sign(principal: str, text: str) -> Answer:
    """A signature that IAM makes with a service account's key."""
    credentials = impersonated_credentials.Credentials(default([CLOUD_PLATFORM]), principal, [CLOUD_PLATFORM])
    return {"signature": base64.b64encode(credentials.sign_bytes(text.encode())).decode()}


def isAvailable() -> Answer:
    """Whether there is a metadata server."""
    return {"available": _metadata.ping(Request())}


def metadata() -> Answer:
    """What the metadata server says, by the library's own names for it."""
    request = Request()
    return {
        **isAvailable(),
        "project": _metadata.get_project_id(request),
        "universe": _metadata.get_universe_domain(request),
        "email": _metadata.get_service_account_info(request)["email"],
    }
