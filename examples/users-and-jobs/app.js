// A web application: users log in, and leave jobs that go on while they are away.
import { serve } from "@hono/node-server";
import { createLogin } from "cloud-run-auth/login";
import { Hono } from "hono";
import { html } from "hono/html";
import { add } from "./queue.js";
import { client, origin, port, queue, store } from "./settings.js";

const login = createLogin({ client, redirectUri: `${origin}/callback`, store });
const app = new Hono();

app.get("/login", (c) => login.start(c.req.raw));
app.get("/callback", async (c) => {
  try {
    return (await login.callback(c.req.raw)).response;
  } catch (error) {
    // What the provider said is harmless on a page; hono's html escapes it all the same.
    return c.html(
      page(
        html`<p role="alert">${error.message}</p>
          <p><a href="/login">Log in</a></p>`,
      ),
      400,
    );
  }
});
app.post("/logout", (c) => login.logout(c.req.raw));

app.get("/", async (c) => {
  const user = await login.getUser(c.req.raw);
  if (!user) return c.html(page(html`<p><a href="/login">Log in</a></p>`));
  return c.html(
    page(html`
      <p>Hello ${user.name}.</p>
      <form method="post" action="/jobs"><button>Add a job</button></form>
      <form method="post" action="/logout"><button>Log out</button></form>
    `),
  );
});
app.post("/jobs", async (c) => {
  // Another site's page may not act for whoever is logged in.
  if (c.req.header("origin") !== origin) return c.text("Only from this site.", 403);
  const user = await login.getUser(c.req.raw);
  if (!user) return c.redirect("/login");
  await add(queue, { user: user.id, path: "/hello" });
  return c.redirect("/");
});

const page = (body) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta name="viewport" content="width=device-width" />
        <title>Users and jobs</title>
      </head>
      <body>
        <h1>Users and jobs</h1>
        ${body}
      </body>
    </html>`;

serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => console.log(origin));
