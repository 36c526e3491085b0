import { FleetError } from './fleetError.js';

/** One violation, at a JSON pointer (RFC 6901). */
export interface FieldProblem {
  readonly pointer: string;
  readonly message: string;
}

/** A request that violates its schema; lists each invalid field and its constraint. */
export class InvalidRequestError extends FleetError {
  readonly fields: readonly FieldProblem[];

  constructor(message: string, fields: readonly FieldProblem[]) {
    super('invalid_request', message);
    this.fields = fields;
  }
}
