import { toBullJob } from '@sluice/fleet/queue/add/jobOptions';
import { standingPriority } from '@sluice/shared/domain/priority';
import { newId } from '@sluice/shared/ids/ids';
import { Queue } from 'bullmq';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { answerCalls } from '../harness/childCalls.js';
import { MAX_ATTEMPTS } from './fillLane.js';

interface Body {
  readonly task: string;
  readonly data: object;
}

const { REDIS_URL = '', PREFIX = '', FORM = 'same' } = process.env;
const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const queue = new Queue('bench', { connection, prefix: PREFIX });
const server = Fastify();
server.post<{ Body: Body }>('/api/v1/jobs', async (request, reply) => {
  const { task, data } = request.body;
  const { id } = await queue.add(task, data, FORM === 'same' ? optionsOf(task, data) : undefined);
  return reply.code(202).send({ id });
});

function optionsOf(task: string, data: object) {
  const priority = standingPriority('member', 50);
  return toBullJob({ id: newId(), task, data, queuePriority: priority, maxAttempts: MAX_ATTEMPTS, delayMs: 0 }, 0).opts;
}

answerCalls({
  async listen() {
    return { url: await server.listen({ host: '127.0.0.1', port: 0 }) };
  },
  countJobs: () => queue.count(),
});
