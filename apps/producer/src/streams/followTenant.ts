import type { FeedPlace } from '@sluice/fleet/domain/feedPlace';
import { behindEntry, comparePlaces, entryOf, readPlace, writePlace } from '@sluice/fleet/domain/feedPlace';
import type { FedEvent } from '@sluice/fleet/redis/commands/feed';
import { createBacklog, NOTHING_MISSED } from './backlog.js';
import type { FollowDeps } from './followJob.js';
import { toMessage } from './jobTeller.js';
import type { SseStream } from './openStreams.js';

/** A tenant whose jobs to follow, and the client's last position. */
export interface FollowedTenant {
  readonly tenantId: string;
  readonly from: FeedPlace | null;
}

/**
 * Streams all jobs of a tenant to one client. When the missed events are no longer available, because the client was
 * disconnected too long or the feed was trimmed, the client receives `missed` and reads the list of jobs again.
 * @returns a function that stops it
 */
export async function followTenant(
  { tenantId, from }: FollowedTenant,
  stream: SseStream,
  deps: Pick<FollowDeps, 'feed' | 'replay'>,
): Promise<() => void> {
  let place: FeedPlace | null = from;

  function send(fed: FedEvent): boolean {
    const next = readPlace(fed.place);
    if (next === null || (place !== null && comparePlaces(next, place) <= 0)) return true;
    place = next;
    const message = toMessage(fed);
    return stream.send(
      fed.event.kind === 'missed' ? message : { ...message, data: { id: fed.event.jobId, ...message.data } },
    );
  }

  const subject = { tenantId, jobId: null };
  const backlog = createBacklog(stream, send);
  const { behind, stop } = await deps.feed.listen(subject, backlog.hear);
  const missed = from === null ? NOTHING_MISSED : await deps.replay(subject, { entry: entryOf(from), isKnown: false });
  if (missed === null) {
    place = behindEntry(behind ?? '0-0');
    stream.send({ event: 'missed', id: writePlace(place), data: {} });
  }
  await backlog.goOn(missed ?? NOTHING_MISSED, (entry) => deps.replay(subject, { entry, isKnown: true }));
  return stop;
}
