/** Kinds of work that get a lane (a BullMQ queue) of their own within a tenant. */
export const QUEUE_CLASSES = [
  'default',
  'ga4',
  'embeddings',
  'agent_tasks',
  'exports',
  'batch',
  'notifications',
  'cleanup',
  'health_checks',
] as const;

/** Kind of work; the part of a lane's name behind the tenant. */
export type QueueClass = (typeof QUEUE_CLASSES)[number];

/** The class of a tenant's dead-letter queue: it is a lane that no worker runs. */
export const DEAD_LETTER_CLASS = 'dead_letters';
