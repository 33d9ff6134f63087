import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../main.ts');
const scratch = mkdtempSync(join(tmpdir(), 'isoquorum-simulate-'));

function simulate(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const command = ['--conditions=source', main, 'simulate', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: scratch });
  return { status, output: stdout + stderr };
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('isoquorum simulate', () => {
  it.each(['machines', 'nodes'])('gives the same trace to the byte in two processes: %s', (level) => {
    const trace = (seed: number, name: string): string => {
      const file = join(scratch, `${level} ${name}`);
      const { status, output } = simulate('--seed', `${seed}`, '--level', level, '--heights', '10', '--trace', file);
      expect(output).toContain('safe: heads');
      expect(status).toBe(0);
      return readFileSync(file, 'utf8');
    };
    const first = trace(11, 'first');
    expect(first.split('\n').length).toBeGreaterThan(200);
    expect(trace(11, 'second')).toBe(first);
    expect(trace(12, 'third')).not.toBe(first);
  });

  it('prints what the seed decided first, and how to replay and shrink what failed', () => {
    // Five validators under 2F+1 are unsafe by themselves (decision 7): one of the first seeds shows it.
    const common = ['--nodes', '5', '--quorum', '2F+1', '--heights', '20', '--faults', 'delay,partition,byzantine'];
    const { status, output } = simulate(...common, '--seeds', '60', '--failure', 'small.json');
    expect(status).toBe(1);
    expect(output).toMatch(/✗ two (different blocks with enough seals|final blocks) at/);
    expect(output).toMatch(/replay it: isoquorum simulate --seed \d+ --consensus qbft --nodes 5/);
    expect(output).toMatch(/shrunk in \d+ runs/);
    const files = [...output.matchAll(/replay that: isoquorum simulate --scenario (small-\d+\.json)\n/g)].map(
      ([, file]) => file!,
    );
    expect(files.length).toBeGreaterThan(1);
    expect(new Set(files).size).toBe(files.length);
    const replayed = simulate('--scenario', files[0]!);
    expect(replayed.status).toBe(1);
    expect(replayed.output).toMatch(/✗ two (different blocks with enough seals|final blocks) at/);
    // Its faults are those of the file, which no seed draws.
    expect(replayed.output).toContain(`replay it: isoquorum simulate --scenario ${files[0]}\n`);
  });

  it('refuses what it does not know', () => {
    expect(simulate('--faults', 'locusts').output).toContain('FAULT_UNKNOWN: "locusts" is no fault');
    expect(simulate('--nodes', 'four').output).toContain('OPTION_INVALID');
  });

  it.each([
    ['a trace of many seeds', ['--seeds', '2', '--trace', 'many']],
    ['a quorum rule without a quorum of seals', ['--consensus', 'raft', '--quorum', '2F+1']],
    ['traitors among those who stand none', ['--consensus', 'clique', '--faults', 'loss,byzantine']],
    ['traitors among three', ['--nodes', '3', '--faults', 'byzantine']],
  ])('refuses what it would have to leave out: %s', (_, args) => {
    const { status, output } = simulate(...args);
    expect(output).toContain('OPTION_INVALID');
    expect(status).toBe(1);
  });
});
