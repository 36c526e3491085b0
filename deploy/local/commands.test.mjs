// @ts-check
import { describe, expect, it } from 'vitest';
import { COMMANDS, helpText, readRequest } from './commands.mjs';

describe('readRequest', () => {
  it('leaves everything after the command to the command, --help included', () => {
    expect(readRequest(['bench', 'throughput', '--help'])).toMatchObject({
      name: 'bench',
      args: ['throughput', '--help'],
    });
  });

  it.each([[[]], [['--help']], [['-h']]])('explains itself for %j', (argv) => {
    expect(readRequest(argv)).toEqual({ kind: 'help' });
  });

  it.each(['dmo', 'constructor'])('names the commands there are when asked for %s', (name) => {
    expect(readRequest([name])).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('demo, start, test'),
    });
  });

  it('asks which program exec should run', () => {
    expect(readRequest(['exec']).kind).toBe('unknown');
  });
});

it('helpText has a line for every command', () => {
  for (const { does } of Object.values(COMMANDS)) expect(helpText()).toContain(does);
});
