// A 401 drops the token, and the call goes out once more with a fresh one if its body can be sent again.
import { contains, equal } from "../client/check.js";

const sentTo = async (t) => (await t.emulator.log("service")).filter(({ method }) => method !== "OPTIONS");

/** A session whose cached token the service has just stopped to believe. */
async function outdated(t, options) {
  const opened = await t.open(options);
  await opened.session.get("/warm");
  await t.emulator.rotateKeys({ keep: false });
  return opened;
}

const bodies = {
  "no body": () => ({}),
  json: () => ({ json: { a: 1 } }),
  text: () => ({ body: "text" }),
  bytes: () => ({ body: new TextEncoder().encode("bytes") }),
  "an ArrayBuffer": () => ({ body: new TextEncoder().encode("buffer").buffer }),
  "a Blob": () => ({ body: new Blob(["blob"]) }),
  "a form": () => {
    const body = new FormData();
    body.set("field", "value");
    return { body };
  },
  URLSearchParams: () => ({ body: new URLSearchParams({ a: "1" }) }),
};
const expected = {
  json: '{"a":1}',
  text: "text",
  bytes: "bytes",
  "an ArrayBuffer": "buffer",
  "a Blob": "blob",
  "a form": "value",
  URLSearchParams: "a=1",
};

const cases = [
  ...Object.keys(bodies).map((kind) => ({
    name: `once more with a fresh token, ${kind}`,
    smoke: kind === "json",
    async run(t) {
      const { session } = await outdated(t);
      const response = await session.post("/x", bodies[kind]());
      equal(response.status, 200, "status");
      contains((await response.json()).body, expected[kind] ?? "", "body");
      equal(
        (await sentTo(t)).map(({ status }) => status),
        [200, 401, 200],
        "statuses",
      );
      equal(await t.exchanges(), 2, "exchanges");
      equal((await session.get("/next")).status, 200, "status of the next call");
      equal(await t.exchanges(), 2, "exchanges after the next call");
    },
  })),
  {
    name: "once and not more: the second 401 is the answer",
    async run(t) {
      const { session } = await t.open();
      await session.get("/warm");
      await t.emulator.fault({ endpoint: "service", status: 401 });
      equal((await session.get("/x")).status, 401, "status");
      equal((await sentTo(t)).length, 3, "requests");
      equal(await t.exchanges(), 2, "exchanges");
    },
  },
  {
    name: "a first call is sent again as well",
    async run(t) {
      const { session } = await t.open();
      await t.emulator.fault({ endpoint: "service", status: 401, times: 1 });
      equal((await session.put("/x", { body: "b" })).status, 200, "status");
      equal([(await sentTo(t)).length, await t.exchanges()], [2, 2], "requests and exchanges");
    },
  },
  {
    name: "a streamed body is not sent again, but the token is dropped",
    needs: ["upload stream"],
    async run(t) {
      const { session } = await outdated(t);
      const body = new Blob(["streamed"]).stream();
      equal((await session.post("/x", { body, duplex: "half" })).status, 401, "status");
      equal(
        (await sentTo(t)).map(({ status }) => status),
        [200, 401],
        "statuses",
      );
      equal((await session.get("/next")).status, 200, "status of the next call");
      equal((await sentTo(t)).length, 3, "requests");
    },
  },
  {
    name: "a Request without a body is sent again",
    async run(t) {
      const { session, service } = await outdated(t);
      equal((await session.fetch(new Request(`${service.url}/x`, { method: "DELETE" }))).status, 200, "status");
    },
  },
  {
    name: "a Request with a body is sent again or handed back, never half sent",
    async run(t) {
      const { session, service } = await outdated(t);
      const response = await session.fetch(new Request(`${service.url}/x`, { method: "POST", body: "whole" }));
      if (response.status === 200) equal((await response.json()).body, "whole", "body");
      else equal([response.status, (await sentTo(t)).length], [401, 2], "status and requests");
    },
  },
  {
    name: "no other status is sent again where nothing is to be tried again",
    async run(t) {
      const { session } = await t.open({ session: { retry: false } });
      await session.get("/warm");
      for (const status of [400, 403, 404, 429, 500, 503]) {
        await t.emulator.fault({ endpoint: "service", status, times: 1 });
        equal((await session.get(`/${status}`)).status, status, "status");
        equal((await sentTo(t)).filter(({ path }) => path.endsWith(`/${status}`)).length, 1, `requests with ${status}`);
      }
      equal(await t.exchanges(), 1, "exchanges");
    },
  },
  {
    name: "many calls with one outdated token make one exchange",
    async run(t) {
      const { session } = await outdated(t);
      const answers = await Promise.all(Array.from({ length: 20 }, () => session.get("/x")));
      equal(new Set(answers.map(({ status }) => status)).size, 1, "kinds of statuses");
      equal(answers[0].status, 200, "status");
      // On workerd each call of one request follows by polling, and may still see one token only.
      equal(await t.exchanges(), 2, "exchanges");
    },
  },
  {
    name: "a credential function is asked again after a 401",
    async run(t) {
      let count = 0;
      const credential = async () => ({ token: `t${(count += 1)}`, expiresAt: Date.now() + 3_600_000 });
      const answer = ({ headers }) => new Response(null, { status: headers.get("authorization") === "Bearer t2" ? 200 : 401 });
      const { session, calls } = t.offline("https://svc.example", { credential, answer });
      equal((await session.get("/x")).status, 200, "status");
      equal([calls.length, count], [2, 2], "requests and calls of the function");
    },
  },
  {
    name: "the token exchange of a resend can fail like any other",
    async run(t) {
      const { session } = await outdated(t);
      await t.emulator.fault({ endpoint: "token", status: 400, json: { error: "invalid_grant", error_description: "x" } });
      await t.refused(() => session.get("/x"), "exchange_refused");
      await t.emulator.clearFaults();
      equal((await session.get("/x")).status, 200, "status");
    },
  },
];

export default { name: "resend", cases };
