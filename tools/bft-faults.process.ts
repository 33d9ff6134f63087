import { expect, test } from 'vitest';
import { runFaults } from './faults/run-faults.ts';

test.each([
  ['qbft', 27_000],
  ['ibft', 27_200],
] as const)(
  'four real %s validators: faults, a lost disk, votes, a full pool',
  { timeout: 400_000 },
  async (consensus, portBase) => {
    const lines: string[] = [];
    const running = runFaults({
      consensus,
      validators: 4,
      waiting: 2_000,
      portBase,
      say: (line) => lines.push(line),
    });
    await expect(running, lines.join('\n')).resolves.toBeUndefined();
    expect(lines).toHaveLength(9);
  },
);
