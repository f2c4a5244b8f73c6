// The base-URL rule: every verb and entry point, against the runtime's own URL parser.
import { equal, failure, ok, show } from "../client/check.js";
import { hostile, seeded } from "./hostile.js";

const verbs = ["get", "post", "put", "patch", "delete", "head", "fetch"];
const bases = ["https://svc.example", "https://svc.example/api/v1", "https://svc.example/api/?key=1"];

/**
 * That whatever was sent lies on the base's origin and below its path, as the runtime's parser reads it, and still does
 * when a server behind it decodes the path once more, and once more.
 */
function staysBelow(base, url, input) {
  const [home, sent] = [new URL(base), new URL(url)];
  const what = () => `${show(input)} on ${base} stay below it, saw ${url}`;
  ok(sent.origin === home.origin && !sent.username && !sent.password && !sent.hash, what());
  const path = home.pathname.replace(/\/$/, "");
  let read = sent.pathname;
  for (let round = 0; round < 4; round += 1) {
    ok(read === path || read.startsWith(`${path}/`), what());
    ok(depth(read.slice(path.length)) >= 0, what());
    const decoded = read.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)));
    if (decoded === read) break;
    read = decoded.replaceAll("\\", "/");
  }
}

/** How far below its start a path gets at its highest point; negative where it climbs out. */
function depth(path) {
  let [now, lowest] = [0, 0];
  for (const segment of path.split("/")) {
    if (segment === "..") now -= 1;
    else if (segment !== "" && segment !== ".") now += 1;
    lowest = Math.min(lowest, now);
  }
  return lowest;
}

const cases = [
  {
    name: "what is plain is joined as it is, on every verb",
    smoke: true,
    async run(t) {
      for (const base of bases) {
        const { session, calls } = t.offline(base);
        for (const input of t.vectors.paths.plain) {
          for (const verb of verbs) {
            await session[verb](input);
            const { url } = calls.pop();
            staysBelow(base, url, input);
            const [path, ...query] = input.split("?");
            ok(url.includes(path.replace(/^\//, "")) && url.includes(query.join("?")), `${show(input)} within ${url}`);
          }
        }
      }
    },
  },
  {
    name: "what is careful is sent below the base, or refused",
    smoke: true,
    async run(t) {
      for (const base of bases) {
        const { session, calls } = t.offline(base);
        for (const input of t.vectors.paths.careful) {
          for (const verb of verbs) {
            const error = await failure(session[verb](input));
            if (error) equal(error.code, "invalid_path", `code of ${show(input)}`);
            equal(calls.length, error ? 0 : 1, `requests of ${verb} ${show(input)}`);
            if (!error) staysBelow(base, calls.pop().url, input);
          }
        }
      }
    },
  },
  {
    name: "what people write is sent as the runtime writes it",
    smoke: true,
    async run(t) {
      const inputs = [
        "/a b",
        "/search?q=hello world",
        "/日本\u3000語",
        "/a\u00a0b",
        "/it's?q=it's",
        "/{id}|[1]<2>",
        "/v1/items:cancel?x[]=1",
      ];
      for (const base of ["https://svc.example", "https://svc.example/api/v1"]) {
        const { session, calls } = t.offline(base);
        for (const input of inputs) {
          for (const given of [input, input.slice(1), base + input]) {
            await session.fetch(given);
            equal(new URL(calls.pop().url).href, new URL(base + input).href, show(given));
          }
        }
      }
    },
  },
  {
    name: "what is refused is refused on every verb and entry point, and nothing is sent",
    smoke: true,
    async run(t) {
      for (const base of bases) {
        const { session, calls } = t.offline(base);
        const extended = session.extend({ headers: { "x-a": "1" } });
        await session.get("/warm");
        calls.length = 0;
        for (const input of t.vectors.paths.refused) {
          for (const verb of verbs) {
            const how = { what: `${verb} ${show(input)}` };
            await t.refused(() => session[verb](input), "invalid_path", how);
            await t.refused(() => session[verb](input, { searchParams: { a: "1" }, headers: { b: "2" } }), "invalid_path", how);
            await t.refused(() => extended[verb](input), "invalid_path", how);
          }
          equal(calls.length, 0, `requests of ${show(input)}`);
        }
      }
    },
  },
  {
    name: "the same on the wire, as a server reads it",
    async run(t) {
      const { session, service } = await t.open();
      const home = new URL(service.url);
      for (const input of [...t.vectors.paths.plain, ...t.vectors.paths.careful]) {
        const response = await session.get(input).catch((error) => error);
        if (!(response instanceof Response)) {
          equal(response.code, "invalid_path", `code of ${show(input)}`);
          continue;
        }
        // A browser may refuse what it sent itself; the emulator answers 400 to what no server can read.
        const { url } = await response.json();
        ok(
          url === service.url || url.startsWith(`${service.url}/`) || url.startsWith(`${service.url}?`),
          `${show(input)} below the base, saw ${url}`,
        );
        ok(url.startsWith(home.origin), url);
      }
    },
  },
  {
    name: "bases: joined, refused at once, covering",
    smoke: true,
    async run(t) {
      const { join, refused, covers } = t.vectors.bases;
      for (const { base, input, url } of join) {
        const { session, calls } = t.offline(base);
        await session.get(input);
        // Fetch writes a slash where there is no path.
        equal(new URL(calls[0].url).href, new URL(url).href, `${show(input)} on ${base}`);
      }
      for (const base of [...refused, undefined, null, 7, {}, ["https://svc.example"]]) {
        t.refusedAtOnce(() => t.createSession(base), "invalid_base_url", { what: show(base), secrets: ["user:pass"] });
      }
      for (const { base, url, ok: covered } of covers) {
        const { session, calls } = t.offline(base);
        if (covered) await session.fetch(url);
        else await t.refused(() => session.fetch(url), "invalid_path", { what: `${url} on ${base}` });
        equal(calls.length, covered ? 1 : 0, `requests of ${url} on ${base}`);
      }
    },
  },
  {
    name: "plain http to another machine has to be asked for",
    async run(t) {
      for (const base of ["http://10.0.0.1", "http://svc.example", "http://127.0.0.1.evil.example"]) {
        t.refusedAtOnce(() => t.createSession(base), "invalid_base_url");
        t.refusedAtOnce(() => t.createSession(base, { [t.allowInsecureRequests]: "yes" }), "invalid_base_url");
        const { session, calls } = t.offline(base, { [t.allowInsecureRequests]: true });
        await session.get("/x");
        equal(calls[0].url, `${base}/x`, "URL");
      }
      for (const base of ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]:1"]) {
        t.createSession(base);
      }
    },
  },
  {
    name: "6,000 hostile joins: below the base, or refused and nothing sent",
    async run(t) {
      const random = seeded(20_261_122);
      let [sent, refused] = [0, 0];
      for (const base of [...bases, "https://svc.example/a/b/c/", "http://127.0.0.1:8085/run/x"]) {
        const { session, calls } = t.offline(base);
        for (let round = 0; round < 1200; round += 1) {
          const input = hostile(random);
          const error = await failure(session.get(input));
          if (error) {
            if (error.code !== "invalid_path") throw error;
            refused += 1;
            equal(calls.length, 0, `requests of the refused ${show(input)}`);
          } else {
            sent += 1;
            equal(calls.length, 1, `requests of ${show(input)}`);
            staysBelow(base, calls.pop().url, input);
          }
        }
      }
      ok(sent > 600 && refused > 600, `both outcomes often, saw ${sent} sent and ${refused} refused`);
    },
  },
  {
    name: "3,000 absolute URLs through fetch(): within the base, or refused and nothing sent",
    async run(t) {
      const random = seeded(7);
      let sent = 0;
      for (const base of ["https://svc.example/api", "https://svc.example"]) {
        const { session, calls } = t.offline(base);
        for (let round = 0; round < 1500; round += 1) {
          const input = base + hostile(random);
          const error = await failure(session.fetch(input));
          if (error && error.code !== "invalid_path") throw error;
          equal(calls.length, error ? 0 : 1, `requests of ${show(input)}`);
          if (!error) staysBelow(base, calls.pop().url, input);
          sent += error ? 0 : 1;
        }
      }
      ok(sent > 300, `some that were sent, saw ${sent}`);
    },
  },
];

export default { name: "base URL", cases };
