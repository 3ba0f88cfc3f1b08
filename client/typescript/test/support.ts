// Server and clients of the tests.

import assert from "node:assert/strict";
import { Sensu, type SensuOptions } from "sensu-api";

/** Address of a server with the users of `sensu-server start --dev`. */
export const url = process.env["SENSU_URL"] ?? "";
assert(url, "SENSU_URL is required: the address of a server started with --dev");

export const namespace = "default";
export const password = { username: "admin", password: "P@ssw0rd!" };

type Send = (request: Request) => Promise<Response>;
export type Intercept = (request: Request, send: Send) => Promise<Response>;

/** A client that records its requests as `METHOD /path`, and lets a test replace responses. */
export function recorded(options: Partial<SensuOptions>, intercept: Intercept = (request, send) => send(request)) {
  const requests: string[] = [];
  const send: Send = (request) => {
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    return intercept(request, fetch);
  };
  const credentials = "tokens" in options || "apiKey" in options ? {} : password;
  const sensu = new Sensu({ ...credentials, ...options, url, fetch: send } as SensuOptions);
  const count = (request: string) => requests.filter((sent) => sent === request).length;
  return { sensu, requests, count };
}

/** An interceptor that applies a fault to the first requests of a path. */
export function failing(path: string, fault: (request: Request) => Response, times = 1): Intercept {
  return async (request, send) =>
    new URL(request.url).pathname === path && times-- > 0 ? fault(request) : send(request);
}

/** The request body of a check. */
export function check(name: string) {
  return { metadata: { name }, command: "check-cpu.sh -w 75", interval: 60, subscriptions: ["linux"] };
}
