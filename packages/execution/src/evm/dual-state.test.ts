import { hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import type { State } from '../state/state.ts';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createTestState, testBlock, testMessage, testRules } from '../testing/states.ts';
import { DualHost } from './host.ts';
import type { Evm, EvmMessage, EvmResult } from './port.ts';
import { activePrecompiles } from './precompile-range.ts';
import { evmErrors } from './texts.ts';

// Cases of goquorum.md G10 (core/dual_state_test.go), and the rest of 3.2.
const sender = addressOf(1);
const caller = hexToBytes('0x0100000000000000000000000000000000000000');
const callee = hexToBytes('0x0200000000000000000000000000000000000000');
const returnsTen = '600a6000526001601ff300';
const callsAndStores = '60016000600060006000730200000000000000000000000000000000000000620186a0f160005160005500';
const staticCalls = '6001600060006000730200000000000000000000000000000000000000620186a0fa60016000f300';
const writesTen = '600a60005500';
const topByteTen = 10n << 248n;

async function run(
  evm: Evm,
  publicState: State,
  privateState: State,
  message: EvmMessage = testMessage(sender, caller),
): Promise<{ result: EvmResult; host: DualHost }> {
  const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, publicState, privateState);
  return { result: await evm.run(host, message), host };
}

describe.each(engines)('two states, engine $name', ({ create }) => {
  const evm = create();

  it('lets a private contract call a public one', async () => {
    const publicState = createTestState([{ address: callee, code: returnsTen }]);
    const privateState = createTestState([{ address: caller, code: callsAndStores }]);
    const { result, host } = await run(evm, publicState, privateState);
    expect(result.status).toBe('success');
    expect(privateState.storage(caller, 0n)).toBe(topByteTen);
    expect(host.affectedContracts('messageCall')).toEqual([caller, callee]);
    expect(host.affectedContracts('creation')).toEqual([]);
  });

  it('hides private contracts from public ones', async () => {
    const publicState = createTestState([{ address: caller, code: callsAndStores }]);
    createTestState([{ address: callee, code: returnsTen }]);
    await run(evm, publicState, publicState);
    expect(publicState.storage(caller, 0n)).toBe(0n);
  });

  it('refuses a private contract to write through a public one', async () => {
    const publicState = createTestState([{ address: callee, code: writesTen }]);
    const privateState = createTestState([{ address: caller, code: callsAndStores }]);
    const { result } = await run(evm, publicState, privateState);
    expect(result.status).toBe('success');
    expect(publicState.storage(callee, 0n)).toBe(0n);
  });

  it('refuses a private transaction to write a public contract', async () => {
    const publicState = createTestState([{ address: callee, code: writesTen }]);
    const { result, host } = await run(evm, publicState, createTestState(), testMessage(sender, callee));
    expect(result).toMatchObject({ status: 'failure', gasLeft: 0n, error: evmErrors.readOnlyMutation });
    expect(publicState.storage(callee, 0n)).toBe(0n);
    expect(host.readOnly).toBe(false);
  });

  it.each([
    ['LOG0', '60006000a000'],
    ['LOG1', '600060006000a100'],
    ['CREATE', '600060006000f05000'],
    ['CREATE2', '6000600060006000f55000'],
    ['SELFDESTRUCT', '6000ff'],
  ])('refuses %s in a public contract called by a private transaction', async (_, code) => {
    const publicState = createTestState([{ address: callee, code }]);
    const { result } = await run(evm, publicState, createTestState(), testMessage(sender, callee));
    expect(result.error).toBe(evmErrors.readOnlyMutation);
  });

  it('lets a private contract write again after it has called a public one', async () => {
    const publicState = createTestState([{ address: callee, code: returnsTen }]);
    // CALL callee, then SSTORE(1, 7)
    const code = `${callsAndStores.slice(0, -2)}600760015500`;
    const privateState = createTestState([{ address: caller, code }]);
    const { result } = await run(evm, publicState, privateState);
    expect(result.status).toBe('success');
    expect(privateState.storage(caller, 1n)).toBe(7n);
  });

  it('stays read-only when the public contract calls back into the private one', async () => {
    // callee: CALL caller with 1 byte of input. caller: without input CALL callee; with input, from 0x27 on, SSTORE(0, 5).
    const calleeCode = '60006000600160006000730100000000000000000000000000000000000000620186a0f100';
    const code = '36602757600060006000600060007302000000000000000000000000000000000000005af100005b600560005500';
    const privateState = createTestState([{ address: caller, code }]);
    const { result } = await run(evm, createTestState([{ address: callee, code: calleeCode }]), privateState);
    expect(result.status).toBe('success');
    expect(privateState.storage(caller, 0n)).toBe(0n);
    const direct = await run(evm, createTestState(), privateState, testMessage(sender, caller, Uint8Array.of(1)));
    expect(direct.result.status).toBe('success');
    expect(privateState.storage(caller, 0n)).toBe(5n);
  });

  it('reads by STATICCALL: public to public, public to private, private to public', async () => {
    const ten = Uint8Array.of(10);
    const publicBoth = createTestState([
      { address: caller, code: staticCalls },
      { address: callee, code: returnsTen },
    ]);
    expect((await run(evm, publicBoth, publicBoth)).result.output).toEqual(ten);
    const publicCaller = createTestState([{ address: caller, code: staticCalls }]);
    expect(
      (await run(evm, publicCaller, createTestState([{ address: callee, code: returnsTen }]))).result.output,
    ).toEqual(ten);
    expect((await run(evm, publicCaller, createTestState())).result.output).toEqual(Uint8Array.of(0));
    const privateCaller = createTestState([{ address: caller, code: staticCalls }]);
    expect(
      (await run(evm, createTestState([{ address: callee, code: returnsTen }]), privateCaller)).result.output,
    ).toEqual(ten);
  });

  it('keeps logs and storage of a private transaction in the private state', async () => {
    const publicState = createTestState();
    const privateState = createTestState([{ address: caller, code: '600a600055600060006001a1' }]);
    await run(evm, publicState, privateState);
    expect(privateState.storage(caller, 0n)).toBe(10n);
    expect(privateState.logs).toHaveLength(1);
    expect(publicState.logs).toHaveLength(0);
    const other = createTestState([{ address: callee, code: '6014600055' }]);
    await run(evm, other, other, testMessage(sender, callee));
    expect(other.storage(callee, 0n)).toBe(20n);
  });

  it('uses public nonces for the outermost creation and private ones for nested creations', async () => {
    const publicState = createTestState([{ address: sender, nonce: 5n }]);
    const privateState = createTestState();
    // The init code creates an empty contract, then returns no code.
    const init = hexToBytes('0x600060006000f000');
    const { result, host } = await run(evm, publicState, privateState, testMessage(sender, undefined, init));
    const created = result.createdAddress!;
    expect(publicState.nonce(sender)).toBe(6n);
    expect(privateState.exists(sender)).toBe(false);
    expect(publicState.exists(created)).toBe(false);
    expect(privateState.nonce(created)).toBe(2n);
    expect(host.affectedContracts('creation')).toHaveLength(2);
  });

  it('leaves an account with nonce 1 and no code when a stranger sees a creation', async () => {
    const privateState = createTestState();
    const { result } = await run(
      evm,
      createTestState([{ address: sender }]),
      privateState,
      testMessage(sender, undefined),
    );
    expect(privateState.nonce(result.createdAddress!)).toBe(1n);
    expect(privateState.hasCode(result.createdAddress!)).toBe(false);
  });

  it('undoes only the state of the failing call', async () => {
    // Private caller: SSTORE(0, 1), CALL callee (private, writes then fails), SSTORE(1, 2)
    const code = '600160005560006000600060006000730200000000000000000000000000000000000000620186a0f1600260015500';
    const privateState = createTestState([
      { address: caller, code },
      { address: callee, code: '6009600055fe' },
    ]);
    const { result } = await run(evm, createTestState(), privateState);
    expect(result.status).toBe('success');
    expect([
      privateState.storage(caller, 0n),
      privateState.storage(caller, 1n),
      privateState.storage(callee, 0n),
    ]).toEqual([1n, 2n, 0n]);
  });

  it('moves no value between states', async () => {
    const publicState = createTestState([
      { address: sender, balance: 100n },
      { address: callee, code: '00' },
    ]);
    const { result } = await run(
      evm,
      publicState,
      createTestState(),
      testMessage(sender, callee, undefined, 100_000n, 5n),
    );
    expect(result).toMatchObject({ status: 'failure', error: evmErrors.readOnlyValueTransfer, gasLeft: 100_000n });
    expect(publicState.balance(sender)).toBe(100n);
  });

  it('does not touch anybody by a call without value', async () => {
    const state = createTestState([{ address: callee }, { address: caller, code: '00' }]);
    await run(evm, state, state, testMessage(sender, caller));
    state.finalise(true);
    // callee is empty but was not touched, so it stays; the sender was never there.
    expect(state.exists(callee)).toBe(true);
    expect(state.exists(sender)).toBe(false);
  });
});

describe('precompiled contracts', () => {
  it('are 1 to 4 under Homestead and 1 to 9 under Istanbul, and Quorum has its own', () => {
    const numbers = (rules: ReturnType<typeof testRules>): number[] =>
      activePrecompiles(rules).map((address) => address[19]!);
    const homestead = testRules({ isByzantium: false, isIstanbul: false, isPrivacyPrecompileEnabled: true });
    expect(numbers(homestead)).toEqual([1, 2, 3, 4, 0x7a]);
    expect(numbers(testRules({ isPrivacyPrecompileEnabled: true }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0x7a]);
    expect(numbers(testRules())).not.toContain(0x7a);
  });

  it('does not make an account for the privacy precompile', async () => {
    const address = hexToBytes('0x000000000000000000000000000000000000007a');
    const state = createTestState();
    const block = testBlock({ rules: testRules({ isPrivacyPrecompileEnabled: true }) });
    const host = new DualHost(block, { origin: sender, gasPrice: 0n }, state, createTestState());
    const result = await engines[0]!.create().run(host, testMessage(sender, address, new Uint8Array(64)));
    expect(result).toMatchObject({ status: 'success', gasLeft: 1_000_000n });
    expect(state.exists(address)).toBe(false);
  });
});
