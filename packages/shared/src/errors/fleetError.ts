import type { ErrorCode } from './errorCode.js';

/** Marks fleet errors. Registered globally, so that errors from another copy of this package are recognised. */
export const FLEET_ERROR: unique symbol = Symbol.for('sluice.error') as never;

/** Base class of all errors that the fleet throws on purpose. Branch on `code`, never on the message. */
export class FleetError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }

  /** Always true; on the prototype, so that it affects neither printing nor comparison of errors. */
  get [FLEET_ERROR](): true {
    return true;
  }
}
