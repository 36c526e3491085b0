import { expect, test } from 'vitest';
import { createAttemptStop } from '../attempt/attemptStop.js';
import { createRoom } from './room.js';

test('a room holds as many as it has places, and admits the others in order, except those that were told to stop', async () => {
  const room = createRoom(1);
  const entered: string[] = [];
  const enter = async (name: string, stop = createAttemptStop()): Promise<void> => {
    entered.push(`${name} ${await room.enter(stop)}`);
  };
  const stop = createAttemptStop();
  await enter('first');
  const others = [enter('stopped', stop), enter('second'), enter('third')];
  stop.stop('cancelled');
  room.leave();
  room.leave();
  await Promise.all(others);
  expect(entered).toEqual(['first true', 'stopped false', 'second true', 'third true']);
  room.leave();
  await enter('fourth');
  await enter('late', stop);
  expect(entered.slice(-2)).toEqual(['fourth true', 'late false']);
});
