// Credentials of a client: an API key, or tokens that are obtained and renewed when needed.

import { UnauthorizedError } from "./errors.js";
import type { Auth } from "./generated/client/index.js";
import type { Operations } from "./generated/sdk.gen.js";
import type { Tokens } from "./generated/types.gen.js";
import type { Send } from "./retry.js";

/** User name and password. The client logs in with its first request. */
export interface PasswordCredentials {
  username: string;
  password: string;
}

/** Key of an API key, which does not expire unless it was created so. */
export interface ApiKeyCredentials {
  apiKey: string;
}

/** Tokens of an existing session. */
export interface TokenCredentials {
  tokens: Tokens;
}

export type Credentials = PasswordCredentials | ApiKeyCredentials | TokenCredentials;

/** Supplies `Authorization` headers. Concurrent requests share one log-in or renewal. */
export class Session {
  readonly #credentials: Credentials;
  readonly #operations: Operations;
  readonly #onTokens: ((tokens: Tokens) => void) | undefined;
  #tokens: Tokens | undefined;
  #renewal: Promise<Tokens> | undefined;
  /** Clock of the server minus clock of the client, in milliseconds. */
  #clockOffset = 0;

  /** `operations` must send requests without this session. */
  constructor(credentials: Credentials, operations: Operations, onTokens?: (tokens: Tokens) => void) {
    this.#credentials = credentials;
    this.#operations = operations;
    this.#onTokens = onTokens;
    if ("tokens" in credentials) this.#tokens = credentials.tokens;
  }

  get tokens(): Tokens | undefined {
    return this.#tokens;
  }

  /** Returns the credential for a security scheme of the document, without its prefix `Bearer` or `Basic`. */
  async credential(scheme: Auth): Promise<string | undefined> {
    const credentials = this.#credentials;
    if (scheme.scheme === "basic") return "password" in credentials ? basic(credentials) : undefined;
    if (scheme.scheme === "bearer") return "apiKey" in credentials ? undefined : this.accessToken();
    return "apiKey" in credentials ? `Key ${credentials.apiKey}` : undefined;
  }

  /** Returns a valid access token; `undefined` if there are only tokens, and the session was ended. */
  async accessToken(): Promise<string | undefined> {
    const tokens = this.#tokens;
    if (tokens && tokens.expires_at * 1_000 > Date.now() + this.#clockOffset) return tokens.access_token;
    if (!tokens && !("password" in this.#credentials)) return undefined;
    return (await this.#renew()).access_token;
  }

  /** Adds to a function that sends requests: after 401, it renews the access token and sends the request again. */
  withRenewal(send: Send): Send {
    return async (request) => {
      const copy = request.clone();
      const response = await send(request);
      if (response.status !== 401) return response;
      const used = request.headers.get("Authorization");
      const current = this.#tokens;
      if (!used?.startsWith("Bearer ") || !current) return response;
      await response.body?.cancel();
      // A concurrent request may have renewed the token already.
      const tokens = used === bearer(current) ? await this.#renew() : current;
      copy.headers.set("Authorization", bearer(tokens));
      return send(copy);
    };
  }

  async logOut(): Promise<void> {
    await this.#renewal?.catch(() => undefined);
    const tokens = this.#tokens;
    if (!tokens) return;
    const body = { refresh_token: tokens.refresh_token };
    await this.#operations.authLogout({ headers: { Authorization: bearer(tokens) }, body });
    this.#tokens = undefined;
  }

  #renew(): Promise<Tokens> {
    this.#renewal ??= this.#obtain().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #obtain(): Promise<Tokens> {
    const { data, response } = (await this.#refresh()) ?? (await this.#logIn());
    // Expiry is a time of the server, whose clock may differ. `Date` is rounded down to a second.
    const serverTime = Date.parse(response.headers.get("Date") ?? "") + 1_000;
    this.#clockOffset = Number.isNaN(serverTime) ? 0 : serverTime - Date.now();
    this.#tokens = data;
    this.#onTokens?.(data);
    return data;
  }

  /** Renews the tokens; `undefined` if a new log-in is required and possible. */
  async #refresh() {
    const tokens = this.#tokens;
    if (!tokens) return undefined;
    try {
      const body = { refresh_token: tokens.refresh_token };
      return await this.#operations.authRefresh({ headers: { Authorization: bearer(tokens) }, body });
    } catch (error) {
      if (error instanceof UnauthorizedError && "password" in this.#credentials) return undefined;
      throw error;
    }
  }

  #logIn() {
    return this.#operations.authLogin({ auth: (scheme) => this.credential(scheme) });
  }
}

function bearer(tokens: Tokens): string {
  return `Bearer ${tokens.access_token}`;
}

/** Returns user name and password for `btoa`, which accepts only bytes. */
function basic({ username, password }: PasswordCredentials): string {
  return String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`));
}
