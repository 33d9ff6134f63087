import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBareHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { wordToAddress } from '../evm/words.ts';
import type { TraceObserver, TraceStep } from './observer.ts';

export interface AccessedAccount {
  readonly address: Address;
  readonly storageKeys: readonly Hash32[];
}

const ONE_OPERAND: ReadonlySet<string> = new Set([
  'EXTCODECOPY',
  'EXTCODEHASH',
  'EXTCODESIZE',
  'BALANCE',
  'SELFDESTRUCT',
]);
const CALLS: ReadonlySet<string> = new Set(['DELEGATECALL', 'CALL', 'STATICCALL', 'CALLCODE']);

/** Collects what code looks at: the list that `eth_createAccessList` answers. */
export class AccessListTracer implements TraceObserver {
  private readonly slots = new Map<string, Set<string>>();
  private readonly left: ReadonlySet<string>;

  /**
   * @param known what is in the list already
   * @param leftOut addresses that are warm anyway (sender, receiver, precompiled contracts): listed for their slots only
   */
  constructor(known: readonly AccessedAccount[], leftOut: readonly Address[]) {
    this.left = new Set(leftOut.map((address) => bytesToBareHex(address)));
    for (const { address, storageKeys } of known) {
      const key = bytesToBareHex(address);
      if (!this.left.has(key)) this.slotsOf(key);
      for (const slot of storageKeys) this.slotsOf(key).add(bytesToBareHex(slot));
    }
  }

  private slotsOf(key: string): Set<string> {
    const slots = this.slots.get(key) ?? new Set<string>();
    this.slots.set(key, slots);
    return slots;
  }

  step({ name, stack, address }: TraceStep): void {
    const top = stack.at(-1);
    if (top === undefined) return;
    if (name === 'SLOAD' || name === 'SSTORE')
      this.slotsOf(bytesToBareHex(address)).add(bytesToBareHex(bigintToFixedBytes(top, 32)));
    const second = stack.at(-2);
    const word = ONE_OPERAND.has(name) ? top : CALLS.has(name) && stack.length >= 5 ? second : undefined;
    if (word === undefined) return;
    const key = bytesToBareHex(wordToAddress(word));
    if (!this.left.has(key)) this.slotsOf(key);
  }

  /** The list, sorted: equal lists are equal texts. */
  result(): AccessedAccount[] {
    return [...this.slots]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, slots]) => ({
        address: hexToBytes(`0x${key}`),
        storageKeys: [...slots].toSorted().map((slot) => hexToBytes(`0x${slot}`)),
      }));
  }
}
