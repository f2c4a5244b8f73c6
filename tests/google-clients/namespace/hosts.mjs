// The names that Google's clients call, and where they lead inside the suite's own network.

/** Google's metadata server and Amazon's have this address, and nothing else than their paths to tell them apart. */
export const LINK_LOCAL = "169.254.169.254";

/** Served over TLS on 127.0.0.1. Every private service and stand-in API of the suite is below one of them, too. */
export const googleHosts = [
  "oauth2.googleapis.com",
  "www.googleapis.com",
  "accounts.google.com",
  "sts.googleapis.com",
  "sts.mtls.googleapis.com",
  "iamcredentials.googleapis.com",
  "iamcredentials.mtls.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "storage.googleapis.com",
  "www.gstatic.com",
  "orders-1234567890.us-central1.run.app",
];

/** Served over HTTP. gcp-metadata asks for the name with a dot at its end. */
const metadataHosts = ["metadata.google.internal", "metadata.google.internal."];

export const hostsFile = [
  "127.0.0.1 localhost",
  ...googleHosts.map((host) => `127.0.0.1 ${host}`),
  ...metadataHosts.map((host) => `${LINK_LOCAL} ${host}`),
  "",
].join("\n");
