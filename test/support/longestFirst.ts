import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Files and folders that take long, the longest first; of the others the order does not matter. */
const LONG = [
  'test/faults/brief.test.ts',
  'test/faults/',
  'test/e2e/',
  'test/cluster/',
  'test/bench/',
  'test/deploy/',
  'deploy/',
];

/** Begins with what takes long, so that no process is left alone with it at the end. */
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
