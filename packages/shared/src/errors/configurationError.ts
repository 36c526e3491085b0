import { FleetError } from './fleetError.js';

/** A setting that cannot be used; the message says which and what to do. Ends the process at start. */
export class ConfigurationError extends FleetError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('configuration', message, options);
  }
}
