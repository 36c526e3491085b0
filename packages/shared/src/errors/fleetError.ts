import type { ErrorCode } from './errorCode.js';

/** Base class of all errors that the fleet throws on purpose. Branch on `code`, never on the message. */
export class FleetError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
