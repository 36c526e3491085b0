/** A page as it was received. */
export interface SeenPage {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Maximum wait for a page, and maximum time to read one that never ends, in ms. */
const PATIENCE_MS = 5_000;
const READ_MS = 500;

/** Reads a page, or the start of a stream; null without a response. Does not follow redirects. */
export async function readPage(url: string, request: RequestInit = {}): Promise<SeenPage | null> {
  const leaving = new AbortController();
  const patience = setTimeout(() => leaving.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(url, { redirect: 'manual', ...request, signal: leaving.signal });
    const text = await readSome(answer, leaving);
    return { status: answer.status, text, headers: answer.headers };
  } catch {
    return null;
  } finally {
    clearTimeout(patience);
  }
}

async function readSome({ body, headers }: Response, leaving: AbortController): Promise<string> {
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  const end = isStream ? setTimeout(() => leaving.abort(), READ_MS) : undefined;
  let text = '';
  try {
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
  } catch (error) {
    if (!isStream) throw error;
  } finally {
    clearTimeout(end);
  }
  return text;
}
