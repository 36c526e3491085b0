import { SluiceError } from '../sluiceError.js';

/** What a stream says: an event, or how long to wait before connecting again. */
export type SseItem =
  | { readonly kind: 'event'; readonly type: string; readonly data: string; readonly lastEventId: string }
  /** A block without data moved the id alone. */
  | { readonly kind: 'id'; readonly lastEventId: string }
  | { readonly kind: 'retry'; readonly retryMs: number };

/** Reads a stream of server-sent events, however it is cut into pieces. */
export interface SseParser {
  /**
   * Takes the next bytes and returns what they complete. What is incomplete when the stream ends is to be dropped.
   * @throws SluiceError `event_too_large`
   */
  push(bytes: Uint8Array): SseItem[];
}

/**
 * After https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6: lines end in CR LF, LF or CR; a byte order
 * mark, comments and unknown fields are skipped; the id lasts until another one comes.
 * @param lastEventId of the connection before
 * @param maxCharacters largest event, in UTF-16 code units of its lines
 */
export function createSseParser(lastEventId: string, maxCharacters: number): SseParser {
  // Holds back bytes of an incomplete character, and drops the byte order mark.
  const decoder = new TextDecoder();
  let line = '';
  let endedInCr = false;
  let eventId = lastEventId;
  let type = '';
  let data: string[] = [];
  let size = 0;

  function grow(characters: number): void {
    size += characters;
    if (size <= maxCharacters) return;
    const detail = `An event is larger than ${maxCharacters} characters.`;
    throw new SluiceError({ status: null, code: 'event_too_large', detail });
  }

  function dispatch(): SseItem[] {
    const event = { type: type || 'message', data: data.join('\n'), lastEventId: eventId };
    const hasData = data.length > 0;
    type = '';
    data = [];
    size = 0;
    if (hasData) return [{ kind: 'event', ...event }];
    return [{ kind: 'id', lastEventId: eventId }];
  }

  function readField(name: string, value: string): SseItem[] {
    if (name === 'event') type = value;
    else if (name === 'data') data.push(value);
    else if (name === 'id' && !value.includes('\0')) eventId = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) return [{ kind: 'retry', retryMs: Number(value) }];
    return [];
  }

  function endLine(): SseItem[] {
    const text = line;
    line = '';
    if (text === '') return dispatch();
    const colon = text.indexOf(':');
    if (colon === 0) {
      size -= text.length;
      return [];
    }
    if (colon < 0) return readField(text, '');
    const value = text.slice(colon + 1);
    return readField(text.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value);
  }

  return {
    push(bytes) {
      let text = decoder.decode(bytes, { stream: true });
      if (text === '') return [];
      if (endedInCr && text.startsWith('\n')) text = text.slice(1);
      endedInCr = text.endsWith('\r');
      const [first = '', ...others] = text.split(/\r\n|\n|\r/);
      grow(first.length);
      line += first;
      return others.flatMap((next) => {
        const items = endLine();
        grow(next.length);
        line = next;
        return items;
      });
    },
  };
}
