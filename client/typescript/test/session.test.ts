// Log-in, renewal of tokens, API keys and log-out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { NotFoundError, type Tokens, UnauthorizedError } from "sensu-api";
import { failing, type Intercept, recorded } from "./support.js";

const path = "/apis/core/v2/namespaces";
const logIn = "GET /auth";
const renewal = "POST /auth/token";

async function newTokens(): Promise<Tokens> {
  const { sensu } = recorded({});
  await sensu.logIn();
  assert(sensu.tokens);
  return sensu.tokens;
}

/** The expiry as the client sees it, moved by seconds. */
function moved(tokens: Tokens, seconds: number): Tokens {
  return { ...tokens, expires_at: Math.floor(Date.now() / 1_000) + seconds };
}

test("concurrent first requests share one log-in", async () => {
  const { sensu, count } = recorded({});
  assert.equal(sensu.tokens, undefined);
  await Promise.all([sensu.namespaceList(), sensu.namespaceList(), sensu.namespaceList()]);
  assert.equal(count(logIn), 1);
  assert(sensu.tokens);
});

test("operations without credentials do not log in", async () => {
  const { sensu, requests } = recorded({});
  await sensu.versionGet();
  assert.deepEqual(requests, ["GET /version"]);
});

test("concurrent requests share one renewal of an expired access token", async () => {
  const stored: Tokens[] = [];
  const tokens = moved(await newTokens(), -1);
  const { sensu, count } = recorded({ tokens, onTokens: (renewed) => stored.push(renewed) });
  await Promise.all([sensu.namespaceList(), sensu.namespaceList(), sensu.namespaceList()]);
  assert.equal(count(renewal), 1);
  assert.equal(count(logIn), 0);
  assert.equal(count(`GET ${path}`), 3);
  assert.notEqual(sensu.tokens?.access_token, tokens.access_token);
  assert.deepEqual(stored, [sensu.tokens]);
});

test("concurrent requests that get 401 share one renewal", async () => {
  const corrupt: Intercept = async (request, send) => {
    const headers = new Headers(request.headers);
    if (headers.get("Authorization") === `Bearer ${tokens.access_token}` && request.url.endsWith(path)) {
      headers.set("Authorization", `Bearer ${tokens.access_token}x`);
      // This 401 arrives after the renewal for the other requests.
      if (request.method === "POST") await sleep(300);
    }
    return send(new Request(request, { headers }));
  };
  const tokens = moved(await newTokens(), 3_600);
  // Without retries, only one copy of a request is sent.
  const { sensu, count } = recorded({ tokens, retry: { maxRetries: 0 } }, corrupt);
  const body = { name: "typescript-session" };
  await Promise.all([sensu.namespaceList(), sensu.namespaceCreate({ body }), sensu.namespaceList()]);
  assert.equal(count(renewal), 1);
  assert.equal(count(`GET ${path}`), 4);
  assert.equal(count(`POST ${path}`), 2);
  await sensu.namespaceDelete({ path: body });
});

test("an access token that expires on the server is renewed", async () => {
  const tokens = await newTokens();
  const lifetime = tokens.expires_at * 1_000 - Date.now();
  // The tests also pass with the default lifetime of 15 minutes, in which nothing expires here.
  const expires = lifetime < 10_000;
  if (expires) await sleep(lifetime + 1_000);
  const { sensu, count } = recorded({ tokens: moved(tokens, 3_600) });
  await sensu.namespaceList();
  assert.equal(count(renewal), expires ? 1 : 0);
});

test("a request is sent again once only", async () => {
  const unauthorized = () => Response.json({ message: "no", code: 5 }, { status: 401 });
  const { sensu, count } = recorded({}, failing(path, unauthorized, 9));
  await assert.rejects(sensu.namespaceList(), UnauthorizedError);
  assert.equal(count(`GET ${path}`), 2);
  assert.equal(count(renewal), 1);
});

test("a password starts a new session if the tokens cannot be renewed", async () => {
  const unauthorized = () => Response.json({ message: "no", code: 5 }, { status: 401 });
  const { sensu, count } = recorded({}, async (request, send) => {
    const renews = request.url.endsWith("/auth/token");
    return renews ? unauthorized() : failingOnce(request, send);
  });
  const failingOnce = failing(path, unauthorized);
  await sensu.namespaceList();
  assert.deepEqual([count(logIn), count(renewal)], [2, 1]);
});

test("logging out ends the session", async () => {
  const tokens = await newTokens();
  const { sensu, count } = recorded({ tokens });
  await sensu.namespaceList();
  await sensu.logOut();
  await sensu.logOut();
  assert.equal(sensu.tokens, undefined);
  assert.equal(count("POST /auth/logout"), 1);
  await assert.rejects(sensu.namespaceList(), UnauthorizedError);
  const { sensu: other } = recorded({ tokens: moved(tokens, -1) });
  await assert.rejects(other.namespaceList(), UnauthorizedError);
});

test("API keys are accepted until they are deleted", async () => {
  const { sensu } = recorded({});
  const { data } = await sensu.apiKeyCreate({ body: { username: "admin" } });
  const name = data.metadata.name ?? "";
  assert(data.key && name);
  const { sensu: withKey, requests } = recorded({ apiKey: data.key });
  await withKey.namespaceList();
  await withKey.logOut();
  assert.deepEqual(requests, [`GET ${path}`]);
  await sensu.apiKeyDelete({ path: { name } });
  await assert.rejects(withKey.namespaceList(), UnauthorizedError);
  await assert.rejects(sensu.apiKeyDelete({ path: { name } }), NotFoundError);
});
