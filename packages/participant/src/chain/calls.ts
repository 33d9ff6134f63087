import type { Evm } from '@isoquorum/execution/evm/port';
import type { Account } from '@isoquorum/execution/state/types';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { type CallRequest, type CallResult, callContract } from '@isoquorum/execution/transition/call';
import { estimateGas } from '@isoquorum/execution/transition/estimate-gas';
import { type Simulation, simulatePrivate } from '@isoquorum/execution/transition/simulate-private';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isPrivacyEnhancementsEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import type { Header } from '@isoquorum/primitives/header';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import type { LegacyTransaction } from '@isoquorum/primitives/transaction/transaction';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import type { PrivateHead } from '../private/private-head.ts';
import type { PublicState } from './public-state.ts';

/** Gas that a call may use, as geth's `--rpc.gascap`. */
const gasCap = 50_000_000n;

/** The checked block that a call runs on. */
export interface CallBlock {
  readonly header: Header;
  readonly hash: Hash32;
  readonly author: Address;
}

/** Calls that this page executes itself, on the checked head and its own private state. */
export interface Calls {
  /** @throws EXECUTION_REVERTED, EXECUTION_FAILED, PRIVATE_STATE_BEHIND and what witnesses throw */
  call(request: CallRequest): Promise<Uint8Array>;
  estimate(request: CallRequest): Promise<bigint>;
  /** Code of an account, private before public. */
  code(address: Address): Promise<Uint8Array>;
  storage(address: Address, slot: bigint): Promise<bigint>;
  storageRoot(address: Address): Promise<Hash32 | undefined>;
  /** Whether the chain has privacy enhancements at the head. */
  hasPrivacyEnhancements(): boolean;
  /**
   * Tries a private transaction (its payload in place of the digest) before it is sent, for privacy enhancements; undefined while the chain has
   * none. @throws EXECUTION_REVERTED, EXECUTION_FAILED, PRIVACY_METADATA_NOT_FOUND, PRIVACY_FLAG_MISMATCH and what `call` throws
   */
  simulate(
    transaction: LegacyTransaction,
    sender: Address,
    privacyFlag: 0 | 1 | 2 | 3,
  ): Promise<Extract<Simulation, { status: 'done' }> | undefined>;
}

export interface CallsOptions {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly publicState: PublicState;
  readonly privateHead: PrivateHead;
  readonly head: () => CallBlock;
  readonly blockHash: (number: number) => Hash32 | undefined;
}

export function createCalls(options: CallsOptions): Calls {
  const { config, evm, publicState, privateHead } = options;
  const { database } = publicState;

  const anchorOf = (block: CallBlock) => ({ blockHash: block.hash, stateRoot: block.header.stateRoot });
  const privateReader = () => createTrieReader(database, privateHead.status().root);

  const privateAccount = (block: CallBlock, address: Address): Promise<Account | undefined> =>
    publicState.read(anchorOf(block), () => privateReader().account(address));

  async function prepare(): Promise<CallBlock> {
    const block = options.head();
    // A private read beyond the private head would be a read of the past that looks like the present.
    await privateHead.reach(block.header.number);
    return block;
  }

  function input(block: CallBlock, request: CallRequest, privateRoot: Hash32) {
    return {
      config,
      evm,
      header: block.header,
      author: block.author,
      blockHash: options.blockHash,
      states: {
        publicState: createTrieReader(database, block.header.stateRoot),
        privateState: createTrieReader(database, privateRoot),
      },
      gasCap,
      request,
    };
  }

  function outputOf(result: CallResult): Uint8Array {
    if (result.status === 'success') return result.output;
    throw callFailed(result);
  }

  return {
    async call(request) {
      const block = await prepare();
      const { root } = privateHead.status();
      return outputOf(await publicState.run(anchorOf(block), () => callContract(input(block, request, root))));
    },
    async estimate(request) {
      const block = await prepare();
      const { root } = privateHead.status();
      const estimate = await publicState.run(anchorOf(block), () => estimateGas(input(block, request, root)));
      if ('gas' in estimate) return estimate.gas;
      throw callFailed(estimate.failure);
    },
    async code(address) {
      const block = await prepare();
      const account = await privateAccount(block, address);
      if (account === undefined) return publicState.code(anchorOf(block), address);
      return publicState.read(anchorOf(block), () => privateReader().code(address, account.codeHash));
    },
    async storage(address, slot) {
      const block = await prepare();
      const account = await privateAccount(block, address);
      if (account === undefined) return publicState.storage(anchorOf(block), address, slot);
      return publicState.read(anchorOf(block), () => privateReader().storage(address, account, slot));
    },
    hasPrivacyEnhancements: () => isPrivacyEnhancementsEnabledAt(config, options.head().header.number),
    async simulate(transaction, sender, privacyFlag) {
      if (!isPrivacyEnhancementsEnabledAt(config, options.head().header.number)) return undefined;
      const block = await prepare();
      const { root, extraRoot } = privateHead.status();
      const { header, author } = block;
      const { blockHash } = options;
      const states = {
        publicState: createTrieReader(database, header.stateRoot),
        privateState: createTrieReader(database, root),
      };
      const chain = { config, evm, database, header, author, states, extraRoot, blockHash };
      const outcome = await publicState.run(anchorOf(block), () =>
        simulatePrivate({ ...chain, transaction, sender, privacyFlag }),
      );
      if (outcome.status === 'failed') throw callFailed(outcome.result);
      return outcome;
    },
    async storageRoot(address) {
      const block = await prepare();
      const account = (await privateAccount(block, address)) ?? (await publicState.account(anchorOf(block), address));
      return account?.storageRoot;
    },
  };
}

/** `EXECUTION_REVERTED` and `EXECUTION_FAILED`: geth's texts, with the revert data in hexadecimal. */
function callFailed(result: Pick<CallResult, 'status' | 'output' | 'error'>): IsoquorumError {
  if (result.status === 'revert') {
    const reason = revertReason(result.output);
    const text = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
    return new IsoquorumError('EXECUTION_REVERTED', text, { data: bytesToHex(result.output) }, 'REJECT');
  }
  return new IsoquorumError('EXECUTION_FAILED', result.error ?? 'execution failed', {}, 'REJECT');
}

/** The text of `Error(string)`, or what `Panic(uint256)` means; undefined for other data. */
export function revertReason(output: Uint8Array): string | undefined {
  const selector = bytesToHex(output.subarray(0, 4));
  if (selector === '0x4e487b71' && output.length === 36)
    return `panic code 0x${bytesToBigint(output.subarray(4)).toString(16)}`;
  if (selector !== '0x08c379a0' || output.length < 68) return undefined;
  const length = bytesToBigint(output.subarray(36, 68));
  if (length > BigInt(output.length - 68)) return undefined;
  try {
    return bytesToUtf8(output.subarray(68, 68 + Number(length)));
  } catch {
    return undefined;
  }
}
