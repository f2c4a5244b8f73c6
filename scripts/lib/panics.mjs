// Where a module can come to a panic, read from the module for tests: its panic handler keeps the location, and so the module holds each
// location that is left once the compiler has shown the others out of reach. What is shipped holds none, whatever it can come to.

/** Every place in the module's data that looks like a location (file, line, column), as "file:line:column", in order. */
export function panics(bytes) {
  const data = memory(bytes);
  const view = new DataView(data.buffer);
  const found = new Set();
  const text = new TextDecoder();
  // Rust lays a location out as the address and the length of its file's name, then line and column.
  for (let at = 0; at + 16 <= data.length; at += 4) {
    const [name, length, line, column] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true));
    if (length < 4 || length > 300 || name + length > data.length || !line || line > 100_000 || !column || column > 1000) continue;
    const file = text.decode(data.subarray(name, name + length));
    if (/^[\w./-]+\.rs$/.test(file)) found.add(`${file.replace(/^\/rustc\/[0-9a-f]+\//, "")}:${line}:${column}`);
  }
  return [...found].sort();
}

/** The memory as the module's data segments fill it (WebAssembly core specification, section 5.5.14): active ones of memory 0. */
function memory(bytes) {
  const segments = [];
  for (let at = 8; at < bytes.length;) {
    const id = bytes[at];
    const [size, body] = leb(bytes, at + 1);
    if (id === 11) readSegments(bytes, body, segments);
    at = body + size;
  }
  const data = new Uint8Array(Math.max(0, ...segments.map(([offset, part]) => offset + part.length)));
  for (const [offset, part] of segments) data.set(part, offset);
  return data;
}

function readSegments(bytes, body, segments) {
  let [count, at] = leb(bytes, body);
  while (count-- > 0) {
    const [kind, opcode] = [bytes[at], bytes[at + 1]];
    if (kind !== 0 || opcode !== 0x41) throw new Error("a data segment that is not at a constant address of the memory");
    const [offset, end] = leb(bytes, at + 2);
    const [length, start] = leb(bytes, end + 1);
    segments.push([offset, bytes.subarray(start, start + length)]);
    at = start + length;
  }
}

/** A number in LEB128. No address of ours is negative. */
function leb(bytes, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) return [value, at];
  }
}
