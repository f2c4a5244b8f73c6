// What is tried again and what is not, how often, and what is handed back in the end.
import { contains, equal, ok, thrown } from "../client/check.js";
import { fates, openFaulty, QUICK } from "../client/faulty.js";

const status = (status, more) => ({ fault: "status", status, ...more });

const bodies = {
  json: () => ({ json: { a: 1 } }),
  text: () => ({ body: "text" }),
  bytes: () => ({ body: new TextEncoder().encode("bytes") }),
  "a Blob": () => ({ body: new Blob(["blob"]) }),
  "a form": () => {
    const body = new FormData();
    body.set("field", "value");
    return { body };
  },
  URLSearchParams: () => ({ body: new URLSearchParams({ a: "1" }) }),
};
const expected = { json: '{"a":1}', text: "text", bytes: "bytes", "a Blob": "blob", "a form": "value", URLSearchParams: "a=1" };

const cases = [
  {
    name: "false: nothing is tried again, on the session or on a call, and a call goes before its session",
    smoke: true,
    async run(t) {
      for (const [own, init] of [
        [false, undefined],
        [QUICK, { retry: false }],
      ]) {
        const { session, token, service } = await openFaulty(t, { retry: own });
        await token.plan({ steps: [status(503)] });
        await t.refused(() => session.get("/x", init), "exchange_unavailable");
        equal(await fates(token), ["status"], "exchanges");
        equal((await session.get("/x", init)).status, 200, "status");
        await service.plan({ steps: [status(503)] });
        equal((await session.get("/x", init)).status, 503, "status");
        await service.plan({ steps: [{ fault: "garbage" }] });
        const error = await thrown(() => session.get("/x", init));
        ok(!(error instanceof t.AuthError), `fetch's own error, saw ${error}`);
        equal(await fates(service), [null, "status", "garbage"], "requests");
        if (own) continue;
        await service.plan({ steps: [status(503)] });
        equal((await session.get("/x", { retry: { attempts: 2, ...QUICK } })).status, 200, "status of a call that is to be tried again");
      }
    },
  },
  {
    name: "false leaves the one call more after a 401",
    async run(t) {
      const { session, service } = await openFaulty(t, { retry: false });
      await session.get("/warm");
      await t.emulator.rotateKeys({ keep: false });
      equal((await session.get("/x")).status, 200, "status");
      equal((await fates(service)).length, 3, "requests");
    },
  },
  {
    name: "as many attempts as there are to be, no more",
    async run(t) {
      for (const [attempts, faults, outcome] of [
        [1, 1, 503],
        [5, 4, 200],
        [10, 9, 200],
        [10, 12, 503],
      ]) {
        const { session, token, service } = await openFaulty(t, { retry: { ...QUICK, attempts } });
        await token.plan({ steps: [{ ...status(503), times: faults }] });
        if (outcome === 200) equal((await session.get("/warm")).status, 200, "status");
        else await t.refused(() => session.get("/warm"), "exchange_unavailable");
        equal((await fates(token)).length, attempts, "exchanges");
        await token.plan();
        await session.getIdToken();
        await service.plan({ steps: [{ ...status(503), times: faults }] });
        const before = (await fates(service)).length;
        equal((await session.get("/x")).status, outcome, "status");
        equal((await fates(service)).length - before, attempts, "requests");
      }
    },
  },
  {
    name: "by default GET, HEAD, PUT and DELETE are sent again, POST and PATCH are not",
    async run(t) {
      const { session, service } = await openFaulty(t);
      for (const [method, requests] of Object.entries({ get: 2, head: 2, put: 2, delete: 2, post: 1, patch: 1 })) {
        await service.plan({ steps: [status(503)] });
        equal((await session[method]("/x")).status, requests === 2 ? 200 : 503, `status of ${method}`);
        equal((await fates(service, method.toUpperCase())).length, requests, `requests of ${method}`);
      }
    },
  },
  {
    name: "statuses and methods by lists of the caller's",
    async run(t) {
      const { session, service } = await openFaulty(t, { retry: { ...QUICK, statuses: [404], methods: ["PATCH"] } });
      for (const [method, answered, requests] of [
        ["patch", 404, 2],
        ["patch", 503, 1],
        ["get", 404, 1],
        ["get", 503, 1],
      ]) {
        await service.plan({ steps: [status(answered)] });
        const before = (await fates(service)).length;
        equal((await session[method]("/x")).status, requests === 2 ? 200 : answered, `status of ${method}`);
        equal((await fates(service)).length - before, requests, `requests of ${method} with ${answered}`);
      }
    },
  },
  {
    name: "by default 408, 429, 500, 502, 503 and 504, no other status",
    async run(t) {
      const { session, service } = await openFaulty(t);
      for (const answered of [400, 403, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504, 505]) {
        const again = [408, 429, 500, 502, 503, 504].includes(answered);
        await service.plan({ steps: [status(answered)] });
        equal((await session.get(`/${answered}`)).status, again ? 200 : answered, "status");
        const requests = (await service.requests()).filter(({ path }) => path.endsWith(`/${answered}`));
        equal(requests.length, again ? 2 : 1, `requests with ${answered}`);
      }
    },
  },
  {
    name: "the last answer is handed back as it came",
    smoke: true,
    async run(t) {
      const { session, service } = await openFaulty(t);
      await service.plan({
        steps: [status(500, { body: "one" }), status(502, { body: "two" }), status(503, { body: "three", headers: { "x-last": "1" } })],
      });
      const response = await session.get("/x");
      equal([response.status, response.headers.get("x-last"), response.bodyUsed], [503, "1", false], "answer");
      equal(await response.text(), "three", "body");
      equal((await fates(service)).length, 3, "requests");
    },
  },
  ...Object.keys(bodies).map((kind) => ({
    name: `a body is whole each time: ${kind}`,
    async run(t) {
      const { session, service } = await openFaulty(t);
      await service.plan({ steps: [status(503), { fault: "garbage" }] });
      const response = await session.put("/x", bodies[kind]());
      equal(response.status, 200, "status");
      contains((await response.json()).body, expected[kind], "body");
      const sizes = (await service.requests()).map(({ bytes }) => bytes);
      equal(sizes, sizes.slice(0, 1).concat(sizes[0], sizes[0]), "bytes of the bodies");
    },
  })),
  {
    name: "a Request with a body is sent again or handed back, never half sent",
    async run(t) {
      const { session, base, service } = await openFaulty(t);
      await service.plan({ steps: [status(503)] });
      const response = await session.fetch(new Request(`${base}/x`, { method: "PUT", body: "whole" }));
      if (response.status === 200) equal((await response.json()).body, "whole", "body");
      else equal([response.status, (await fates(service)).length], [503, 1], "status and requests");
      await service.plan({ steps: [status(503)] });
      equal((await session.fetch(new Request(`${base}/x`, { method: "DELETE" }))).status, 200, "status without a body");
    },
  },
  {
    name: "a fetch of the caller's that fails, and one that throws at once",
    async run(t) {
      const down = new TypeError("no network in this test");
      for (const fail of [
        () => Promise.reject(down),
        () => {
          throw down;
        },
      ]) {
        let left = 2;
        const answer = () => (left-- > 0 ? fail() : undefined);
        const credential = async () => ({ token: "x", expiresAt: Date.now() + 600_000 });
        const { session, calls } = t.offline("https://svc.example", { credential, answer, retry: QUICK });
        equal((await session.get("/first")).status, 200, "status");
        left = 2;
        equal((await session.get("/next")).status, 200, "status");
        left = 9;
        ok((await thrown(() => session.get("/last"))) === down, "fetch's own error");
        ok((await thrown(() => session.post("/last"))) === down, "fetch's own error");
        equal(calls.length, 10, "requests");
      }
    },
  },
];

export default { name: "retries", cases };
