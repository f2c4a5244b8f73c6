const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The parts of a body of multipart/related (RFC 2387), whose form is RFC 2046's, section 5.1.1. Undefined where it has none.
 *
 * @param {Uint8Array} body
 * @param {string} contentType
 */
export function partsOf(body, contentType) {
  const [, quoted, plain] = /^multipart\/related\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (!boundary) return undefined;
  // The line break before a boundary belongs to it. The first one may stand at the very beginning.
  const mark = encoder.encode(`\r\n--${boundary}`);
  const whole = new Uint8Array(body.length + 2);
  whole.set([13, 10]);
  whole.set(body, 2);

  const parts = [];
  for (let at = find(whole, mark, 0); at >= 0;) {
    let start = at + mark.length;
    if (whole[start] === 45 && whole[start + 1] === 45) return parts;
    // Blanks may follow a boundary.
    while (whole[start] === 32 || whole[start] === 9) start++;
    const end = find(whole, mark, start);
    const part = end < 0 ? undefined : readPart(whole.subarray(start, end));
    if (!part) return undefined;
    parts.push(part);
    at = end;
  }
  // Without a closing boundary something is missing.
  return undefined;
}

/** @param {Uint8Array} part from the line break after its boundary on */
function readPart(part) {
  if (part[0] !== 13 || part[1] !== 10) return undefined;
  const empty = find(part, encoder.encode("\r\n\r\n"), 0);
  if (empty < 0) return undefined;
  const headers = new Headers();
  for (const line of decoder.decode(part.subarray(2, empty)).split("\r\n").filter(Boolean)) {
    const [, name, value] = /^([\w-]+):[ \t]*([\x20-\x7e]*)$/.exec(line) ?? [];
    if (!name) return undefined;
    headers.append(name, value);
  }
  return { headers, bytes: part.slice(empty + 4) };
}

/**
 * @param {Uint8Array} bytes
 * @param {Uint8Array} wanted
 * @param {number} from
 */
function find(bytes, wanted, from) {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) return at;
  }
  return -1;
}
