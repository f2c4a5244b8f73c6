// What google-auth-library is asked to do. Answers of servers come back as { status, body }, whatever the status.
import * as gcpMetadata from "gcp-metadata";
import { Compute, GoogleAuth, IdTokenClient, Impersonated, OAuth2Client } from "google-auth-library";

const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";

/**
 * @param {{ request: Function }} client
 * @param {string} url
 */
async function call(client, url) {
  const { status, data } = await client.request({ url, validateStatus: () => true });
  return { status, body: data };
}

/** An ID token of the default credentials, and a private service called with it. */
export async function idToken({ audience, url, scopes }) {
  return call(await new GoogleAuth({ scopes }).getIdTokenClient(audience), url);
}

/** The same: the library has one way for users and for service accounts. */
export const userIdToken = idToken;

/** An ID token, judged by the certificates that Google publishes. */
export async function verifyIdToken({ audience, expected }) {
  const { idTokenProvider } = await new GoogleAuth().getIdTokenClient(audience);
  const idToken = await idTokenProvider.fetchIdToken(audience);
  const ticket = await new OAuth2Client().verifyIdToken({ idToken, audience: expected });
  return { claims: ticket.getPayload() };
}

/** An assertion of Identity-Aware Proxy's, judged by the keys that Google publishes for that. */
export async function verifyIap({ assertion, expected }) {
  const client = new OAuth2Client();
  const { pubkeys } = await client.getIapPublicKeys();
  const ticket = await client.verifySignedJwtWithCertsAsync(assertion, pubkeys, expected, ["https://cloud.google.com/iap"]);
  return { claims: ticket.getPayload() };
}

/** An access token of the default credentials, and an API called with it. */
export async function accessToken({ scopes, url, subject }) {
  return call(new GoogleAuth({ scopes, clientOptions: { subject } }), url);
}

/** Twice, and for the second time with a new token. */
export async function accessTokenTwice({ scopes, url }) {
  // Longer than any token lives, so that every token is too old to be used again.
  const auth = new GoogleAuth({ scopes, clientOptions: { eagerRefreshThresholdMillis: 86_400_000 } });
  await call(auth, url);
  return call(auth, url);
}

/** An API called with a JWT that the client signed itself, as Google's API libraries do. */
export async function selfSigned({ scopes, url }) {
  const auth = new GoogleAuth({ scopes });
  auth.useJWTAccessWithScope = scopes !== undefined;
  auth.defaultServicePath = new URL(url).host;
  return call(auth, url);
}

/** The default credentials take the place of a service account: with an audience by an ID token, else by an access token. */
export async function impersonate({ principal, delegates, scopes, audience, url }) {
  const sourceClient = await new GoogleAuth({ scopes: CLOUD_PLATFORM }).getClient();
  const client = new Impersonated({ sourceClient, targetPrincipal: principal, targetScopes: scopes, delegates });
  return call(audience ? new IdTokenClient({ targetAudience: audience, idTokenProvider: client }) : client, url);
}

/** A signature that IAM makes with a service account's key. */
export async function sign({ principal, text }) {
  const sourceClient = await new GoogleAuth({ scopes: CLOUD_PLATFORM }).getClient();
  const { signedBlob } = await new Impersonated({ sourceClient, targetPrincipal: principal, targetScopes: [CLOUD_PLATFORM] }).sign(text);
  return { signature: signedBlob };
}

/** Whether there is a metadata server. */
export async function isAvailable() {
  return { available: await gcpMetadata.isAvailable() };
}

/** What the metadata server says, by the library's own names for it. */
export async function metadata() {
  return {
    ...(await isAvailable()),
    project: await gcpMetadata.project("project-id"),
    universe: await gcpMetadata.universe("universe-domain"),
    email: await gcpMetadata.instance("service-accounts/default/email"),
  };
}

/** Another account of the metadata server than its default one. */
export async function otherAccount({ email, audience, scopes, url }) {
  const client = new Compute({ serviceAccountEmail: email, scopes });
  return call(audience ? new IdTokenClient({ targetAudience: audience, idTokenProvider: client }) : client, url);
}
