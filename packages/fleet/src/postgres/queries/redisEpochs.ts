import type { Database } from '../connect.js';

/** The epochs recorded in the ledger, by bucket. */
export async function readNotedEpochs(db: Database): Promise<Map<number, string>> {
  const { rows } = await db.$client.query<{ bucket: number; epoch: string }>({
    name: 'read_epochs',
    text: 'SELECT bucket, epoch FROM redis_epochs',
  });
  return new Map(rows.map(({ bucket, epoch }) => [bucket, epoch]));
}

const NOTE = `
INSERT INTO redis_epochs (bucket, epoch)
SELECT * FROM unnest($1::smallint[], $2::text[])
ON CONFLICT (bucket) DO UPDATE SET epoch = excluded.epoch, noted_at = now()`;

/** Records that Redis held every unfinished job of these buckets under these epochs. */
export async function noteEpochs(db: Database, epochs: ReadonlyMap<number, string>): Promise<void> {
  if (epochs.size === 0) return;
  await db.$client.query({ name: 'note_epochs', text: NOTE, values: [[...epochs.keys()], [...epochs.values()]] });
}
