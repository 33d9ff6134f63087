import type { Block } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { describe, expect, test } from 'vitest';
import type { CliqueSnapshot } from './snapshot.ts';
import { cliqueStep, createCliqueState, wiggleMs } from './step.ts';
import type { CliqueContext, CliqueInput, CliqueState } from './types.ts';

const signers: readonly Address[] = [1, 2, 3, 4].map((byte) => new Uint8Array(20).fill(byte));
const [one = new Uint8Array(20)] = signers;
const template: Header = createGenesisHeader(
  parseGenesis({ config: { chainId: 1337, clique: {} }, gasLimit: '0x1', difficulty: '0x1', alloc: {} }),
  emptyTrieRoot,
);

function contextAt(
  height: number,
  change: Partial<CliqueContext> = {},
  recents: readonly [number, Address][] = [],
): CliqueContext {
  const parentHash = new Uint8Array(32).fill(height);
  const snapshot: CliqueSnapshot = {
    number: height - 1,
    hash: parentHash,
    signers,
    recents: new Map(recents),
    votes: [],
    tally: new Map(),
  };
  return { height, parentHash, parentTimestamp: 100n, snapshot, periodSeconds: 5, ...change };
}

const headOf = (context: CliqueContext, isPending = true, random = 0.5, nowMs = 100_500): CliqueInput => ({
  type: 'head',
  context,
  nowMs,
  random,
  isPending,
});
const blockOn = (context: CliqueContext, transactions: Block['transactions'] = []): Block => ({
  header: { ...template, number: context.height, parentHash: context.parentHash },
  transactions,
  uncles: [],
});

/** The state after a head, for a node with the key of signer 1. */
function after(context: CliqueContext, ...rest: [isPending?: boolean, random?: number, nowMs?: number]): CliqueState {
  return cliqueStep(createCliqueState([one]), headOf(context, ...rest)).state;
}

describe('a signer', () => {
  test('in turn builds until the period is over', () => {
    const { effects } = cliqueStep(createCliqueState([one]), headOf(contextAt(4)));
    expect(effects).toMatchObject([
      { type: 'buildBlock', height: 4, signer: one, minTimestamp: 105n, deadlineMs: 105_000, isInTurn: true },
    ]);
  });

  test('in turn and late builds at once', () => {
    const { effects } = cliqueStep(createCliqueState([one]), headOf(contextAt(4), true, 0.5, 200_000));
    expect(effects).toMatchObject([{ deadlineMs: 200_000 }]);
  });

  test('out of turn lets the others go first', () => {
    const { effects } = cliqueStep(createCliqueState([one]), headOf(contextAt(5), true, 0.5));
    expect(effects).toMatchObject([{ deadlineMs: 105_000 + (wiggleMs * 3) / 2, isInTurn: false }]);
  });

  test('that has signed lately rests, and works again when its time has come', () => {
    const rested = after(contextAt(4, {}, [[2, one]]));
    expect(rested.phase).toBe('resting');
    expect(after(contextAt(5, {}, [[2, one]])).phase).toBe('building');
  });

  test('that is none stays out, and drops what it was building', () => {
    const state = after(contextAt(4));
    const context = contextAt(5);
    const out = { ...context, snapshot: { ...context.snapshot, signers: signers.slice(1) } };
    const step = cliqueStep(state, headOf(out));
    expect(step.state.phase).toBe('out');
    expect(step.effects).toEqual([{ type: 'cancelBuild' }]);
  });

  test('with keys of two signers uses the one that may', () => {
    const both = signers.slice(0, 2);
    const step = cliqueStep(createCliqueState(both), headOf(contextAt(4, {}, [[3, one]])));
    expect(step.state.signer).toEqual(signers[1]);
    const inTurn = cliqueStep(createCliqueState(both), headOf(contextAt(5)));
    expect([inTurn.state.signer, inTurn.state.delayMs]).toEqual([signers[1], 0]);
  });

  test('on demand waits for transactions, and for more when they were none', () => {
    const context = contextAt(4, { periodSeconds: 0 });
    const waiting = after(context, false);
    expect(waiting.phase).toBe('waiting');
    const building = cliqueStep(waiting, { type: 'pending', nowMs: 300_000 });
    expect(building.effects).toMatchObject([{ type: 'buildBlock', deadlineMs: 300_000 }]);
    const empty = cliqueStep(building.state, { type: 'built', block: blockOn(context) });
    expect([empty.state.phase, empty.effects]).toEqual(['waiting', []]);
  });

  test('seals what was built on the head, once', () => {
    const context = contextAt(4);
    const building = after(context);
    const sealing = cliqueStep(building, { type: 'built', block: blockOn(context) });
    expect(sealing.effects).toMatchObject([{ type: 'sealBlock', signer: one }]);
    expect(cliqueStep(sealing.state, { type: 'built', block: blockOn(context) }).effects).toEqual([]);
    expect(cliqueStep(building, { type: 'built', block: blockOn(contextAt(9)) }).effects).toEqual([]);
  });

  test('tries again when its block was refused', () => {
    const context = contextAt(4);
    const sealing = cliqueStep(after(context), { type: 'built', block: blockOn(context) });
    const again = cliqueStep(sealing.state, { type: 'sealFailed', height: 4, nowMs: 110_000 });
    expect(again.effects).toMatchObject([{ type: 'buildBlock', deadlineMs: 110_200 }]);
    expect(cliqueStep(sealing.state, { type: 'sealFailed', height: 3, nowMs: 1 }).effects).toEqual([]);
  });
});
