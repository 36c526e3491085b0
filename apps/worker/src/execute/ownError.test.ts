import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import { expect, it } from 'vitest';
import { toOwnError } from './ownError.js';

/** An error as another copy of the package creates it: the mark is shared, the class is not. */
const foreign = (fields: object): Error =>
  Object.assign(new Error('wait'), { [Symbol.for('sluice.error')]: true }, fields);

it("recognises another copy's errors by their mark", () => {
  const paced = toOwnError(foreign({ code: 'upstream_paced', retryAfterMs: 7_000, ofPart: true }));
  expect(paced).toBeInstanceOf(PacedError);
  expect(paced).toMatchObject({ message: 'wait', retryAfterMs: 7_000, ofPart: true });
  const refused = toOwnError(foreign({ code: 'upstream_refused' }));
  expect(refused).toBeInstanceOf(FleetError);
  expect(refused).toMatchObject({ code: 'upstream_refused' });
});

it('leaves everything else as it was thrown', () => {
  const own = new PacedError('wait', 1);
  const throwing = Object.defineProperty(new Error('x'), 'code', {
    get() {
      throw new Error('no code');
    },
  });
  for (const thrown of [own, null, 'x', new Error('x'), throwing, foreign({ code: 'no_such' })])
    expect(toOwnError(thrown)).toBe(thrown);
});
