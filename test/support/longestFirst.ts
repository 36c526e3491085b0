import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Slow files and folders, the slowest first; the order of the others does not matter. */
const LONG = [
  'test/faults/brief.test.ts',
  'test/faults/',
  'test/e2e/',
  'test/cluster/',
  'test/bench/',
  'test/deploy/',
  'deploy/',
];

/** Runs slow files first, so that none runs alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = LONG.findIndex((path) => moduleId.includes(`/${path}`));
      return rank === -1 ? LONG.length : rank;
    };
    return sorted
      .map((file) => [rankOf(file), file] as const)
      .sort(([a], [b]) => a - b)
      .map(([, file]) => file);
  }
}
