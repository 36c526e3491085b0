import { pgTable, smallint, text } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/**
 * The epoch of each bucket of Redis when it last held every unfinished job. A bucket with another epoch, or none, has
 * lost its data.
 */
export const redisEpochs = pgTable('redis_epochs', {
  bucket: smallint('bucket').primaryKey(),
  epoch: text('epoch').notNull(),
  notedAt: moment('noted_at').notNull().defaultNow(),
});
