// Starts a Sensu server in memory for tests, makes its requests fail, and lists them. Needs Node 20 or newer, and no packages.
//
// The program is that of the environment variable SENSU_SERVER, or sensu-server in PATH.

import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Maximum time for the start of the server, in milliseconds. */
const START_TIME = 60_000;

/** A fault for requests that meet all conditions, with at least one effect. */
export interface Fault {
  /** Operation ID: `check_create`. */
  operation?: string;
  method?: string;
  /** Beginning of the path. */
  path?: string;
  header?: Record<string, string>;
  query?: Record<string, string>;
  /** Only the n-th request. */
  nth?: number;
  /** Only the first requests. */
  times?: number;
  probability?: number;
  /** Status of the response. The operation is not carried out. */
  status?: number;
  /** Body of the response: text, or JSON. */
  body?: unknown;
  content_type?: string;
  /** Time before the request is processed: `250ms`. */
  delay?: string;
  /** Bytes after which the response ends. */
  truncate?: number;
  /** Time of the transfer of the response: `2s`. */
  slow?: string;
  /** Closes the connection. */
  drop?: boolean;
  /** Resets the connection. */
  reset?: boolean;
}

/** A planned fault, and what it has done. */
export interface PlannedFault extends Fault {
  id: string;
  /** Number of requests that met the conditions. */
  matched: number;
  /** Number of requests that the fault applied to. */
  injected: number;
}

/** A recorded request. Secrets are masked. */
export interface RecordedRequest {
  time: string;
  id: string;
  method: string;
  path: string;
  query: string;
  headers: Record<string, string>;
  body: unknown;
  body_bytes: number;
  operation: string | null;
  /** Status of the response; 0 if there was none. */
  status: number;
}

/** Conditions of recorded requests. */
export interface RequestFilter {
  operation?: string;
  /** A number, or a class: `5xx`. */
  status?: number | string;
  method?: string;
  path?: string;
  /** Earliest time, RFC 3339. */
  since?: string;
}

/** A running server: `before(async () => { server = await SensuServer.start(); })`, `after(() => server.stop())`. */
export class SensuServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** Address: `http://127.0.0.1:40123`. */
    readonly url: string,
    /** The administrator. */
    readonly user: string,
    readonly password: string,
    /** An access token of the administrator, which stays valid over resets. */
    readonly token: string,
  ) {}

  /** Starts a server with the objects of the seeds: files or directories of YAML or wrapped JSON. */
  static async start(seeds: string[] = []): Promise<SensuServer> {
    const program = process.env["SENSU_SERVER"] || "sensu-server";
    const folder = mkdtempSync(join(tmpdir(), "sensu-server-"));
    const [ready, logFile] = [join(folder, "ready.json"), join(folder, "server.log")];
    const log = openSync(logFile, "w");
    const options = ["start", "--dev", "--in-memory", "--port", "0", "--password-cost", "4", "--ready-file", ready];
    const child = spawn(program, [...options, ...seeds.flatMap((seed) => ["--seed", seed])], { stdio: ["ignore", log, log] });
    closeSync(log);
    let ended: string | undefined;
    child.on("error", (error) => (ended = `${error.message}; install sensu-server, or set SENSU_SERVER to its path`));
    child.on("exit", () => (ended ??= readFileSync(logFile, "utf8")));
    // Must not keep the test run alive.
    child.unref();
    const deadline = Date.now() + START_TIME;
    while (!existsSync(ready)) {
      if (ended !== undefined || Date.now() > deadline) {
        child.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
        throw new Error(`sensu-server did not start: ${ended ?? `not ready after ${START_TIME} ms`}`);
      }
      await pause(5);
    }
    const facts = JSON.parse(readFileSync(ready, "utf8")) as { url: string; user: string; password: string };
    const basic = Buffer.from(`${facts.user}:${facts.password}`).toString("base64");
    const response = await fetch(`${facts.url}/auth`, { headers: { Authorization: `Basic ${basic}` } });
    const tokens = (await response.json()) as { access_token: string };
    const server = new SensuServer(child, folder, facts.url, facts.user, facts.password, tokens.access_token);
    await server.dev("DELETE", "/dev/requests");
    return server;
  }

  /** Stops the server. All data is in memory. */
  async stop(): Promise<void> {
    const exited = this.child.exitCode === null ? new Promise((resolve) => this.child.once("exit", resolve)) : undefined;
    this.child.ref();
    this.child.kill("SIGKILL");
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sends a request as the administrator. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${this.token}`);
    if (init.body && !headers.has("Content-Type")) headers.set("Content-Type", "application/json");
    return fetch(this.url + path, { ...init, headers });
  }

  /** Restores the objects of the start and the clock, and deletes faults and recorded requests. */
  async reset(): Promise<void> {
    await this.dev("POST", "/dev/reset");
  }

  /** Makes requests fail, until the next reset. */
  async fail(fault: Fault): Promise<PlannedFault> {
    return (await this.dev("POST", "/dev/faults", JSON.stringify(fault))) as PlannedFault;
  }

  /** The faults with their counts. */
  async faults(): Promise<PlannedFault[]> {
    return (await this.dev("GET", "/dev/faults")) as PlannedFault[];
  }

  /** The recorded requests that meet all conditions, oldest first. */
  async requests(filter: RequestFilter = {}): Promise<RecordedRequest[]> {
    const query = new URLSearchParams(Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]));
    return (await this.dev("GET", `/dev/requests?${query}`)) as RecordedRequest[];
  }

  /** Advances the clock: `15m`. When it returns, everything that is due has been done. */
  async advance(by: string): Promise<void> {
    await this.dev("POST", "/dev/clock/advance", JSON.stringify({ by }));
  }

  /** Creates or replaces objects from YAML or wrapped JSON. */
  async seed(manifests: string): Promise<void> {
    await this.dev("POST", "/dev/seed", manifests);
  }

  /** Keeps the objects and the clock under a name. */
  async snapshot(name: string): Promise<void> {
    await this.dev("PUT", `/dev/snapshots/${encodeURIComponent(name)}`);
  }

  /** Restores a snapshot. */
  async restore(name: string): Promise<void> {
    await this.dev("POST", `/dev/snapshots/${encodeURIComponent(name)}/restore`);
  }

  private async dev(method: string, path: string, body?: string): Promise<unknown> {
    const response = await fetch(this.url + path, { method, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: status ${response.status}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}
