/**
 * JSON as Google's token endpoint sends it: indented, and not to be cached.
 *
 * @param {unknown} value
 * @param {{ status?: number, headers?: Record<string, string> }} [init]
 */
export function json(value, { status = 200, headers } = {}) {
  return new Response(JSON.stringify(value, null, 2), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
      ...headers,
    },
  });
}

/**
 * An error page, which is what Google's front ends answer with.
 *
 * @param {number} status
 * @param {string} title
 * @param {string} text plain text
 * @param {Record<string, string>} [headers]
 */
export function htmlError(status, title, text, headers) {
  const page = `<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${status} ${escapeHtml(title)}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: ${escapeHtml(title)}</h1>
<h2>${escapeHtml(text)}</h2>
</body></html>
`;
  return new Response(page, { status, headers: { "content-type": "text/html; charset=UTF-8", ...headers } });
}

/** @param {string} text */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
