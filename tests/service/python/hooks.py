"""What no schema knows: secrets and tokens that are good, so that right questions are granted, too. Wrong ones are left as they are."""

import json
import os
import random

import requests
import schemathesis
from schemathesis.generation import GenerationMode

URL = os.environ["SERVICE"]
LOGIN = json.loads(os.environ["LOGIN"])
AUDIENCES = ["https://orders.example", "https://svc.example", "https://other.example"]
SCOPES = ["https://www.googleapis.com/auth/pubsub", "https://www.googleapis.com/auth/devstorage.read_only", "other"]
KINDS = [f"urn:ietf:params:oauth:token-type:{kind}" for kind in ("id_token", "access_token", "jwt")]


def login():
    return requests.post(f"{URL}/api/auth/login", json=LOGIN, timeout=10).json()["data"]


def token_form():
    form = {"grant_type": "client_credentials", **LOGIN}
    if random.random() < 0.3:
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": login()["access_token"],
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }
    if random.random() < 0.5:
        return {**form, "scope": " ".join(random.sample(SCOPES, random.randint(1, 2)))}
    form["audience"] = random.choice(AUDIENCES)
    if random.random() < 0.5:
        form["requested_token_type"] = random.choice(KINDS)
    if random.random() < 0.3:
        form["expires_in"] = random.randint(1, 3600)
    return form


def a_token():
    return random.choice([lambda: login()["access_token"], lambda: login()["refresh_token"]])()


GOOD = {
    "token": token_form,
    "login": lambda: LOGIN,
    "refresh": lambda: {"refresh_token": login()["refresh_token"]},
    "revoke": lambda: {"token": a_token()},
    "introspect": lambda: {"token": a_token(), **LOGIN},
}


@schemathesis.hook
def before_call(context, case, kwargs):
    good = GOOD.get(case.operation.definition.raw.get("operationId"))
    right = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if good and right and random.random() < 0.5:
        case.body = good()
        if "client_secret" in case.body or "subject_token" in case.body:
            # The secret may not come twice.
            case.headers.pop("Authorization", None)
            kwargs.get("headers", {}).pop("Authorization", None)
            kwargs.pop("auth", None)
