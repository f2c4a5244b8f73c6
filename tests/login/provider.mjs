// A provider of OpenID Connect that other people wrote, oidc-provider, with its own pages. Prints its URL, and ends with its standard
// input. Apart, because it wants a later Node than the oldest that the package runs on.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [redirectUri] = process.argv.slice(2);
const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "app",
      client_secret: "a-secret-of-thirty-two-characters",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  scopes: ["openid", "email", "profile", "offline_access"],
  claims: { email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  async findAccount(_, id) {
    return { accountId: id, claims: async () => ({ sub: id, email: `${id}@idp.example`, email_verified: true, name: "Ada of elsewhere" }) };
  },
  features: { devInteractions: { enabled: true }, revocation: { enabled: true }, userinfo: { enabled: true } },
  rotateRefreshToken: true,
  ttl: { AccessToken: 8, IdToken: 3600, RefreshToken: 86_400, Grant: 86_400, Session: 86_400, Interaction: 600 },
  cookies: { keys: ["a key for its cookies"] },
});
server.on("request", provider.callback());
console.log(issuer);
for await (const _ of process.stdin);
process.exit();
