import { bytesToHex } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { TrieUpdater } from '../state/update-tries.ts';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { knownContracts, randomProgram } from '../testing/random-program.ts';
import { createTestDatabase, testBlock, testMessage, testRules } from '../testing/states.ts';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { DualHost } from './host.ts';
import type { Evm, EvmBlock } from './port.ts';
import { forkNames } from './evm-rules.ts';
import { evmErrors } from './texts.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 400);
const sender = addressOf(1);

const blobHashes = [2, 3].map((value) => new Uint8Array(32).fill(value));

/** A fork with all before it. */
function rulesUntil(fork: number): EvmBlock['rules'] {
  return testRules(Object.fromEntries(forkNames.map((name, index) => [name, index <= fork])));
}

interface Case {
  readonly codes: readonly string[];
  readonly isCreation: boolean;
  readonly input: Uint8Array;
  readonly gas: bigint;
  readonly value: bigint;
  readonly fork: number;
  readonly isQuorum: boolean;
}

/** Everything that two engines have to agree on, as text. */
async function observe(evm: Evm, test: Case): Promise<Record<string, unknown>> {
  const rules = { ...rulesUntil(test.fork), isQuorum: test.isQuorum };
  const database = createTestDatabase();
  const state = new State(createTrieReader(database, emptyTrieRoot));
  state.setBalance(sender, 1000n);
  test.codes.forEach((code, index) => {
    const address = knownContracts[index]!;
    state.setCode(address, hexToBytes(`0x${code}`));
    state.setNonce(address, 1n);
    state.setBalance(address, 5n);
    state.setStorage(address, 1n, 7n);
    state.setStorage(address, 2n, BigInt(index + 1));
  });
  state.finalise(false);
  const block = testBlock({
    rules,
    baseFee: 7n,
    blobBaseFee: 5n,
    ...(rules.isParis === true ? { randomness: new Uint8Array(32).fill(9) } : {}),
    blockHash: (number) => (number < 0 ? undefined : new Uint8Array(32).fill(number)),
  });
  const host = new DualHost(block, { origin: sender, gasPrice: 3n, blobHashes }, state, state);
  const input = test.isCreation ? hexToBytes(`0x${test.codes[0]!}`) : test.input;
  const message = testMessage(sender, test.isCreation ? undefined : knownContracts[0]!, input, test.gas, test.value);
  for (const address of [sender, message.address]) state.accessAddress(address);
  const result = await evm.run(host, message);
  const { refund } = state;
  const logs = state
    .finalise(rules.isEip158)
    .map((log) => [bytesToHex(log.address), log.topics.map((topic) => bytesToHex(topic)), bytesToHex(log.data)]);
  const { root } = new TrieUpdater(database, emptyTrieRoot).commit(state);
  return {
    status: result.status,
    gasLeft: result.gasLeft,
    output: bytesToHex(result.output),
    created: result.createdAddress === undefined ? undefined : bytesToHex(result.createdAddress),
    refund,
    logs,
    root: bytesToHex(root),
    error: result.error,
  };
}

const testCase: fc.Arbitrary<Case> = fc.record({
  codes: fc.tuple(randomProgram, randomProgram, randomProgram),
  isCreation: fc.boolean(),
  input: fc.uint8Array({ maxLength: 70 }),
  gas: fc.oneof(fc.bigInt({ min: 0n, max: 200_000n }), fc.constant(2_000_000n)),
  value: fc.constantFrom(0n, 0n, 3n, 2000n),
  fork: fc.integer({ min: 0, max: forkNames.length - 1 }),
  isQuorum: fc.boolean(),
});

describe('engines agree', () => {
  const [first, ...others] = engines.map(({ name, create }) => ({ name, evm: create() }));

  it('on random programs under every fork', async () => {
    await fc.assert(
      fc.asyncProperty(testCase, async (test) => {
        const { error: _, ...expected } = await observe(first!.evm, test);
        const texts: unknown[] = [];
        for (const { name, evm } of others) {
          const { error, ...observed } = await observe(evm, test);
          expect({ name, ...observed }).toEqual({ name, ...expected });
          texts.push(error);
        }
        // The library has texts of its own. Where gas ends in the middle of a block, the core may say so a little early.
        if (texts[0] !== texts[1]) expect(texts[1]).toBe(evmErrors.outOfGas);
      }),
      { numRuns: runs },
    );
  });
});
