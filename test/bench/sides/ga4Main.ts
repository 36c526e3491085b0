import { z } from 'zod';
import { openGa4Server } from '../../ga4/ga4Server.js';
import { answerCalls } from '../harness/childCalls.js';

const argumentSchema = z.object({ answerMs: z.number() });

/** No bound is ever met: quotas are the fleet's own. The protocol's numbers have 32 bits. */
const LIMITS = {
  tokensPerDay: 1e9,
  tokensPerHour: 1e9,
  tokensPerProjectPerHour: 1e9,
  concurrentRequests: 1e9,
  tokensPerCall: 1,
};

/** Opens the server that speaks GA4's protocol; answers its address. */
async function open(argument: unknown): Promise<string> {
  const { answerMs } = argumentSchema.parse(argument);
  return (await openGa4Server({ answerMs, limits: LIMITS })).url;
}

answerCalls({ open });
