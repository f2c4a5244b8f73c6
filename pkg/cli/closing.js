// What has to be closed before the process can end.

/** @type {(() => unknown)[]} */
export const closing = [];

export async function closeAll() {
  for (const close of closing.splice(0)) await Promise.resolve(close()).catch(() => {});
}
