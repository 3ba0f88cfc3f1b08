// Retries of requests that failed temporarily, with exponential backoff.

/** Sends a request. */
export type Send = (request: Request) => Promise<Response>;

/** Number and delays of retries, in milliseconds. */
export interface RetryOptions {
  /** Maximum number of retries after the first attempt. Default: 3. */
  maxRetries?: number;
  /** Delay before the first retry, doubled with each retry. Default: 100. */
  initialDelay?: number;
  /** Upper limit of the delay. A response with a longer `Retry-After` fails at once. Default: 5,000. */
  maxDelay?: number;
}

/**
 * Adds retries to a function that sends requests.
 *
 * Requests of any method are retried after 429, which is sent before processing. After 503, which may follow a
 * write, and after connection errors, only idempotent requests are retried.
 */
export function withRetries(send: Send, options: RetryOptions = {}): Send {
  const { maxRetries = 3, initialDelay = 100, maxDelay = 5_000 } = options;
  return async (request) => {
    for (let retries = 0; ; retries++) {
      if (retries >= maxRetries) return send(request);
      // Random, so that clients that failed together do not return together.
      let delay = Math.min(initialDelay * 2 ** retries, maxDelay) * (0.5 + Math.random() / 2);
      try {
        // The body of a request can be sent only once.
        const response = await send(request.clone());
        if (!isTransient(response.status, request)) return response;
        const required = (retryAfter(response) ?? 0) * 1_000;
        if (required > maxDelay) return response;
        delay = Math.max(delay, required);
        await response.body?.cancel();
      } catch (error) {
        // `fetch` throws a TypeError for connection errors only, and others for timeouts and cancellation.
        if (!(error instanceof TypeError) || !isIdempotent(request)) throw error;
      }
      await sleep(delay, request.signal);
    }
  };
}

/** Returns the seconds in `Retry-After`, which is a number or a date. */
export function retryAfter(response: Response): number | undefined {
  const value = response.headers.get("Retry-After");
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(seconds, 0);
}

function isTransient(status: number, request: Request): boolean {
  return status === 429 || (status === 503 && isIdempotent(request));
}

function isIdempotent({ method, url }: Request): boolean {
  // The server counts the occurrences of an event.
  if (method === "PUT") return !new URL(url).pathname.includes("/events/");
  return ["GET", "HEAD", "OPTIONS", "DELETE"].includes(method);
}

/** Waits for a number of milliseconds, or until a request is cancelled. */
async function sleep(delay: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, delay);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
  signal.throwIfAborted();
}
