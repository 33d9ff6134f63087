import { hexToBytes } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { describe, expect, it } from 'vitest';
import type { Evm } from '../evm/port.ts';
import { State } from '../state/state.ts';
import { createStatePair } from '../state/state-pair.ts';
import { TrieUpdater } from '../state/update-tries.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createSmallChain } from '../testing/small-chain.ts';
import { callContract, type CallInput, type CallRequest, type CallResult } from './call.ts';
import { estimateGas, type GasEstimate } from './estimate-gas.ts';
import { runAsync } from './steps.ts';

const publicContract = addressOf(5);
const privateContract = addressOf(6);
const rich = addressOf(7);
/** Returns slot 0. */
const reader = '60005460005260206000f3';
/** Stores the first word of the input in slot 0. */
const writer = '60003560005500';
/** Reverts with the byte 0x2a. */
const reverter = '602a60005360016000fd';

function createInput(evm: Evm, request: CallRequest, options: Partial<CallInput> = {}): CallInput {
  const chain = createSmallChain(evm);
  const make = (change: (state: State) => void): Uint8Array => {
    const state = new State(createTrieReader(chain.database, emptyTrieRoot));
    change(state);
    state.finalise(false);
    return new TrieUpdater(chain.database, emptyTrieRoot).commit(state).root;
  };
  const publicRoot = make((state) => {
    state.setBalance(rich, 1_000_000n);
    for (const [address, code] of [
      [publicContract, reader],
      [addressOf(8), writer],
      [addressOf(9), reverter],
    ] as const) {
      state.setCode(address, hexToBytes(`0x${code}`));
      state.setStorage(address, 0n, 41n);
    }
  });
  const privateRoot = make((state) => {
    state.setNonce(privateContract, 1n);
    // STATICCALLs the public contract, and returns what it returns.
    state.setCode(
      privateContract,
      hexToBytes(
        `0x6020600060006000${'73'}${[...publicContract].map((byte) => byte.toString(16).padStart(2, '0')).join('')}5afa60206000f3`,
      ),
    );
  });
  return {
    ...chain.context,
    header: chain.header,
    author: chain.header.coinbase,
    states: createStatePair(chain.database, publicRoot, privateRoot),
    request,
    ...options,
  };
}

async function call(evm: Evm, request: CallRequest, options: Partial<CallInput> = {}): Promise<CallResult> {
  const outcome = await runAsync(callContract(createInput(evm, request, options)));
  if (outcome.status === 'needs') throw new Error('nothing can be missing here');
  return outcome.result;
}

async function estimate(evm: Evm, request: CallRequest, options: Partial<CallInput> = {}): Promise<GasEstimate> {
  const outcome = await runAsync(estimateGas(createInput(evm, request, options)));
  if (outcome.status === 'needs') throw new Error('nothing can be missing here');
  return outcome.result;
}

const word = (value: number): Uint8Array => new Uint8Array(32).fill(value, 31);

describe.each(engines)('calls, engine $name', ({ create }) => {
  const evm = create();

  it('calls public contracts, and private ones that read public ones', async () => {
    expect(await call(evm, { to: publicContract })).toMatchObject({ status: 'success', output: word(41) });
    expect(await call(evm, { to: privateContract })).toMatchObject({ status: 'success', output: word(41) });
  });

  it('says how a call fails', async () => {
    expect(await call(evm, { to: addressOf(9) })).toMatchObject({
      status: 'revert',
      output: Uint8Array.of(42),
      error: 'execution reverted',
    });
    expect(await call(evm, { data: Uint8Array.of(0xfe), gas: 100_000n })).toMatchObject({
      status: 'failure',
      error: 'invalid opcode: opcode 0xfe not defined',
    });
    expect(await call(evm, { data: Uint8Array.of(0x01), gas: 100_000n })).toMatchObject({
      status: 'failure',
      error: 'stack underflow (0 <=> 2)',
    });
    expect(await call(evm, { to: addressOf(8), data: word(1), gas: 25_000n })).toMatchObject({
      status: 'failure',
      error: 'out of gas',
      gasUsed: 25_000n,
    });
  });

  it('refuses to start with the texts of geth', async () => {
    await expect(call(evm, { to: publicContract, gas: 1n })).rejects.toThrow(
      'err: intrinsic gas too low: have 1, want 21000 (supplied gas 1)',
    );
    await expect(call(evm, { to: publicContract, value: 1n }, { gasCap: 25_000_000n })).rejects.toThrow(
      'err: insufficient funds for transfer: address 0x0000000000000000000000000000000000000000 (supplied gas 25000000)',
    );
    await expect(call(evm, { to: publicContract, gasPrice: 1n }, { gasCap: 25_000_000n })).rejects.toThrow(
      'err: insufficient funds for gas * price + value: address 0x0000000000000000000000000000000000000000 have 0 want 25000000 (supplied gas 25000000)',
    );
  });

  it('ends when the deadline says so', async () => {
    const loop = Uint8Array.of(0x5b, 0x60, 0x00, 0x56);
    const options = {
      checkDeadline: (): void => {
        throw new Error('execution aborted (timeout = 5s)');
      },
    };
    await expect(call(evm, { data: loop }, { options })).rejects.toThrow('execution aborted (timeout = 5s)');
  });

  it('estimates the least gas that is enough', async () => {
    const request = { to: addressOf(8), data: word(1) };
    const estimated = await estimate(evm, request);
    if (!('gas' in estimated)) throw new Error('expected an estimate');
    expect((await call(evm, { ...request, gas: estimated.gas })).status).toBe('success');
    expect((await call(evm, { ...request, gas: estimated.gas - 1n })).status).toBe('failure');
    expect(await estimate(evm, { to: rich })).toEqual({ gas: 21_000n });
  });

  it('adds what a private transaction costs more when the value is given as zero', async () => {
    expect(await estimate(evm, { to: rich, value: 0n })).toEqual({ gas: 22_024n });
  });

  it('says why there is no estimate', async () => {
    expect(await estimate(evm, { to: addressOf(9) })).toMatchObject({
      failure: { status: 'revert', output: Uint8Array.of(42) },
    });
    await expect(estimate(evm, { to: addressOf(8), data: word(1), gas: 22_000n })).rejects.toThrow(
      'gas required exceeds allowance (22000)',
    );
    await expect(estimate(evm, { from: rich, to: addressOf(8), value: 2_000_000n, gasPrice: 1n })).rejects.toThrow(
      'insufficient funds for transfer',
    );
  });
});
