// Error responses as classes: `SensuError` and one subclass per status that programs handle.

import { retryAfter } from "./retry.js";

/** An error response of the server. */
export class SensuError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Kind of error, as numbered by the server; `undefined` if the response is not from a Sensu server. */
  readonly code: number | undefined;
  /** `X-Request-Id` of the response, by which the log of the server can be searched. */
  readonly requestId: string | undefined;
  /** Type of the resource that the error is about, if the server names it. */
  readonly resource: string | undefined;
  /** Name of this resource: `name` of the response, which is the name of the class in JavaScript errors. */
  readonly resourceName: string | undefined;
  /** Field of the request that is invalid, if the server names it. */
  readonly field: string | undefined;
  /** Seconds after which the request may be repeated, from `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, body: unknown) {
    const fields = new Map(typeof body === "object" && body !== null ? Object.entries(body) : []);
    const text = (name: string) => {
      const value: unknown = fields.get(name);
      return typeof value === "string" ? value : undefined;
    };
    super(text("message") ?? `${response.status} ${response.statusText}`);
    const code: unknown = fields.get("code");
    this.name = new.target.name;
    this.status = response.status;
    this.code = typeof code === "number" ? code : undefined;
    this.requestId = response.headers.get("X-Request-Id") ?? undefined;
    this.resource = text("resource");
    this.resourceName = text("name");
    this.field = text("field");
    this.retryAfter = retryAfter(response);
  }
}

/** 400: the request is invalid. */
export class BadRequestError extends SensuError {}
/** 401: the credentials are missing, wrong or expired, and could not be renewed. */
export class UnauthorizedError extends SensuError {}
/** 403: no role of the user allows the operation. */
export class ForbiddenError extends SensuError {}
/** 404: the object, its namespace or the path does not exist. */
export class NotFoundError extends SensuError {}
/** 409: the object exists, or a namespace to delete contains objects. */
export class ConflictError extends SensuError {}
/** 412: the object is not in the state that `If-Match` or `If-None-Match` requires. */
export class PreconditionFailedError extends SensuError {}
/** 429: too many failed attempts to log in. */
export class TooManyRequestsError extends SensuError {}
/** 503: the server temporarily cannot process the request. */
export class ServiceUnavailableError extends SensuError {}

const classes = new Map<number, typeof SensuError>([
  [400, BadRequestError],
  [401, UnauthorizedError],
  [403, ForbiddenError],
  [404, NotFoundError],
  [409, ConflictError],
  [412, PreconditionFailedError],
  [429, TooManyRequestsError],
  [503, ServiceUnavailableError],
]);

/** Returns the error of a response; of a failure without a response, the failure itself. */
export function toError(body: unknown, response: Response | undefined): unknown {
  if (!response) return body;
  return new (classes.get(response.status) ?? SensuError)(response, body);
}
