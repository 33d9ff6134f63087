import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type * as Snapshots from '@isoquorum/consensus/clique/snapshot';
import type * as Votes from '@isoquorum/consensus/vote-tally';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { FAULT_KINDS, type FaultKind } from './faults/fault.ts';
import { createSimulation } from './simulate.ts';

/** The faults that this file plants in the rules of Clique, for all nodes of a network alike; undefined: the product as it is. */
const planted = vi.hoisted(() => ({ name: undefined as string | undefined }));

vi.mock('@isoquorum/consensus/clique/snapshot', async (original) => {
  const real = await original<typeof Snapshots>();
  return {
    ...real,
    maySignFrom: (...parameters: Parameters<typeof real.maySignFrom>) =>
      planted.name === 'a signer that need not rest' ? 0 : real.maySignFrom(...parameters),
    isInTurn: (...parameters: Parameters<typeof real.isInTurn>) =>
      planted.name === 'everybody in turn' || real.isInTurn(...parameters),
    nextCliqueSnapshot: (...[snapshot, ...rest]: Parameters<typeof real.nextCliqueSnapshot>) => {
      const isForgetful = planted.name === 'a signer that need not rest';
      return real.nextCliqueSnapshot(isForgetful ? { ...snapshot, recents: new Map() } : snapshot, ...rest);
    },
  };
});

vi.mock('@isoquorum/consensus/vote-tally', async (original) => {
  const real = await original<typeof Votes>();
  return {
    ...real,
    applyVote(...[draft, author, ...rest]: Parameters<typeof real.applyVote>): void {
      real.applyVote(draft, author, ...rest);
      if (planted.name === 'a vote counted twice') real.applyVote(draft, author.toReversed(), ...rest);
    },
  };
});

beforeAll(async () => {
  await installFastestCrypto();
});

afterEach(() => {
  planted.name = undefined;
});

/** What the first of a few seeds that shows a violation says. */
async function find(kinds: readonly FaultKind[], seedsMax: number): Promise<string | undefined> {
  const options = { consensus: 'clique', level: 'nodes', nodes: 4, heights: 12, kinds } as const;
  const simulation = createSimulation({ ...options, quorumRule: 'ceil2N/3' });
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { violations } = await simulation.run(simulation.draw(seed));
    if (violations[0] !== undefined) return violations[0];
  }
  return undefined;
}

describe('the simulator finds what is planted in Clique', () => {
  test.each([
    ['a signer that need not rest', /of a signer that signed lately/],
    ['everybody in turn', /of difficulty 2/],
    ['a vote counted twice', /of a signer that is none|signed lately|of difficulty/],
  ] as const)('%s', async (name, expected) => {
    planted.name = name;
    expect(await find(FAULT_KINDS, 8)).toMatch(expected);
  });

  test('and nothing in the product itself', async () => {
    expect(await find(['membership', 'crash', 'partition'], 3)).toBeUndefined();
  });
});
