"""Google's client for Python, which finds the metadata server that GCE_METADATA_HOST names. Prints what it got, as JSON."""

import json
import sys

import google.auth
import google.auth.transport.requests
from google.oauth2 import id_token

request = google.auth.transport.requests.Request()
credentials, project = google.auth.default()
credentials.refresh(request)
print(
    json.dumps(
        {
            "email": credentials.service_account_email,
            "project": project,
            "idToken": id_token.fetch_id_token(request, sys.argv[1]),
            "accessToken": credentials.token,
        }
    )
)
