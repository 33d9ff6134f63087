import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { beforeAll, expect, test } from 'vitest';
import { describeFault, type Treason } from './faults/fault.ts';
import { runNodes } from './nodes/run-nodes.ts';
import { createSimulation } from './simulate.ts';

const quorumRule = 'ceil2N/3';

/** What does not make a wrong block: with a traitor, two nodes that check blocks as the original does are a quorum of four. */
const treasons: readonly Treason[] = [
  'equivocate',
  'withhold',
  'stale',
  'echo',
  'forgedCertificate',
  'strangers',
  'outOfTurn',
];

beforeAll(async () => {
  await installFastestCrypto();
});

// In each, strict nodes held certificates of the traitor against the correct node that had passed them on.
test.each([5, 21, 22, 24])(
  'seed %i: two strict validators and two under rules goquorum, one of the four a traitor, blame no correct one',
  async (seed) => {
    const kinds = ['byzantine', 'loss', 'delay', 'oneway'] as const;
    const simulation = createSimulation({
      consensus: 'qbft',
      level: 'nodes',
      nodes: 4,
      heights: 15,
      kinds,
      quorumRule,
    });
    const drawn = simulation.draw(seed);
    const faults = drawn.faults.map((fault) => (fault.kind === 'byzantine' ? { ...fault, treasons } : fault));
    expect(faults.some(({ kind }) => kind === 'byzantine')).toBe(true);
    const result = await runNodes(
      { ...drawn, faults },
      {
        consensus: 'qbft',
        quorumRule,
        hasManagers: false,
        rulesOf: (index) => (index % 2 === 0 ? 'strict' : 'goquorum'),
      },
    );
    const told = [...result.violations, ...faults.map(describeFault)];
    expect(result.violations.length === 0 ? [] : told).toEqual([]);
  },
);
