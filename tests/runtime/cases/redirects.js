// The redirect rule: credentials never leave the origin. Servers of the lab record all that reaches them.
import { equal, ok } from "../client/check.js";

const statuses = [301, 302, 303, 307, 308];

/** Another origin in every way there is; the last one is the same host and port by another scheme. */
const elsewhere = ["away", "homeByName", "homeDotted", "homeSub", "trap", "homeSecure"];

/** Sessions that differ in which header takes the token. */
const carriers = ["authorization", "x-serverless-authorization"];

/** Credentials of the caller's own, which are to stay at home too. Browsers do not let pages set all of them. */
const own = { cookie: "sid=c4n4ry", "proxy-authorization": "Basic c4n4ry", "x-api-key": "c4n4ry" };

async function openAtLab(t, options = {}) {
  const mark = t.unique("m");
  const key = await t.account();
  const base = `${t.lab.home}/${mark}`;
  const session = t.createSession(base, { credential: key, endpoints: t.emulator.url, ...options });
  const at = (path, params) => `${path}?${new URLSearchParams(params)}`;
  const seen = async () => {
    const { requests, strays } = await t.lab.records(mark);
    const home = new URL(t.lab.home).host;
    const sent = requests.filter(({ method }) => method !== "OPTIONS");
    return { sent, outside: requests.filter(({ server, host }) => server !== "home" || host !== home), strays };
  };
  return { session, mark, base, at, seen };
}

/** What a redirect that is not followed becomes: the 3xx itself, or in browsers an error. */
async function handedBack(t, call, status) {
  if (!t.runtime.lacks["visible redirects"]) {
    const response = await call();
    equal(response.status, status, "status");
    return response;
  }
  return t.refused(call, "redirect_refused");
}

async function noneLeft(lab, before, what) {
  const { outside, strays } = await lab.seen();
  const headers = outside.map((record) => `${record.method} ${record.host}${record.url}: ${Object.keys(record.headers)}`);
  equal(headers, [], `requests that left the origin (${what})`);
  equal(strays, before.strays, `connections to other ports (${what})`);
}

const cases = [
  ...elsewhere.map((place) => ({
    name: `five statuses to ${place}: no credential leaves`,
    smoke: place === "away",
    async run(t) {
      for (const carrier of carriers) {
        const mine = carrier === "authorization" ? own : { ...own, authorization: "Basic c4n4ry" };
        const lab = await openAtLab(t, { authorizationHeader: carrier, headers: mine });
        const before = await lab.seen();
        const location = `${t.lab[place]}/${lab.mark}/stolen`;
        for (const status of statuses) {
          const response = await handedBack(t, () => lab.session.get(lab.at("/go", { status, location })), status);
          if (response instanceof Response) equal(response.headers.get("location"), location, "location");
          await handedBack(t, () => lab.session.post(lab.at("/go", { status, location }), { body: "c4n4ry" }), status);
        }
        await noneLeft(lab, before, `${carrier} to ${place}`);
        equal((await lab.seen()).sent.length, statuses.length * 2, "requests at home");
      }
    },
  })),
  {
    name: "home, home, away: handed back at the border",
    async run(t) {
      const lab = await openAtLab(t, { headers: own });
      const before = await lab.seen();
      const back = `${t.lab.home}/${lab.mark}/back`;
      const out = `${t.lab.away}/${lab.mark}/out?${new URLSearchParams({ status: 302, location: back })}`;
      const hop = `/${lab.mark}/hop?${new URLSearchParams({ status: 302, location: out })}`;
      await handedBack(t, () => lab.session.get(lab.at("/start", { status: 302, location: hop })), 302);
      await noneLeft(lab, before, "A to A to B to A");
      ok(!(await lab.seen()).sent.some(({ url }) => url.includes("/back")), "no request that came back from there");
    },
  },
  {
    name: "same-origin hops are followed with the token, five at most",
    needs: ["visible redirects"],
    async run(t) {
      const lab = await openAtLab(t, { headers: { "x-mine": "1" } });
      for (const status of statuses) {
        for (const hops of [1, 5]) {
          const response = await lab.session.get(lab.at(`/${status}-${hops}/chain/${hops}`, { status }));
          equal(response.status, 200, `status after ${hops} hops of ${status}`);
          const sent = (await lab.seen()).sent.filter(({ url }) => url.includes(`/${status}-${hops}/`));
          equal(sent.length, hops + 1, "requests");
          for (const { headers } of sent) equal([headers.authorization?.slice(0, 7), headers["x-mine"]], ["Bearer ", "1"], "headers");
        }
        const response = await lab.session.get(lab.at(`/${status}-6/chain/6`, { status }));
        equal(response.status, status, "status of the sixth hop's answer");
        equal((await lab.seen()).sent.filter(({ url }) => url.includes(`/${status}-6/`)).length, 6, "requests");
      }
    },
  },
  {
    name: "browsers: a same-origin redirect is an error as well",
    needs: ["hidden redirects"],
    async run(t) {
      const lab = await openAtLab(t);
      for (const status of statuses) {
        await t.refused(() => lab.session.get(lab.at(`/${status}/chain/1`, { status })), "redirect_refused");
      }
      equal((await lab.seen()).sent.length, statuses.length, "requests");
    },
  },
  {
    name: "303 turns to GET without a body, 307 and 308 send it again",
    needs: ["visible redirects"],
    async run(t) {
      const lab = await openAtLab(t);
      for (const [status, method, body, after] of [
        [303, "POST", "b", "GET"],
        [303, "PUT", "b", "GET"],
        [301, "POST", "b", "GET"],
        [302, "POST", "b", "GET"],
        [307, "POST", "b", "POST"],
        [308, "PATCH", "b", "PATCH"],
        [302, "PUT", "b", "PUT"],
      ]) {
        const call = `${status}-${method}`;
        const headers = { "content-type": "text/x-mine" };
        const response = await lab.session.fetch(lab.at(`/${call}/chain/1`, { status }), { method, body, headers });
        equal(response.status, 200, `status of ${call}`);
        const last = (await lab.seen()).sent.filter(({ url }) => url.includes(`/${call}/`)).at(-1);
        const kept = after === method;
        equal([last.method, last.body, last.headers["content-type"]], [after, kept ? "b" : "", kept ? "text/x-mine" : undefined], call);
      }
      const response = await lab.session.head(lab.at("/head/chain/1", { status: 303 }));
      equal([response.status, (await lab.seen()).sent.at(-1).method], [200, "HEAD"], "HEAD after 303");
    },
  },
  {
    name: "a streamed body is not sent twice",
    needs: ["visible redirects", "upload stream"],
    async run(t) {
      const lab = await openAtLab(t);
      await lab.session.get("/warm");
      for (const [status, method, expected] of [
        [307, "POST", 307],
        [308, "PUT", 308],
        [302, "PUT", 302],
        [303, "POST", 200],
      ]) {
        const body = new Blob(["streamed"]).stream();
        const path = `/${status}-${method}/chain/1`;
        const response = await lab.session.fetch(lab.at(path, { status }), { method, body, duplex: "half" });
        equal(response.status, expected, `status of ${path}`);
        const sent = (await lab.seen()).sent.filter(({ url }) => url.includes(`/${status}-${method}/`));
        equal(
          sent.map((record) => record.body),
          status === 303 ? ["streamed", ""] : ["streamed"],
          "bodies",
        );
      }
    },
  },
  {
    name: "redirect: manual hands back, redirect: error fails",
    needs: ["visible redirects"],
    async run(t) {
      const lab = await openAtLab(t);
      for (let i = 0; i < 2; i += 1) {
        const response = await lab.session.get(lab.at(`/m${i}/chain/1`, { status: 302 }), { redirect: "manual" });
        equal(response.status, 302, "status");
        equal((await lab.seen()).sent.filter(({ url }) => url.includes(`/m${i}/`)).length, 1, "requests");
      }
      // workerd's fetch has no such mode, and says so.
      const failed = await lab.session.get(lab.at("/e/chain/1", { status: 302 }), { redirect: "error" }).catch(() => "failed");
      equal(failed, "failed", "redirect: error");
      ok((await lab.seen()).sent.filter(({ url }) => url.includes("/e/")).length <= 1, "at most one request");
    },
  },
  {
    name: "a location in UTF-8 leads where fetch would go, one in Latin-1 too",
    needs: ["visible redirects"],
    async run(t) {
      // As runtimes give it: a character for each byte, or the text.
      for (const [location, path] of [
        ["/\u00c3\u00a4?%25=%E4", "/%C3%A4?%25=%E4"],
        ["/\u00e6\u0097\u00a5", "/%E6%97%A5"],
        ["/\u00e4", "/%C3%A4"],
        ["/日本", "/%E6%97%A5%E6%9C%AC"],
      ]) {
        const headers = { get: (name) => (name === "location" ? location : null), has: () => false };
        const moved = { ok: false, status: 302, type: "default", headers, body: null };
        const { session, calls } = t.offline("https://svc.example", { answer: ({ url }) => (url.endsWith("/go") ? moved : undefined) });
        equal((await session.get("/go")).status, 200, "status");
        equal(calls.at(-1).url, `https://svc.example${path}`, `where ${encodeURI(location)} led to`);
      }
    },
  },
  {
    name: "a redirect without a place to go is handed back",
    needs: ["visible redirects"],
    async run(t) {
      const lab = await openAtLab(t);
      equal((await lab.session.get(lab.at("/none", { status: 302 }))).status, 302, "status without a location");
      equal((await lab.session.get(lab.at("/not-modified", { status: 304, location: "/x" }))).status, 304, "status");
      equal((await lab.session.get(lab.at("/choices", { status: 300, location: "/x" }))).status, 300, "status");
    },
  },
  {
    name: "locations that parsers disagree about do not leave the origin",
    smoke: true,
    async run(t) {
      const locations = [
        ...["http://svc.example/x", "https://svc.example:444/x", "https://sub.svc.example/", "https://svc.example./"],
        ...["//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https:/\\evil.example"],
        ...["/\t/evil.example", "https://svc.example@evil.example/", "https://user:pw@svc.example/x", "javascript:alert(1)"],
        ...[
          "data:text/plain,x",
          "https://evil.example/https://svc.example/",
          "https://svc.example.evil.example/",
          "ht\ttps://evil.example",
        ],
      ];
      for (const location of locations) {
        for (const status of statuses) {
          const answer = ({ url }) => (url.includes("/start") ? reply(status, location) : undefined);
          const { session, calls } = t.offline("https://svc.example", { answer });
          await session.get("/start").catch((error) => t.noSecret(error));
          await session.get("/start").catch((error) => t.noSecret(error));
          for (const { url } of calls) {
            const { origin, username, password } = new URL(url);
            equal([origin, username, password], ["https://svc.example", "", ""], `where ${location} led to`);
          }
        }
      }
    },
  },
  {
    name: "the token endpoint's redirects are not followed",
    async run(t) {
      // In browsers they are opaque, and so may be something that passes.
      const lab = await openAtLab(t, { retry: false });
      const before = await lab.seen();
      for (const status of statuses) {
        await t.emulator.fault({ endpoint: "token", status, times: 1, headers: { location: `${t.lab.away}/${lab.mark}/token` } });
        const codes = ["invalid_answer", "exchange_refused", "exchange_unavailable"];
        await t.refused(() => lab.session.get("/x"), codes);
        await noneLeft(lab, before, `token endpoint, ${status}`);
      }
      equal((await lab.session.get("/x")).status, 200, "status afterwards");
    },
  },
];

/** A redirect that fetch might have given; some locations cannot stand in a header, which is as good. */
function reply(status, location) {
  try {
    return new Response(null, { status, headers: { location } });
  } catch {
    return new Response("no such header");
  }
}

export default { name: "redirects", cases };
