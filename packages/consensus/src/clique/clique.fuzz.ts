import { fc, test } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { describe, expect } from 'vitest';
import { decodeRaftExtra, verifyRaftHeader } from '../raft/header.ts';
import { recoverFake } from '../testing/fake-signatures.ts';
import { verifyCliqueHeader } from './header.ts';
import { cliqueGenesisSnapshot, maySignFrom, nextCliqueSnapshot } from './snapshot.ts';
import { cliqueSnapshotFromJson, type CliqueSnapshotJson } from './snapshot-json.ts';
import { cliqueStep, createCliqueState } from './step.ts';
import type { CliqueInput } from './types.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const genesis = parseGenesis({
  config: { chainId: 1337, clique: { period: 1, epoch: 3 } },
  extraData: `0x${'00'.repeat(32)}${'11'.repeat(20)}${'22'.repeat(20)}${'00'.repeat(65)}`,
  gasLimit: '0x2faf0800',
  difficulty: '0x1',
  alloc: {},
});
const head = createGenesisHeader(genesis, emptyTrieRoot);
const snapshot = cliqueGenesisSnapshot(head);

/** What is thrown, if anything, is coded. */
function coded(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    expect(error.code).toMatch(/^[A-Z_]+$/);
  }
}

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const header: fc.Arbitrary<Header> = fc
  .record({
    number: fc.constantFrom(0, 1, 2, 3, 6),
    extraData: fc.oneof(fc.uint8Array({ maxLength: 160 }), bytes(97), bytes(137)),
    nonce: fc.oneof(bytes(8), fc.constant(new Uint8Array(8))),
    coinbase: fc.oneof(bytes(20), fc.constant(new Uint8Array(20))),
    difficulty: fc.bigInt({ min: 0n, max: 4n }),
    timestamp: fc.bigInt({ min: 0n, max: 5n }),
    parentHash: fc.oneof(bytes(32), fc.constant(snapshot.hash)),
  })
  .map((fields) => ({ ...head, ...fields }));

describe('Clique and Raft headers', () => {
  test.prop([header], { numRuns })('any header is valid or refused with a code', (candidate) => {
    const { config } = genesis;
    for (const profile of ['strict', 'goquorum'] as const) {
      const rules = { profile, config, recover: recoverFake, nowSeconds: 3n, seals: 'checked' } as const;
      coded(() => verifyCliqueHeader(candidate, head, snapshot, rules));
      coded(() => verifyRaftHeader(candidate, head, { profile, config, recover: recoverFake }));
    }
    coded(() => nextCliqueSnapshot(snapshot, candidate, { config, recover: recoverFake }));
    coded(() => decodeRaftExtra(candidate));
  });

  test.prop([fc.jsonValue()], { numRuns })('any stored snapshot is read or refused with a code', (json) => {
    coded(() => cliqueSnapshotFromJson(json as unknown as CliqueSnapshotJson));
  });
});

const signers = [1, 2, 3].map((byte) => new Uint8Array(20).fill(byte));
const context = fc
  .record({
    height: fc.integer({ min: 1, max: 9 }),
    period: fc.integer({ min: 0, max: 2 }),
    recent: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ height, period, recent }) => ({
    height,
    parentHash: new Uint8Array(32).fill(height),
    parentTimestamp: BigInt(height),
    periodSeconds: period,
    snapshot: { ...snapshot, number: height - 1, signers, recents: new Map([[recent, signers[0] as Uint8Array]]) },
  }));
const nowMs = fc.oneof(fc.integer(), fc.double());
const input: fc.Arbitrary<CliqueInput> = fc.oneof(
  fc.record({ type: fc.constant('head' as const), context, nowMs, random: fc.double(), isPending: fc.boolean() }),
  fc.record({ type: fc.constant('pending' as const), nowMs }),
  header.map((built) => ({ type: 'built' as const, block: { header: built, transactions: [], uncles: [] } })),
  fc.integer({ min: 1, max: 9 }).map((height) => ({
    type: 'built' as const,
    block: { header: { ...head, parentHash: new Uint8Array(32).fill(height) }, transactions: [], uncles: [] },
  })),
  fc.record({ type: fc.constant('sealFailed' as const), height: fc.integer({ min: 1, max: 9 }), nowMs }),
);

/** Seals only where it may. @returns the phases on the way */
function play(inputs: readonly CliqueInput[]): ReadonlySet<string> {
  const reached = new Set<string>();
  let state = createCliqueState(signers.slice(0, 1));
  for (const one of inputs) {
    const step = cliqueStep(state, one);
    for (const effect of step.effects) {
      if (effect.type !== 'sealBlock') continue;
      const at = state.context;
      expect(at).toBeDefined();
      expect(effect.block.header.parentHash).toEqual(at?.parentHash);
      expect(maySignFrom(at!.snapshot, effect.signer)).toBeLessThanOrEqual(at!.height);
    }
    const { phase } = step.state;
    reached.add(phase).add(`${state.phase} to ${phase} upon ${one.type}`);
    state = step.state;
  }
  return reached;
}

describe('the Clique machine', () => {
  test.prop([fc.array(input, { maxLength: 40 })], { numRuns })(
    'never throws, and seals only where it may',
    (inputs) => void play(inputs),
  );

  test('such inputs lead deep', () => {
    const plays = fc.sample(fc.array(input, { minLength: 40, maxLength: 60 }), { numRuns: 200, seed: 1 });
    const reached = new Set(plays.flatMap((inputs) => [...play(inputs)]));
    for (const mark of [
      'resting',
      'waiting to building upon pending',
      'building to sealing upon built',
      'building to waiting upon built',
      'sealing to building upon sealFailed',
      'sealing to resting upon head',
    ])
      expect([...reached]).toContain(mark);
  });
});
