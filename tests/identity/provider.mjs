// A packaged OpenID Connect provider on a free port, for the tests of tokens and sign-in. Prints its address.
// Arguments: the folder with `node_modules`, then addresses that people may be sent back to.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, ...redirects] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/`));
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const PEOPLE = {
  ann: { email: "ann@example.com", email_verified: true, name: "Ann", groups: ["admins", "staff"] },
  bob: { email: "bob@example.com", email_verified: true, name: "Bob", groups: ["staff"] },
  eve: { email: "eve@example.com", email_verified: true, name: "Eve", groups: [] },
};

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "machine",
      client_secret: "machine-secret",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: "gatewright",
      client_secret: "gatewright-secret",
      application_type: "native",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: redirects.length > 0 ? redirects.slice(0, 1) : ["http://127.0.0.1/none"],
      post_logout_redirect_uris: redirects.slice(1),
    },
  ],
  cookies: { keys: ["only for tests"] },
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
  extraTokenClaims: () => ({ groups: ["machines"], organization: "acme" }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: "llm.call",
        audience: "gateway",
        accessTokenFormat: "jwt",
        accessTokenTTL: 300,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
server.on("request", provider.callback());
console.log(issuer);
