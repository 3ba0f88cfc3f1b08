// The client: all operations of the API, with credentials, retries, pages and errors.

import { toError } from "./errors.js";
import { type Client, createClient } from "./generated/client/index.js";
import { Operations } from "./generated/sdk.gen.js";
import type { Tokens } from "./generated/types.gen.js";
import { type Item, type ListOperation, items } from "./pages.js";
import { type RetryOptions, type Send, withRetries } from "./retry.js";
import { type Credentials, Session } from "./session.js";

/** Address of a server, credentials, and how requests are sent. */
export type SensuOptions = Credentials & {
  /** Base URL of the server, such as `http://127.0.0.1:8080`. */
  url: string;
  retry?: RetryOptions;
  /** Called with new tokens after each log-in and renewal, to store them for a later process. */
  onTokens?: (tokens: Tokens) => void;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
};

/**
 * A client of a Sensu server, with a method per operation.
 *
 * Methods resolve to `{ data, request, response }`, and throw a `SensuError` for an error response.
 */
export class Sensu extends Operations {
  /** Sends requests to paths that have no method. */
  declare readonly client: Client;
  readonly #session: Session;

  constructor(options: SensuOptions) {
    const send = withRetries(options.fetch ?? ((request) => fetch(request)), options.retry);
    const anonymous = new Operations({ client: connect(options.url, send) });
    const session = new Session(options, anonymous, options.onTokens);
    const client = connect(options.url, session.withRenewal(send));
    client.setConfig({ auth: (scheme) => session.credential(scheme) });
    super({ client });
    this.#session = session;
  }

  /** Current tokens; `undefined` before the first request, after logging out, and with an API key. */
  get tokens(): Tokens | undefined {
    return this.#session.tokens;
  }

  /** Logs in now, rather than with the first request, for example to verify the password. */
  async logIn(): Promise<void> {
    await this.#session.accessToken();
  }

  /** Ends the session and invalidates its tokens. With a password, the next request starts a new session. */
  async logOut(): Promise<void> {
    await this.#session.logOut();
  }

  /**
   * Iterates over the items of all pages of a list.
   *
   * `query.limit` is the number of items per page, by default as many as a response can contain.
   */
  items<K extends ListOperation>(
    operation: K,
    ...options: Parameters<Operations[K]>
  ): AsyncGenerator<Item<K>, void, undefined> {
    return items(this, operation, ...options);
  }
}

function connect(url: string, send: Send): Client {
  const client = createClient({
    baseUrl: url.replace(/\/+$/, ""),
    // The generated code always passes a `Request`.
    fetch: (input) => send(input as Request),
    throwOnError: true,
  });
  client.interceptors.error.use((body, response: Response | undefined) => toError(body, response));
  return client;
}
