import type { TaskCatalogue } from '@sluice/tasks/internal';
import { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refusals } from '../http/responses.js';

const taskSchema = z.object({
  name: z.string(),
  summary: z.string(),
  queueClass: z.string(),
  timeoutMs: z.int().meta({ description: 'Timeout of an attempt' }),
  attempts: z.int().meta({ description: 'Maximum attempts, including the first' }),
  dataSchema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the data' }),
});

/** `GET /api/v1/tasks`. */
export function addTasksRoute(server: ApiServer, catalogue: Pick<TaskCatalogue, 'list'>): void {
  const tasks = catalogue.list().map(({ name, summary, queueClass, timeoutMs, retry, data }) => ({
    name,
    summary,
    queueClass,
    timeoutMs,
    attempts: retry.maxRetries + 1,
    dataSchema: z.toJSONSchema(data, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
  }));
  server.get(
    '/api/v1/tasks',
    {
      config: { access: 'catalogue' },
      schema: {
        tags: ['tasks'],
        summary: 'List all tasks, with the JSON Schema of their data',
        response: { 200: z.object({ tasks: z.array(taskSchema) }), ...refusals() },
      },
    },
    async () => ({ tasks }),
  );
}
