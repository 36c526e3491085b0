import { FleetError } from './fleetError.js';

/** Invalid configuration; the message names the setting and the remedy. Ends the process at start. */
export class ConfigurationError extends FleetError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('configuration', message, options);
  }
}
