import { escapeHtml } from "./answers.js";
import { PLAIN } from "./authorize.js";
import { areGranted } from "./scopes.js";

const STYLE = `
:root { color-scheme: light dark; --ink: #1f1f1f; --soft: #5f6368; --line: #dadce0; --ground: #f0f4f9; --card: #fff; --blue: #0b57d0; --on: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e3e3; --soft: #b0b5ba; --line: #444746; --ground: #131314; --card: #1e1f20; --blue: #a8c7fa; --on: #062e6f; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 460px; background: var(--card); border: 1px solid var(--line); border-radius: 20px; padding: 28px; }
h1 { font-size: 24px; line-height: 1.25; font-weight: 500; margin: 0 0 8px; }
p { margin: 0 0 16px; color: var(--soft); overflow-wrap: anywhere; }
p strong { color: var(--ink); }
fieldset { border: 0; margin: 0 0 20px; padding: 0; }
legend { font-weight: 600; margin-bottom: 8px; padding: 0; }
label { display: flex; gap: 12px; align-items: flex-start; padding: 10px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
label span { min-width: 0; }
label small { display: block; color: var(--soft); }
input[type=checkbox], input[type=radio] { width: 20px; height: 20px; margin: 2px 0 0; flex: none; accent-color: var(--blue); }
input[type=text] { width: 100%; font: inherit; letter-spacing: 2px; text-transform: uppercase; padding: 10px 12px; border: 1px solid var(--line); border-radius: 8px; background: transparent; color: inherit; }
.buttons { display: flex; gap: 12px; justify-content: flex-end; flex-wrap: wrap; }
button { font: inherit; font-weight: 600; padding: 10px 24px; border-radius: 999px; border: 1px solid var(--line); background: transparent; color: var(--blue); cursor: pointer; }
button[value=allow], .buttons button:only-child { background: var(--blue); border-color: var(--blue); color: var(--on); }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
footer { margin-top: 24px; font-size: 13px; color: var(--soft); }
`;

/**
 * The page on which people choose an account and say yes or no: each scope by itself, as at Google.
 *
 * @param {{ id: string, asked: import("./authorize.js").Asked, people: import("./people.js").Person[] }} what
 */
export function consentPage({ id, asked, people }) {
  const { application, scopes } = asked;
  const wanted = scopes.filter((scope) => !PLAIN.includes(scope));
  const known = people.length === 1 ? (people[0].granted.get(application.id) ?? []) : [];
  const accounts = people.map(
    ({ email, name }, at) =>
      `<label><input type="radio" name="account" value="${escapeHtml(email)}"${at === 0 ? " checked" : ""}><span>${escapeHtml(name)}<small>${escapeHtml(email)}</small></span></label>`,
  );
  const boxes = wanted.map(
    (scope) =>
      `<label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked><span>${escapeHtml(scope)}${areGranted(known, [scope]) ? "<small>allowed before</small>" : ""}</span></label>`,
  );
  const asks = wanted.length > 0 ? "wants to act for you" : "wants to know who you are";
  return page(
    200,
    "Sign in",
    `<h1>Sign in</h1>
<p><strong>${escapeHtml(application.name)}</strong> ${asks}.</p>
<form method="post" action="/o/oauth2/v2/auth">
<input type="hidden" name="request" value="${id}">
<fieldset><legend>Account</legend>${accounts.join("\n")}</fieldset>
${boxes.length > 0 ? `<fieldset><legend>What it may do</legend>${boxes.join("\n")}</fieldset>` : ""}
<div class="buttons"><button name="decision" value="deny">Cancel</button><button name="decision" value="allow">Allow</button></div>
</form>`,
    asked.redirectUri,
  );
}

/** The page on which people type in what their device shows (RFC 8628 section 3.3). @param {string} code */
export function devicePage(code) {
  return page(
    200,
    "Connect a device",
    `<h1>Connect a device</h1>
<p>Type in the code that your device shows.</p>
<form method="get" action="/device">
<fieldset><legend><label for="code">Code</label></legend><input id="code" type="text" name="user_code" value="${escapeHtml(code)}" autocomplete="off" required></fieldset>
<div class="buttons"><button>Next</button></div>
</form>`,
  );
}

/**
 * @param {number} status
 * @param {string} title
 * @param {string} text
 */
export function messagePage(status, title, text) {
  return page(status, title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>`);
}

/**
 * @param {number} status
 * @param {string} title
 * @param {string} body
 * @param {string} [leadsTo] where its form may lead
 */
function page(status, title, body, leadsTo) {
  const text = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>
${body}
<footer>This is an emulator: nobody's account is touched.</footer>
</main></body>
</html>
`;
  // A browser looks at redirects of a form, too.
  const forms = leadsTo === undefined ? "'self'" : `'self' ${new URL(leadsTo).origin}`;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; form-action ${forms}; frame-ancestors 'none'; base-uri 'none'`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  };
  return new Response(text, { status, headers });
}
