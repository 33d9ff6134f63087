import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { hexToBytes } from '@isoquorum/primitives/hex';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DualHost } from '../evm/host.ts';
import { createHybridEvm } from '../evm/hybrid/engine.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { addressOf } from '../testing/addresses.ts';
import { knownContracts, randomProgram } from '../testing/random-program.ts';
import { createTestDatabase, testBlock, testMessage, testRules } from '../testing/states.ts';
import type { TraceStep } from './observer.ts';
import { observe } from './observe.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 300);
const forkNames = [
  'isHomestead',
  'isEip150',
  'isEip158',
  'isByzantium',
  'isConstantinople',
  'isPetersburg',
  'isIstanbul',
  'isBerlin',
] as const;
/** CREATE and CREATE2: geth's price leaves out what they hand on, so the gas that is left says nothing. */
const CREATIONS: ReadonlySet<number> = new Set([0xf0, 0xf5]);
const CALLS: ReadonlySet<number> = new Set([0xf1, 0xf2, 0xf4, 0xfa]);

/** Steps of a run, and for each failure at which step it was told. */
async function trace(codes: readonly string[], gas: bigint, fork: number) {
  const rules = testRules(Object.fromEntries(forkNames.map((name, index) => [name, index <= fork])));
  const state = new State(createTrieReader(createTestDatabase(), emptyTrieRoot));
  codes.forEach((code, index) => {
    const address = knownContracts[index] as Uint8Array;
    state.setCode(address, hexToBytes(`0x${code}`));
    state.setNonce(address, 1n);
    state.setBalance(address, 5n);
  });
  state.finalise(false);
  const sender = addressOf(1);
  const host = new DualHost(testBlock({ rules }), { origin: sender, gasPrice: 0n }, state, state);
  const steps: TraceStep[] = [];
  const tracer = observe({ step: (step) => steps.push(step) });
  const message = testMessage(sender, knownContracts[0] as Uint8Array, new Uint8Array(), gas, 0n);
  for (const address of [sender, message.address]) state.accessAddress(address);
  await createHybridEvm().run(host, message, { tracer });
  return steps;
}

it('each step is priced as the engine then charges it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(randomProgram, { minLength: 1, maxLength: 3 }),
      fc.bigInt({ min: 100n, max: 200_000n }),
      fc.integer({ min: 0, max: forkNames.length - 1 }),
      async (codes, gas, fork) => {
        const open: TraceStep[] = [];
        for (const step of await trace(codes, gas, fork)) {
          open.length = Math.min(open.length, step.depth);
          const before = open[step.depth - 1];
          const isFollowing = before !== undefined && before.error === undefined && step.gas <= before.gas;
          if (isFollowing && !CREATIONS.has(before.opcode)) {
            // A call gives back what it did not use.
            if (CALLS.has(before.opcode)) expect(step.gas).toBeGreaterThanOrEqual(before.gas - before.cost);
            else expect([before.name, step.gas]).toEqual([before.name, before.gas - before.cost]);
          }
          if (step.error === undefined) expect(step.cost).toBeLessThanOrEqual(step.gas);
          open[step.depth - 1] = step;
        }
      },
    ),
    { numRuns: runs },
  );
});
