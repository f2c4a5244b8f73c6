// A call by a client certificate, in a process that trusts the lab's root from its begin on.
import { createSession } from "cloud-run-auth";

const { base, path, options } = JSON.parse(process.argv[2]);
const response = await createSession(base, options).get(path);
console.log(JSON.stringify({ status: response.status, body: await response.json() }));
