import type {
  AcceptedJob,
  BatchResult,
  Client,
  DeadLetter,
  JobDetail,
  JobSummary,
  Schedule,
  ScheduleSummary,
  TaskData,
  TaskName,
  TaskResult,
} from '@sluice/client';
import type { deadLetterSchema } from '@sluice/shared/contracts/deadLetter';
import type { JobBody, jobAcceptedSchema, jobDetailSchema, jobSummarySchema } from '@sluice/shared/contracts/jobs';
import type { ErrorCode } from '@sluice/shared/errors/errorCode';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { scheduleSchema, scheduleSummarySchema } from '../../../apps/producer/src/schedules/scheduleContract.js';

/** A schema's output as the client's types spell it. */
type Answer<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepReadonly<Value> = Value extends object ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> } : Value;

describe("the client's types of answers", () => {
  it("equal the server's schemas", () => {
    expectTypeOf<DeepReadonly<AcceptedJob>>().toEqualTypeOf<Answer<typeof jobAcceptedSchema>>();
    expectTypeOf<DeepReadonly<JobSummary>>().toEqualTypeOf<Answer<typeof jobSummarySchema>>();
    expectTypeOf<DeepReadonly<JobDetail>>().toEqualTypeOf<Answer<typeof jobDetailSchema>>();
    expectTypeOf<DeepReadonly<DeadLetter>>().toEqualTypeOf<Answer<typeof deadLetterSchema>>();
    expectTypeOf<DeepReadonly<ScheduleSummary>>().toEqualTypeOf<Answer<typeof scheduleSummarySchema>>();
    expectTypeOf<DeepReadonly<Schedule>>().toEqualTypeOf<Answer<typeof scheduleSchema>>();
    expectTypeOf<NonNullable<BatchResult['code']>>().toEqualTypeOf<ErrorCode>();
  });

  it('name every option of a job', () => {
    type Options = NonNullable<Parameters<Client['jobs']['submit']>[2]>;
    expectTypeOf<Exclude<keyof Options, 'signal' | 'idempotencyKey'>>().toEqualTypeOf<
      Exclude<keyof JobBody, 'task' | 'data'>
    >();
  });
});

/** As task modules are written; the client needs no more of a task than this. */
const mail = {
  name: 'mail.send',
  queueClass: 'mail',
  data: z.strictObject({ to: z.email(), copies: z.int().default(1) }),
  result: z.object({ messageId: z.string() }),
} as const;
const add = {
  name: 'sums.add',
  data: z.strictObject({ a: z.number(), b: z.number() }),
  handler: async (data: { readonly a: number; readonly b: number }) => ({ sum: data.a + data.b }),
} as const;
const sweep = {
  name: 'rooms.sweep',
  data: z.strictObject({}),
  handler: async (_data: object): Promise<void> => undefined,
} as const;

type MailData = { to: string; copies?: number | undefined };
type Module = {
  readonly mail: typeof mail;
  readonly tasks: readonly [typeof add, typeof sweep];
  readonly addressSchema: z.ZodEmail;
  readonly helper: () => void;
};

describe('the tasks of a module', () => {
  it('give their names, what their schemas take, and what they result in', () => {
    expectTypeOf<TaskName<Module>>().toEqualTypeOf<'mail.send' | 'sums.add' | 'rooms.sweep'>();
    expectTypeOf<TaskData<Module, 'mail.send'>>().toEqualTypeOf<MailData>();
    expectTypeOf<TaskResult<Module, 'mail.send'>>().toEqualTypeOf<{ messageId: string }>();
    expectTypeOf<TaskData<Module, 'sums.add'>>().toEqualTypeOf<{ a: number; b: number }>();
    expectTypeOf<TaskResult<Module, 'sums.add'>>().toEqualTypeOf<{ sum: number }>();
    expectTypeOf<TaskResult<Module, 'rooms.sweep'>>().toEqualTypeOf<null>();
  });

  it('may also be a tuple, a list, an object or one task', () => {
    expectTypeOf<TaskName<readonly [typeof add, typeof mail]>>().toEqualTypeOf<'sums.add' | 'mail.send'>();
    expectTypeOf<TaskName<(typeof add | typeof mail)[]>>().toEqualTypeOf<'sums.add' | 'mail.send'>();
    expectTypeOf<TaskName<{ readonly add: typeof add }>>().toEqualTypeOf<'sums.add'>();
    expectTypeOf<TaskData<typeof mail, 'mail.send'>>().toEqualTypeOf<MailData>();
  });

  it('of declared contracts take the input of their schemas, or the output where that alone is declared', () => {
    type Contract<Data extends z.ZodType> = {
      readonly name: 'a.b';
      readonly data: Data;
      readonly result?: z.ZodType<{ b: number }>;
    };
    expectTypeOf<TaskData<Contract<z.ZodType<{ a: 1 }, { a?: 1 }>>, 'a.b'>>().toEqualTypeOf<{ a?: 1 }>();
    expectTypeOf<TaskData<Contract<z.ZodType<{ a: number }>>, 'a.b'>>().toEqualTypeOf<{ a: number }>();
    expectTypeOf<TaskResult<Contract<z.ZodType>, 'a.b'>>().toEqualTypeOf<{ b: number }>();
  });
});

describe('a typed client', () => {
  // Never called: the compiler is the test.
  async function use(client: Client<Module>, anything: Client): Promise<void> {
    expectTypeOf(await client.jobs.run('mail.send', { to: 'a@b.c' })).toEqualTypeOf<{ messageId: string }>();
    expectTypeOf(await client.jobs.run(add, { a: 1, b: 2 })).toEqualTypeOf<{ sum: number }>();
    await client.jobs.submitMany([{ task: 'mail.send', data: { to: 'a@b.c' }, priority: 9 }]);
    await client.schedules.create('rooms.sweep', {}, { cron: '@daily' });
    // @ts-expect-error no such task
    await client.jobs.run('mail.sent', { to: 'a@b.c' });
    // @ts-expect-error data of another task
    await client.jobs.submit('sums.add', { to: 'a@b.c' });
    // @ts-expect-error data of another task
    await client.jobs.submitMany([{ task: 'sums.add', data: { to: 'a@b.c' } }]);
    // @ts-expect-error both cron and an interval
    await client.schedules.create('rooms.sweep', {}, { cron: '@daily', everyMs: 1_000 });
    expectTypeOf(await anything.jobs.run('any.task', { a: [] })).toEqualTypeOf<unknown>();
  }

  it('takes the data of each task and returns its result', () => {
    expectTypeOf(use).toBeFunction();
  });
});
