import { createContractAddress, createContractAddress2 } from '@isoquorum/primitives/address';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { wordToAddress } from '../evm/words.ts';
import type { EvmResult } from '../evm/port.ts';
import type { State } from '../state/state.ts';
import type { TraceObserver, TraceStart, TraceStep } from './observer.ts';

/** An account before a transaction, in the wire form of geth's `prestateTracer`. */
export interface PrestateAccountJson {
  readonly balance: string;
  readonly nonce: number;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
}

/** Accounts by address, or the key at which the original's script stumbles because no step was made. */
export type PrestateResult =
  | { readonly accounts: Readonly<Record<string, PrestateAccountJson>> }
  | { readonly stumblesAt: string };

interface SeenAccount {
  balance: bigint;
  nonce: bigint;
  readonly code: string;
  readonly storage: Map<string, string>;
}

function wordText(word: bigint): string {
  return bytesToHex(bigintToFixedBytes(word, 32));
}

/** Geth's `prestateTracer`: accounts and slots as they were when code first looked at them. */
export class PrestateTracer implements TraceObserver {
  private readonly seen = new Map<string, SeenAccount>();
  private begun: TraceStart | undefined;
  private gasUsed = 0n;
  private hasStepped = false;

  start(start: TraceStart): void {
    this.begun = start;
  }

  step(step: TraceStep): void {
    const { stack, address } = step;
    const state = this.begun?.state;
    if (state === undefined) return;
    this.hasStepped = true;
    const top = stack.at(-1) ?? 0n;
    if (this.seen.size === 0) this.look(address, state);
    switch (step.name) {
      case 'EXTCODECOPY':
      case 'EXTCODESIZE':
      case 'EXTCODEHASH':
      case 'BALANCE':
        this.look(wordToAddress(top), state);
        break;
      case 'CREATE':
        this.look(createContractAddress(address, state.nonce(address)), state);
        break;
      case 'CREATE2': {
        const [offset, length] = [Number(stack.at(-2) ?? 0n), Number(stack.at(-3) ?? 0n)];
        const code = step.memory().slice(offset, offset + length);
        const salt = bigintToFixedBytes(stack.at(-4) ?? 0n, 32);
        this.look(createContractAddress2(address, salt, keccak256(code)), state);
        break;
      }
      case 'CALL':
      case 'CALLCODE':
      case 'DELEGATECALL':
      case 'STATICCALL':
        this.look(wordToAddress(stack.at(-2) ?? 0n), state);
        break;
      case 'SSTORE':
      case 'SLOAD': {
        const account = this.look(address, state);
        const slot = wordText(top);
        if (!account.storage.has(slot)) account.storage.set(slot, wordText(state.storage(address, top)));
        break;
      }
      default:
    }
  }

  end(result: EvmResult, isFirst: boolean): void {
    const { begun } = this;
    if (isFirst && begun !== undefined) this.gasUsed = begun.gas - result.gasLeft;
    const to = begun?.to ?? result.createdAddress;
    if (begun === undefined || to === undefined || !this.hasStepped) return;
    const { state } = begun;
    const sender = this.look(begun.from, state);
    // Seen first after the value was sent, and the sender after it had paid: that is taken back.
    this.look(to, state).balance -= begun.value;
    sender.balance += begun.value;
    sender.nonce -= 1n;
    if (begun.isCreation) this.seen.delete(bytesToHex(to));
  }

  private look(address: Address, state: State): SeenAccount {
    const key = bytesToHex(address);
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const account = {
      balance: state.balance(address),
      nonce: state.nonce(address),
      code: bytesToHex(state.code(address)),
      storage: new Map<string, string>(),
    };
    this.seen.set(key, account);
    return account;
  }

  /**
   * @param intrinsicGas what the sender paid before code ran
   */
  result(intrinsicGas: bigint): PrestateResult {
    const { begun } = this;
    const sender = begun === undefined ? '0x' : bytesToHex(begun.from);
    if (begun === undefined || !this.hasStepped) return { stumblesAt: sender };
    const paid = (this.gasUsed + intrinsicGas) * begun.gasPrice;
    const accounts = [...this.seen].map(
      ([address, { balance, nonce, code, storage }]): [string, PrestateAccountJson] => {
        const total = address === sender ? balance + paid : balance;
        const text = total < 0n ? `0x-${(-total).toString(16)}` : `0x${total.toString(16)}`;
        return [address, { balance: text, nonce: Number(nonce), code, storage: Object.fromEntries(storage) }];
      },
    );
    return { accounts: Object.fromEntries(accounts) };
  }
}
