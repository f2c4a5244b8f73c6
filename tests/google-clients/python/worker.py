"""Does what lines of JSON tell it, with Google's own library."""

import json
import os
import sys
import traceback

import acts


def main() -> None:
    for line in sys.stdin:
        task = json.loads(line)
        os.environ.update(task["env"])
        try:
            answer = getattr(acts, task["act"])(**task["input"])
        except Exception as error:
            where = traceback.format_exc().splitlines()[-4:]
            answer = {"error": f"{type(error).__name__}: {error}", "where": where}
        for name in task["env"]:
            os.environ.pop(name, None)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
