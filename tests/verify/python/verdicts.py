"""Google's verdict on each token of standard input: the first line is the keys by their names as PEM and the audience, as JSON."""

import json
import sys

from google.auth import jwt

given = json.loads(sys.stdin.readline())
for line in sys.stdin:
    try:
        jwt.decode(json.loads(line), certs=given["certs"], audience=given["audience"], clock_skew_in_seconds=10)
        print("1")
    except Exception as refused:  # Some of what it throws is no error of its own.
        print("0", type(refused).__name__)
