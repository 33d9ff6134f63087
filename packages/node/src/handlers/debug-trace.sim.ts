import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeOptions } from '../node-options.ts';
import { createFakeManagers, type FakeManager } from '../testing/fake-managers.ts';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';
import { createNodeHandlers } from './create-node-handlers.ts';

/** Creates a contract that keeps 42 in slot 0: PUSH1 42 PUSH1 0 SSTORE, then returns one byte of code (STOP). */
const storageContract = hexToBytes('0x602a600055600160005360016000f3');
const request: RpcRequestContext = { transport: 'http', psi: undefined };
const SENDER = 0;
const PARTY = 1;
const STRANGER = 2;

let simulation: SimulatedNetwork;
let managers: readonly FakeManager[];
/** A private creation for {@link PARTY}, and a public transaction in the same block. */
let privateHash: Hash32;
let publicHash: Hash32;

/** A manager that never tells of payloads that come in, as a Tessera. */
function silent(manager: FakeManager, changes: Partial<Q2tClient> = {}): Q2tClient {
  return {
    ...manager,
    receive: (hash) => manager.receive(hash),
    storedSince: (_sequence, _waitMs, signal) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve([]));
      }),
    ...changes,
  };
}

const chainOf = (index: number) => simulation.nodes[index]!.running!.context.chain;

beforeEach(async () => {
  simulation = await createSimulatedNetwork({
    validators: 4,
    manager: (index) => silent(managers[index]!),
  });
  managers = createFakeManagers(4, simulation.clock);
  for (const node of simulation.nodes) await node.start();
  await simulation.runUntil('block 1', () => chainOf(SENDER).headNumber() >= 1);
});
afterEach(async () => {
  await simulation.stop();
});

async function send(): Promise<void> {
  const { submitter } = simulation.nodes[SENDER]!.running!.context;
  const from = simulation.accountKeys.map(privateKeyToAddress);
  const fields = { data: storageContract, gas: 200_000n };
  const sent: Hash32[] = [];
  void submitter
    .sendTransaction({ ...fields, from: from[0]!, privateFor: [managers[PARTY]!.key] })
    .then(async (hash) => {
      sent.push(hash, await submitter.sendTransaction({ ...fields, from: from[1]! }));
    });
  await simulation.runUntil('mined', () =>
    [SENDER, PARTY, STRANGER].every(
      (index) => sent.length === 2 && sent.every((hash) => chainOf(index).transaction(hash) !== undefined),
    ),
  );
  await simulation.run(2_000);
  [privateHash, publicHash] = sent as [Hash32, Hash32];
  expect(chainOf(SENDER).transaction(publicHash)?.blockNumber).toBe(blockNumber());
}

const blockNumber = (): number => chainOf(SENDER).transaction(privateHash)!.blockNumber;

async function restart(index: number, overrides: Partial<NodeOptions>): Promise<void> {
  await simulation.nodes[index]!.crash();
  await simulation.nodes[index]!.start(overrides);
  await simulation.run(500);
}

/** Opcodes of a trace, or the code of its error. */
async function trace(index: number, hash: Hash32): Promise<unknown> {
  const made = createNodeHandlers(simulation.nodes[index]!.running!.context);
  try {
    return opcodes(await made.handlers.debug_traceTransaction(request, hash, undefined));
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    made.close();
  }
}

/** The same for each transaction of the block; of an error its text. */
async function traceBlock(index: number): Promise<string[]> {
  const made = createNodeHandlers(simulation.nodes[index]!.running!.context);
  try {
    const entries = await made.handlers.debug_traceBlockByNumber(request, blockNumber(), undefined);
    return entries.map((entry) => ('error' in entry ? String(entry.error) : opcodes(entry.result)));
  } finally {
    made.close();
  }
}

function opcodes(result: unknown): string {
  return (result as { structLogs: { op: string }[] }).structLogs.map(({ op }) => op).join(' ');
}

const executed = 'PUSH1 PUSH1 SSTORE PUSH1 PUSH1 MSTORE8 PUSH1 PUSH1 RETURN';
const digestOf = (): string => bytesToHex(chainOf(SENDER).transaction(privateHash)!.transaction.data);

describe('the trace of a private transaction', () => {
  it('is what a party executed, and empty for one whose manager says that it is no recipient', async () => {
    await send();
    for (const index of [SENDER, PARTY]) expect(await trace(index, privateHash)).toBe(executed);
    expect(await trace(STRANGER, privateHash)).toBe('');
    expect(await traceBlock(PARTY)).toEqual([executed, executed]);
    expect((await traceBlock(STRANGER)).toSorted()).toEqual(['', executed]);
  });

  it.each([PARTY, STRANGER])('is refused by node %i while its manager cannot be asked', async (index) => {
    await send();
    const isUp = managers[index]!;
    await restart(index, { manager: silent(isUp) });
    isUp.isReachable = false;
    expect(await trace(index, privateHash)).toBe('PAYLOAD_UNRESOLVED');
    expect(await trace(index, publicHash)).toBe(executed);
    expect((await traceBlock(index)).toSorted()).toEqual([
      executed,
      `the transaction manager cannot be asked for payload ${digestOf()} of block ${blockNumber()} now (connection refused): try again when it answers`,
    ]);
  });

  it.each([PARTY, STRANGER])('is refused by node %i without a manager', async (index) => {
    await send();
    await restart(index, { manager: undefined });
    expect(await trace(index, privateHash)).toBe('PAYLOAD_MISSING');
    expect(await trace(index, publicHash)).toBe(executed);
    expect((await traceBlock(index)).toSorted()).toEqual([
      executed,
      `this node has no transaction manager to ask for payload ${digestOf()} of block ${blockNumber()}: start it with --manager`,
    ]);
    // As the original answers.
    await restart(index, { manager: undefined, rules: 'goquorum' });
    expect(await trace(index, privateHash)).toBe('');
  });

  it('is refused when the manager has lost the payload with which its block was executed', async () => {
    await send();
    await restart(PARTY, { manager: silent(managers[STRANGER]!) });
    expect(await trace(PARTY, privateHash)).toBe('PAYLOAD_MISSING');
    expect(await trace(PARTY, publicHash)).toBe(executed);
  });

  it('is refused while a payload that came late has not been executed, and is there afterwards', async () => {
    managers[PARTY]!.isReceiving = false;
    await send();
    expect(await trace(PARTY, privateHash)).toBe('');
    managers[PARTY]!.isReceiving = true;
    expect(await trace(PARTY, privateHash)).toBe('PAYLOAD_LATE');
    await restart(PARTY, { manager: silent(managers[PARTY]!), asksManagerAgain: true });
    await simulation.run(1_000);
    expect(await trace(PARTY, privateHash)).toBe(executed);
  });

  it('is refused while the private state waits for its payload, as is a call of its contract; that of a public one is not', async () => {
    managers[PARTY]!.isReachable = false;
    await send();
    expect(await trace(PARTY, publicHash)).toBe(executed);
    const made = createNodeHandlers(simulation.nodes[PARTY]!.running!.context);
    const traced = made.handlers.debug_traceTransaction(request, privateHash, undefined);
    const to = simulation.nodes[SENDER]!.running!.context.chain.receipt(privateHash, 'private')!.receipt
      .contractAddress!;
    const called = made.handlers.debug_traceCall(
      request,
      { to } as never,
      { type: 'number', number: 'latest' } as never,
      undefined,
    );
    const codes = Promise.all(
      [traced, called].map((one) => (one as Promise<unknown>).catch((error: { code: string }) => error.code)),
    );
    await simulation.run(3_000);
    expect(await codes).toEqual(['PAYLOAD_UNRESOLVED', 'PRIVATE_STATE_BEHIND']);
    made.close();
  });
});
