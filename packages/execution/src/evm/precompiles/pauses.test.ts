import type { Address } from '@isoquorum/primitives/bytes';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../../testing/addresses.ts';
import { engines } from '../../testing/engines.ts';
import { createTestState, testBlock, testMessage } from '../../testing/states.ts';
import { DualHost } from '../host.ts';
import type { EvmMessage, EvmResult } from '../port.ts';
import { createReferenceEvm } from '../reference/engine.ts';

const sender = addressOf(1);
const gas = 50_000_000n;
const word = (digits: string): string => digits.padStart(64, '0');
const byte = (value: number): string => value.toString(16).padStart(2, '0');

/** The generator of G2, imaginary parts first (EIP-197). */
const g2 =
  '198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2' +
  '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed' +
  '090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b' +
  '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa';
const plus = word('1') + word('2') + g2;
const minus = word('1') + word('30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45') + g2;

const CASES: readonly { readonly name: string; readonly number: number; readonly input: string }[] = [
  // No part of the product is 1, the whole is.
  { name: 'a pairing check that holds', number: 8, input: plus.repeat(5) + minus.repeat(5) },
  { name: 'a pairing check that does not hold', number: 8, input: plus.repeat(5) + minus.repeat(4) },
  {
    name: 'a pairing check whose last point is none',
    number: 8,
    input: plus.repeat(6) + `${'00'.repeat(31)}01`.repeat(6),
  },
  // 256-bit numbers, an exponent of 10,000 bytes.
  { name: 'an exponentiation', number: 5, input: word('20') + word('2710') + word('20') + `${'9d'.repeat(10_063)}f1` },
  { name: 'many rounds of BLAKE2b', number: 9, input: `000249f7${'a5'.repeat(208)}01` },
];

function precompiled(number: number): Address {
  return new Uint8Array(20).fill(number, 19);
}

/** Calls a precompiled contract with the call data and all gas, and returns what it answers. */
const handOn = (number: number): string => `36600060003760006000366000600060${byte(number)}5af1503d600060003e3d6000f3`;

/** A host over a new state, and the message to run there. */
function prepare(to: Uint8Array, input: string): [DualHost, EvmMessage] {
  const state = createTestState([
    { address: sender },
    ...CASES.map(({ number }) => ({ address: addressOf(number), nonce: 1n, code: handOn(number) })),
  ]);
  const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
  return [host, testMessage(sender, to, hexToBytes(`0x${input}`), gas)];
}

const reference = createReferenceEvm();
const expected = new Map<string, EvmResult>();

/** What the library answers to a case, computed once. */
async function expectedOf(name: string, to: Uint8Array, input: string): Promise<EvmResult> {
  const result = expected.get(name) ?? (await reference.run(...prepare(to, input)));
  expected.set(name, result);
  return result;
}

describe.each(engines.filter(({ name }) => name !== 'reference'))(
  'precompiled contracts, engine $name',
  ({ create }) => {
    const evm = create();

    for (const { name, number, input } of CASES) {
      it.each([
        ['outermost', precompiled(number)],
        ['called by code', addressOf(number)],
      ])(`${name} gives the thread back on its way, and answers as the library does: %s`, async (where, to) => {
        let pauses = 0;
        const pause = async (): Promise<void> => {
          pauses++;
          // Another run on the same engine does not disturb it.
          if (pauses === 2) await evm.run(...prepare(to, input));
        };
        const { status, gasLeft, output } = await evm.run(...prepare(to, input), { pause });
        expect(pauses).toBeGreaterThan(2);
        const wanted = await expectedOf(name, precompiled(number), input);
        expect(output).toEqual(wanted.output);
        if (where === 'outermost') expect([status, gasLeft]).toEqual([wanted.status, wanted.gasLeft]);
      });

      it(`${name} ends at its deadline`, async () => {
        let asked = 0;
        const checkDeadline = (): void => {
          if (++asked === 3) throw new Error('execution aborted (timeout = 5s)');
        };
        await expect(async () => evm.run(...prepare(precompiled(number), input), { checkDeadline })).rejects.toThrow(
          'execution aborted',
        );
        expect(await evm.run(...prepare(precompiled(4), 'abcd'))).toMatchObject({ status: 'success' });
      });
    }

    it('a pairing check refuses a point of the twist that is not of the subgroup', async () => {
      // y of a point with x = 1 + 3i, imaginary parts first.
      const outside =
        word('3') +
        word('1') +
        '25fc9c648a3a5a2f1c4de92c5e9ff9bf9db0fedd92f908673481aaec5436aefe' +
        '13432dce1d44cf908ecc0c04bc41ca8975e916253da40e00830f64a50381c99b';
      const result = await evm.run(...prepare(precompiled(8), plus + word('1') + word('2') + outside));
      expect(result).toMatchObject({ status: 'failure', gasLeft: 0n, error: 'bn256: malformed point' });
    });

    it('counts the gas of short ones: a loop over multiplications looks at the clock', async () => {
      let pauses = 0;
      // JUMPDEST, STATICCALL(GAS, 7, 0, 96, 0, 0), POP, PUSH1 0, JUMP.
      const loop = '5b600060006060600060075afa50600056';
      const state = createTestState([{ address: addressOf(2), nonce: 1n, code: loop }]);
      const host = new DualHost(testBlock(), { origin: sender, gasPrice: 0n }, state, state);
      const message = testMessage(sender, addressOf(2), new Uint8Array(0), 400_000n);
      await evm.run(host, message, {
        pause: () => {
          pauses++;
          return Promise.resolve();
        },
      });
      expect(pauses).toBeGreaterThan(10);
    });
  },
);
