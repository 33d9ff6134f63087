import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { engines } from '../testing/engines.ts';
import { createTestState, testBlock, testMessage } from '../testing/states.ts';
import { DualHost } from './host.ts';
import type { Evm, EvmResult, EvmRunOptions } from './port.ts';
import { evmErrors } from './texts.ts';

const sender = addressOf(1);
const contract = addressOf(2);
/** JUMPDEST, PUSH1 0, JUMP: until the gas is gone. */
const endless = '5b600056';
/** Grows memory to one MiB, then hashes all of it again and again. */
const hashing = '6001620fffe0525b6210000060002050600756';
/** Calls itself with all gas, until there is no more depth. */
const nesting = '60006000600060006000305af100';
/** The same for ever. */
const nestingOften = '5b60006000600060006000305af150600056';

function run(evm: Evm, code: string, gas: bigint, options: EvmRunOptions = {}): EvmResult | Promise<EvmResult> {
  const state = createTestState([{ address: contract, nonce: 1n, code }]);
  const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
  return evm.run(host, testMessage(sender, contract, new Uint8Array(0), gas), options);
}

// The reference engine waits by itself and asks for no pause.
describe.each(engines.filter(({ name }) => name !== 'reference'))('a long run, engine $name', ({ create }) => {
  const evm = create();

  it('gives the thread back now and then, and other runs go on meanwhile', async () => {
    let pauses = 0;
    const order: string[] = [];
    const long = run(evm, endless, 20_000_000n, {
      pause: () => {
        pauses++;
        return Promise.resolve();
      },
    });
    expect(long).toBeInstanceOf(Promise);
    const other = run(evm, '600a60005260206000f3', 100_000n) as EvmResult;
    order.push('other');
    expect(other.output).toEqual(new Uint8Array(32).fill(10, 31));
    const result = await Promise.resolve(long).finally(() => order.push('long'));
    expect(result).toMatchObject({ status: 'failure', error: evmErrors.outOfGas, gasLeft: 0n });
    expect(pauses).toBeGreaterThan(10);
    expect(order).toEqual(['other', 'long']);
  });

  it('may be two at once', async () => {
    const pause = (): Promise<void> => Promise.resolve();
    const both = await Promise.all([
      run(evm, endless, 8_000_000n, { pause }),
      run(evm, `${'6001'.repeat(20)}5b602856`, 8_000_000n, { pause }),
    ]);
    expect(both.map(({ error }) => error)).toEqual([evmErrors.outOfGas, evmErrors.outOfGas]);
  });

  it.each([
    ['a loop', endless],
    ['hashing a large memory', hashing],
    ['nested calls', nestingOften],
  ])('ends at its deadline: %s', async (_, code) => {
    let asked = 0;
    const checkDeadline = (): void => {
      if (++asked === 3) throw new Error('execution aborted (timeout = 5s)');
    };
    const pause = (): Promise<void> => Promise.resolve();
    await expect(async () => run(evm, code, 1n << 62n, { checkDeadline, pause })).rejects.toThrow('execution aborted');
    // The engine is as good as before.
    expect(await run(evm, '00', 100_000n)).toMatchObject({ status: 'success' });
  });

  it('goes 1,024 calls deep without the stack of the machine', async () => {
    expect(await run(evm, nesting, 10n ** 15n)).toMatchObject({ status: 'success' });
  });
});
