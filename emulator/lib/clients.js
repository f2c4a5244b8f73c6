/** OAuth clients and their secrets. A client may have several, as at Google. */
export function createClients() {
  /** @type {Map<string, Set<string>>} */
  const clients = new Map();
  return {
    /**
     * @param {string} id
     * @param {string} secret
     */
    add(id, secret) {
      const secrets = clients.get(id);
      if (secrets) secrets.add(secret);
      else clients.set(id, new Set([secret]));
    },
    /** @param {string} id */
    secretsOf: (id) => clients.get(id),
  };
}
