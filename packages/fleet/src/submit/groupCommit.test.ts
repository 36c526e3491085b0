import { FleetError } from '@sluice/shared/errors/fleetError';
import pg from 'pg';
import { expect, it } from 'vitest';
import type { NewJob } from '../postgres/queries/insertJobs.js';
import { writeRows } from './groupCommit.js';

const rows = ['1', '2', 'bad', '4', '5'].map((id) => ({ id }) as NewJob);
const refusal = Object.assign(new pg.DatabaseError('out of range', 1, 'error'), { code: '22003' });

it('refuses alone what the ledger refuses', async () => {
  const written = await writeRows(
    rows,
    async (some) => {
      if (some.some(({ id }) => id === 'bad')) throw refusal;
      return some.map(() => ({ kind: 'inserted' as const }));
    },
    () => undefined,
  );
  expect(written.map(({ kind }) => kind)).toEqual(['inserted', 'inserted', 'refused', 'inserted', 'inserted']);
});

it('asks a ledger no more that went away between two rows: each row would wait as long for it again', async () => {
  const away = new FleetError('unavailable', 'The ledger cannot be reached.');
  const asked: number[] = [];
  const written = await writeRows(
    rows,
    async (some) => {
      asked.push(some.length);
      if (some.length > 1) throw refusal;
      if (asked.length > 2) throw away;
      return [{ kind: 'inserted' }];
    },
    () => undefined,
  );
  expect(asked).toEqual([5, 1, 1]);
  const refused = { kind: 'refused', error: away };
  expect(written).toEqual([{ kind: 'inserted' }, refused, refused, refused, refused]);
});
