"""As little as a token service can be, with FastAPI and PyJWT: a secret compared, a token out of a dictionary, a caller's token verified."""

import hmac
import os
import time
from typing import Annotated

import jwt
from fastapi import FastAPI, Form, Header, HTTPException

environment = os.environ
key = jwt.PyJWK.from_json(environment["JWK"])
kept = {environment["AUDIENCE"]: (environment["GOOGLES"], time.time() + 3600)}
app = FastAPI()


@app.post("/api/token")
async def token(client_id: Annotated[str, Form()], client_secret: Annotated[str, Form()], audience: Annotated[str, Form()]):
    if client_id != "worker" or not hmac.compare_digest(client_secret, environment["SECRET"]):
        raise HTTPException(401)
    if audience not in kept:
        raise HTTPException(400)
    found, ends = kept[audience]
    return {"access_token": found, "token_type": "Bearer", "expires_in": int(ends - time.time())}


@app.get("/api/user")
async def user(authorization: Annotated[str, Header()]):
    try:
        claims = jwt.decode(
            authorization[7:], key, algorithms=["RS256"], issuer=environment["ISSUER"], audience=environment["SERVICE"]
        )
    except jwt.InvalidTokenError as wrong:
        raise HTTPException(401) from wrong
    return {"subject": claims["sub"]}
