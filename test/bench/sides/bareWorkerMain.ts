import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const { REDIS_URL = '', QUEUE = '', PREFIX = '', CONCURRENCY = '1' } = process.env;

const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const worker = new Worker(QUEUE, async () => null, { connection, prefix: PREFIX, concurrency: Number(CONCURRENCY) });
process.once('SIGTERM', () => {
  void worker.close().then(() => connection.quit());
});
