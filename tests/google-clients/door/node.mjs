// Google's clients for Node, which find the metadata server that GCE_METADATA_HOST names. Prints what they got, as JSON.
import gcp from "gcp-metadata";
import { GoogleAuth } from "google-auth-library";

const [audience] = process.argv.slice(2);
const auth = new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
const client = await auth.getIdTokenClient(audience);
const headers = await client.getRequestHeaders();
console.log(
  JSON.stringify({
    available: await gcp.isAvailable(),
    email: await gcp.instance("service-accounts/default/email"),
    project: await auth.getProjectId(),
    idToken: headers.get("authorization").split(" ")[1],
    accessToken: await auth.getAccessToken(),
    direct: await gcp.instance({ property: "service-accounts/default/identity", params: { audience } }),
  }),
);
