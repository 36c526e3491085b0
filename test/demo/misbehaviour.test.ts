import { describe, expect, test } from 'vitest';
import { createMisbehaviour, seededRandom } from './misbehaviour.js';

function answersOf(seed: number): string[][] {
  const misbehaviour = createMisbehaviour(seededRandom(seed));
  return Array.from({ length: 1_000 }, (_, id) => {
    const answers: string[] = [];
    while (answers.at(-1) !== 'accept') answers.push(misbehaviour.answer(String(id)).kind);
    return answers;
  });
}

describe('createMisbehaviour', () => {
  test('accepts each delivery in the end, after two failures at most', () => {
    for (const answers of answersOf(1)) {
      expect(answers.filter((answer) => answer === 'fail').length).toBeLessThanOrEqual(2);
      expect(answers.filter((answer) => answer === 'pace').length).toBeLessThanOrEqual(2);
    }
  });

  test('is in a bad mood for about a quarter of them', () => {
    const troubled = answersOf(2).filter((answers) => answers.length > 1).length;
    expect(troubled).toBeGreaterThan(200);
    expect(troubled).toBeLessThan(350);
  });

  test('does the same for the same seed', () => {
    expect(answersOf(3)).toEqual(answersOf(3));
    expect(answersOf(3)).not.toEqual(answersOf(4));
  });

  test('stays with acceptance', () => {
    const misbehaviour = createMisbehaviour(() => 0.99);
    expect([misbehaviour.answer('a').kind, misbehaviour.answer('a').kind]).toEqual(['accept', 'accept']);
  });
});
