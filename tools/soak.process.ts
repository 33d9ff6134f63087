import { expect, test } from 'vitest';
import { runSoak } from './soak/run-soak.ts';

test('kill -9 of every kind of process under load: heads and roots agree, nothing accepted is lost', {
  timeout: 400_000,
}, async () => {
  const lines: string[] = [];
  const report = await runSoak({ seconds: 30, seed: 7, portBase: 22_400, say: (what) => lines.push(what) });
  expect(report.faults, lines.join('\n')).toEqual([]);
  expect(report.kills).toBeGreaterThanOrEqual(4);
  expect(report.accepted).toBeGreaterThan(20);
});
