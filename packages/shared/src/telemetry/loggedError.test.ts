import { describe, expect, it } from 'vitest';
import { toLoggedError } from './loggedError.js';

describe('toLoggedError', () => {
  it('keeps what happened, and nothing of the command or the row that it happened to', () => {
    const redis = Object.assign(new Error('MISCONF no space left'), {
      command: { name: 'evalsha', args: ['canary'] },
      previousErrors: ['canary'],
    });
    const refused = Object.assign(new Error('violates a check'), { code: '23514', detail: 'Failing row: canary' });
    const built = new Error('Failed query: insert into t\nparams: canary,1', { cause: refused });
    const logged = [toLoggedError(redis), toLoggedError(built)];
    expect(JSON.stringify(logged)).not.toContain('canary');
    expect(logged[0]).toMatchObject({ type: 'Error', message: 'MISCONF no space left' });
    expect(logged[1]).toMatchObject({ message: 'Failed query: insert into t', cause: { code: '23514' } });
  });

  it('ends at a chain of causes that goes in a circle, and takes what is no error', () => {
    const circle = new Error('a');
    circle.cause = circle;
    expect(JSON.stringify(toLoggedError(circle)).length).toBeLessThan(10_000);
    expect(toLoggedError('text')).toEqual({ type: 'string', message: 'text' });
  });
});
