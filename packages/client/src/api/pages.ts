import type { ApiCall, Transport } from '../http/transport.js';
import { SluiceError } from '../sluiceError.js';

/**
 * Reads a list page by page, as it is iterated.
 * @param field of the answer that holds the items
 */
export async function* readPages<Item>(
  transport: Transport,
  call: Pick<ApiCall, 'path' | 'query' | 'signal'>,
  field: string,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await transport.call<Readonly<Record<string, unknown>>>({
      method: 'GET',
      ...call,
      query: { ...call.query, cursor },
    });
    if (!Array.isArray(page[field])) throw new SluiceError({ status: 200, code: 'bad_answer', detail: `No ${field}.` });
    yield* page[field] as readonly Item[];
    cursor = (page.nextCursor as string | null) ?? undefined;
  } while (cursor !== undefined);
}
