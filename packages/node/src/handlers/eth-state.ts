import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { createAccountProof } from '@isoquorum/execution/state/proof';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthStateMethods } from '@isoquorum/rpc/jsonrpc/methods/eth-state';
import type { BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { headerAt } from './blocks.ts';
import type { CallRunner } from './call-runner.ts';
import type { HandlerContext } from './context.ts';
import { openStates, type FoundAccount } from './states.ts';

const NO_BYTES = new Uint8Array();
const WORD_BYTES = 32;

/** A storage slot as the original reads it: hexadecimal, `0x` or not; what is longer keeps its last 32 bytes, other text is 0. */
export function readSlot(text: string): bigint {
  const digits = text.startsWith('0x') || text.startsWith('0X') ? text.slice(2) : text;
  if (!/^[0-9a-fA-F]+$/.test(digits)) return 0n;
  return BigInt(`0x${digits.slice(-2 * WORD_BYTES)}`);
}

export function createEthStateHandlers(context: HandlerContext, runner: CallRunner): HandlersOf<EthStateMethods> {
  const { database, pool } = context;

  function find(address: Address, block: BlockSelector, request: RpcRequestContext): FoundAccount | undefined {
    return openStates(context, block, request).find(address);
  }

  /** Balance and nonce of an account that exists in neither state are 0, whatever blocks the private one has still to execute. */
  function findOrNothing(address: Address, block: BlockSelector, request: RpcRequestContext): FoundAccount | undefined {
    const states = openStates(context, block, request);
    return states.isKnown(address) ? states.find(address) : undefined;
  }

  return {
    eth_getBalance: (request, address, block) => findOrNothing(address, block, request)?.account.balance ?? 0n,
    eth_getTransactionCount: (request, address, block) => {
      if (block.type === 'number' && block.number === 'pending') return pool.pendingNonce(address);
      return findOrNothing(address, block, request)?.account.nonce ?? 0n;
    },
    eth_getCode: (request, address, block) => {
      const found = find(address, block, request);
      return found === undefined ? NO_BYTES : found.state.code(address, found.account.codeHash);
    },
    eth_getStorageAt: (request, address, slot, block) => {
      const found = find(address, block, request);
      return bigintToFixedBytes(
        found === undefined ? 0n : found.state.storage(address, found.account, readSlot(slot)),
        WORD_BYTES,
      );
    },
    eth_getProof: (request, address, slots, block) => {
      const states = openStates(context, block, request);
      const found = states.find(address);
      const proof = createAccountProof(database, found?.root ?? states.header.stateRoot, address, slots.map(readSlot));
      const { account } = proof;
      return {
        address: bytesToHex(address),
        accountProof: proof.nodes.map((node) => bytesToHex(node)),
        balance: `0x${(account?.balance ?? 0n).toString(16)}`,
        codeHash: bytesToHex(account?.codeHash ?? emptyCodeHash),
        nonce: `0x${(account?.nonce ?? 0n).toString(16)}`,
        storageHash: bytesToHex(account?.storageRoot ?? emptyTrieRoot),
        storageProof: proof.slots.map(({ value, nodes }, position) => ({
          key: slots[position] ?? '',
          value: `0x${value.toString(16)}`,
          proof: nodes.map((node) => bytesToHex(node)),
        })),
      };
    },
    eth_storageRoot: (request, address, block) => {
      const located = headerAt(context, block ?? 'latest');
      if (located === undefined) throw new RpcError(SERVER_ERROR, 'invalid block number');
      const found = find(address, { type: 'hash', hash: located.hash, requireCanonical: false }, request);
      if (found === undefined) throw new RpcError(SERVER_ERROR, "can't find state object");
      return found.account.storageRoot;
    },
    eth_call: (request, message, block) => runner.call(message, block, request),
    eth_estimateGas: (request, message, block) =>
      runner.estimateGas(message, block ?? { type: 'number', number: 'pending' }, request),
  };
}
