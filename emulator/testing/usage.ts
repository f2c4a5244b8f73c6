// Not run, only compiled: what people write must fit the types.
import { createEmulator, type Echo, type Fault, type LogEntry } from "cloud-run-auth-emulator";
import { serve } from "cloud-run-auth-emulator/node";

const emulator = createEmulator({ now: Date.now, idTokenLifetime: 60, onRequest: (entry: LogEntry) => entry.token?.issuer });
const fetchAlike: (request: Request) => Promise<Response> = emulator.fetch;
const clientFetch: (input: string | URL, init?: RequestInit) => Promise<Response> = emulator.fetch;
emulator.addService("own", { invokers: "any", handler: async (request, caller) => new Response(caller.email + request.url) });
emulator.addService("mirror", { handler: "mirror", audiences: ["https://x.example"] });
const fault: Fault = { endpoint: "token", status: 503, headers: { "retry-after": "1" }, times: 2 };
emulator.addFault(fault);
emulator.clock.offset = 1000;

await using server = await serve(emulator, { port: 0 });
const echo: Echo = await (await fetchAlike(new Request(server.url))).json();
await clientFetch(server.url + echo.path);

// @ts-expect-error: a misspelt field
emulator.addFault({ endpoint: "token", staus: 503 });
// @ts-expect-error: no such endpoint
emulator.addFault({ endpoint: "nowhere" });
// @ts-expect-error: the log is the emulator's own
emulator.log = [];
