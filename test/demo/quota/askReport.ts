import { ga4ReportQueuedSchema, ga4ReportResultSchema } from '@sluice/ga4';
import { openEventStream } from '../../support/eventStream.js';

/** What one user met on the way to its report. */
export interface UserStory {
  readonly user: string;
  readonly answered: 'at once' | 'from the queue' | 'with an error';
  /** Its first place in the queue; null for who did not wait. */
  readonly place: number | null;
  /** What it was told, in order. */
  readonly told: readonly string[];
  readonly tookMs: number;
  /** Rows of the report; null for none. */
  readonly rows: number | null;
}

/** Who asks, where, and who hears of it. */
export interface Asking {
  readonly user: string;
  readonly url: string;
  readonly key: string;
  readonly say: (line: string) => void;
}

/** The report that everyone asks for. */
export const REPORT = { propertyId: '123456789', report: 'page_views', startDate: '7daysAgo', endDate: 'today' };

/** One user asks for a report as a browser would, and follows its place in the queue when it has to wait. */
export async function askReport({ user, url, key, say }: Asking): Promise<UserStory> {
  const startedMs = performance.now();
  const told: string[] = [];
  const tell = (line: string): void => {
    told.push(line);
    say(`${user}: ${line}`);
  };
  const story = (rest: Pick<UserStory, 'answered' | 'place' | 'rows'>): UserStory => ({
    user,
    told,
    tookMs: Math.round(performance.now() - startedMs),
    ...rest,
  });
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/api/v1/ga4/reports`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(REPORT),
  });
  const body: unknown = await answer.json();
  if (answer.status === 200) {
    const { rows } = ga4ReportResultSchema.parse(body);
    tell(`answered at once, ${rows.length} rows`);
    return story({ answered: 'at once', place: null, rows: rows.length });
  }
  if (answer.status !== 202) {
    tell(`answered ${answer.status}: ${JSON.stringify(body)}`);
    return story({ answered: 'with an error', place: null, rows: null });
  }
  const { id, position, message } = ga4ReportQueuedSchema.parse(body);
  tell(message);
  const rows = await follow(`${url}/api/v1/jobs/${id}/events`, headers, tell);
  return story({ answered: rows === null ? 'with an error' : 'from the queue', place: position, rows });
}

/** Tells each place until the job is over; answers the rows, or null when there are none. */
async function follow(
  url: string,
  headers: Readonly<Record<string, string>>,
  tell: (line: string) => void,
): Promise<number | null> {
  const stream = await openEventStream(url, headers, ({ event, data }) => {
    if (event === 'position') tell(String(data.message));
  });
  await stream.ended;
  const done = stream.events.find(({ event }) => event === 'done');
  stream.close();
  const result = ga4ReportResultSchema.safeParse(done?.data.result);
  tell(result.success ? `answered from the queue, ${result.data.rows.length} rows` : `over: ${done?.data.state}`);
  return result.success ? result.data.rows.length : null;
}
