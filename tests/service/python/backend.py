"""A backend that knows of the token service but its URL: it verifies a JWT with PyJWT. Prints the claims, as JSON."""

import json
import sys
import urllib.request

import jwt

issuer, audience, token = sys.argv[1:]
with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as answer:
    document = json.load(answer)
assert document["issuer"] == issuer
key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(token)
claims = jwt.decode(
    token,
    key,
    algorithms=document["id_token_signing_alg_values_supported"],
    audience=audience,
    issuer=issuer,
    options={"require": ["exp", "iat", "sub", "jti"]},
)
print(json.dumps(claims))
