/** Grammar of a queue class; part of queue names, keys and metrics. */
export const QUEUE_CLASS = /^[a-z][a-z0-9_]{0,39}$/;

/** Kind of work that gets a lane (a BullMQ queue) of its own within a tenant; a task may name a new one. */
export type QueueClass = string;

/** The class of a tenant's dead-letter queue: a lane that no worker runs. */
export const DEAD_LETTER_CLASS = 'dead_letters';
