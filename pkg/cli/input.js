// What comes on standard input: a text that no list of processes is to show.

export async function readInput() {
  let text = "";
  for await (const part of process.stdin.setEncoding("utf8")) text += part;
  return text.trim();
}
