// A token by a client certificate, which only a process that trusts the lab's root can ask for.
import { createSession } from "cloud-run-auth";

const { credential, allowedHosts } = JSON.parse(process.argv[2]);
const session = createSession("https://svc.example", { credential, allowedHosts });
console.log(JSON.stringify({ token: await session.getAccessToken() }));
