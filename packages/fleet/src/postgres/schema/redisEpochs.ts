import { pgTable, smallint, text } from 'drizzle-orm/pg-core';
import { moment } from './columns.js';

/**
 * The mark that each bucket of Redis carried when it last held every unfinished job. One that carries another, or none,
 * has lost its data.
 */
export const redisEpochs = pgTable('redis_epochs', {
  bucket: smallint('bucket').primaryKey(),
  epoch: text('epoch').notNull(),
  notedAt: moment('noted_at').notNull().defaultNow(),
});
