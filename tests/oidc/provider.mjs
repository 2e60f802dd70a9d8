// A real OpenID provider for the tests, on loopback: `oidc-provider` with people and groups that the tests may change.
// It prints its address once it answers, and stops when its input closes.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const callback = process.argv[2];
const people = new Map();
const skew = { seconds: 0 };
const realNow = Date.now;
Date.now = () => realNow() + skew.seconds * 1000;

const server = createServer();
await new Promise((resolve) => server.listen(Number(process.argv[3] ?? 0), "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const client = (id, more = {}) => ({
  client_id: id,
  client_secret: "a secret of the tests: not one of anything else",
  redirect_uris: [callback],
  response_types: ["code"],
  grant_types: ["authorization_code"],
  ...more,
});
const provider = new Provider(issuer, {
  clients: [client("essaim"), client("another"), client("elliptic", { id_token_signed_response_alg: "ES256" })],
  jwks: JSON.parse(process.argv[4]),
  cookies: { keys: ["only for the tests"] },
  claims: { openid: ["sub", "groups"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  pkce: { required: () => true },
  // Hours, so that the tests may move the provider's clock between the code and the token.
  ttl: { AccessToken: 3600, AuthorizationCode: 86400, Grant: 86400, IdToken: 3600, Interaction: 3600, Session: 86400 },
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) }),
});

server.on("request", async (request, response) => {
  if (request.url !== "/tests") return provider.callback()(request, response);
  let body = "";
  for await (const part of request) body += part;
  const told = JSON.parse(body);
  for (const [id, claims] of Object.entries(told.people ?? {})) people.set(id, claims);
  skew.seconds = told.skew ?? skew.seconds;
  response.end("{}");
});
process.stdin.resume().on("end", () => process.exit(0));
console.log(issuer);
