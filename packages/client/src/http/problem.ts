import type { FieldError } from '../sluiceError.js';
import { SluiceError } from '../sluiceError.js';
import { readRetryAfterMs } from './retryAfter.js';

/** Of a refusal's body no more is read, in bytes: a proxy may send a page of any size. */
const MAX_PROBLEM_BYTES = 65_536;

/** Reads a refusal: RFC 9457 problem details of the server, or whatever a proxy sends. Leaves no body open. */
export async function readProblem(response: Response, nowMs: number): Promise<SluiceError> {
  const problem = parseObject(await readStart(response));
  const { status } = response;
  return new SluiceError({
    status,
    code: typeof problem.code === 'string' ? problem.code : `http_${status}`,
    detail: typeof problem.detail === 'string' ? problem.detail : response.statusText || `The server sent ${status}.`,
    errors: Array.isArray(problem.errors) ? problem.errors.filter(isFieldError) : [],
    retryAfterMs: readRetryAfterMs(response.headers.get('retry-after'), nowMs),
  });
}

async function readStart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let bytes = 0; reader !== undefined && bytes < MAX_PROBLEM_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // A cut body: the status says enough.
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  return text;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === 'object' && value !== null && 'pointer' in value && 'message' in value;
}
