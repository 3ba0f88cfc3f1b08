// Public interface of the package: the client, its errors, and the types of the API.

export { Sensu } from "./sensu.js";
export type { SensuOptions } from "./sensu.js";
export type { ApiKeyCredentials, Credentials, PasswordCredentials, TokenCredentials } from "./session.js";
export type { Item, ListOperation } from "./pages.js";
export type { RetryOptions } from "./retry.js";
export {
  BadRequestError,
  ConflictError,
  ForbiddenError,
  NotFoundError,
  PreconditionFailedError,
  SensuError,
  ServiceUnavailableError,
  TooManyRequestsError,
  UnauthorizedError,
} from "./errors.js";
export type * from "./generated/types.gen.js";
