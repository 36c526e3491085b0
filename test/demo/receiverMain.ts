import { z } from 'zod';
import { createMisbehaviour, seededRandom } from './misbehaviour.js';
import type { Receiver } from './receiver.js';
import { createReceiver } from './receiver.js';

const requestSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('listen'), seed: z.number(), secrets: z.record(z.string(), z.string()) }),
  z.object({ ask: z.literal('receipts') }),
]);

// The receiver's own process: told by its parent over IPC what to do, and gone when the parent is.
let receiver: Receiver | null = null;
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the parent decides when this process ends.
process.on('SIGINT', () => undefined);
process.on('message', async (message) => {
  const request = requestSchema.parse(message);
  if (request.ask === 'listen') {
    receiver = createReceiver(request.secrets, createMisbehaviour(seededRandom(request.seed)));
    process.send?.(await receiver.listen());
  } else {
    process.send?.(receiver?.receipts());
  }
});
