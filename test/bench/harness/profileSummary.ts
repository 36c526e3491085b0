import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** A CPU profile as V8 writes it, as far as it is read here. */
export type CpuProfile = z.infer<typeof profileSchema>;

/** Where a process's time went, one line per function: its own share of the busy time, most first. */
export function summariseProfile({ nodes, samples, timeDeltas }: CpuProfile, functions: number): string[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const ownUs = new Map<string, number>();
  samples.forEach((id, i) => {
    const name = names.get(id) ?? '?';
    ownUs.set(name, (ownUs.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const wholeUs = [...ownUs.values()].reduce((sum, us) => sum + us, 0);
  const busyUs = wholeUs - (ownUs.get('(idle)') ?? 0);
  const busy = [...ownUs].filter(([name]) => name !== '(idle)' && name !== '(root)').sort(([, a], [, b]) => b - a);
  return [
    `busy ${(busyUs / 1e6).toFixed(2)} s of ${(wholeUs / 1e6).toFixed(2)} s`,
    ...busy.slice(0, functions).map(([name, us]) => `${((us / busyUs) * 100).toFixed(1).padStart(5)} %  ${name}`),
  ];
}

/** Reads a profile from its file. */
export async function readProfile(file: string): Promise<CpuProfile> {
  return profileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Function and file without the place where the repository lies. */
function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.replace(/^.*\/(?:node_modules\/)/, '').replace(/^.*\/((?:apps|packages|test)\/)/, '$1');
  return `${name} (${file}:${lineNumber + 1})`;
}
