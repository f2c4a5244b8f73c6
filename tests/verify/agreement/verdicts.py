"""google-auth's verdicts: the first line of standard input has the keys by their names as PEM, and the audience; each further one is a list of
tokens, of each of which a line of output has null where it is good, or why it is not."""

import json
import sys

from google.auth import jwt

given = json.loads(sys.stdin.readline())


def refusal(token):
    try:
        jwt.decode(token, certs=given["certs"], audience=given["audience"], clock_skew_in_seconds=10)
    except Exception as refused:  # Some of what it throws is no error of its own.
        return f"{type(refused).__name__} {refused}"[:200]


for line in sys.stdin:
    print(json.dumps([refusal(token) for token in json.loads(line)]), flush=True)
