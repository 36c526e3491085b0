import { toInvalidRequest } from '@sluice/shared/errors/toInvalidRequest';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refuseHostile } from './hostileInput.js';

/** Checks paths, queries, headers and bodies against the zod schemas of their route, and answers against theirs. */
export function addValidation(server: ApiServer): void {
  server.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data: unknown) => {
    const parsed = schema.safeParse(data);
    if (parsed.success) return { value: parsed.data };
    return { error: toInvalidRequest(`The ${httpPart ?? 'request'} is not valid.`, parsed.error) };
  });
  server.setSerializerCompiler(serializerCompiler);
  server.addHook('preValidation', async (request) => {
    refuseHostile(request.params);
    refuseHostile(request.query);
  });
}
