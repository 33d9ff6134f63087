import { bigintToQuantity, bytesToHex, hexToBytes, hexToFixedBytes, quantityToBigint } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Accounts } from '../account/accounts.ts';
import type { Calls } from '../chain/calls.ts';
import type { PublicState, StateAnchor } from '../chain/public-state.ts';
import { participantError } from '../errors.ts';
import type { ProviderRequest } from '../participant-api.ts';
import type { DirectoryEntryView } from '../participant-view.ts';
import type { PrivateHead } from '../private/private-head.ts';
import type { ContractBook } from '../records/contract-book.ts';
import type { TransactionBook } from '../records/transaction-book.ts';
import type { Progress } from '../submit/operations.ts';
import type { Submitter } from '../submit/submitter.ts';
import { latestOnly, positional, readCall, readSend, textArgument } from './arguments.ts';
import { checkedBlockToJson, logsToJson, receiptToJson, transactionToJson } from './provider-json.ts';
import type { CheckedHead, ReceiptBook } from './receipt-book.ts';

export interface ProviderContext {
  readonly chainId: bigint;
  readonly accounts: Accounts;
  readonly calls: Calls;
  readonly publicState: PublicState;
  readonly privateHead: PrivateHead;
  readonly submitter: Submitter;
  readonly manager: TransactionManager;
  readonly transactions: TransactionBook;
  readonly contracts: ContractBook;
  readonly receipts: ReceiptBook;
  readonly head: () => CheckedHead;
  readonly blockAt: (number: number) => CheckedHead | undefined;
  readonly directory: () => readonly DirectoryEntryView[];
}

type Method = (params: readonly unknown[], progress: Progress) => unknown;

/**
 * The page's EIP-1193 provider. Everything is answered here: reads from checked state, calls by own execution, private sending by
 * the page's own manager. No request goes to a node's JSON-RPC.
 */
export function createProvider(
  context: ProviderContext,
): (request: ProviderRequest, progress: Progress) => Promise<unknown> {
  const { accounts, calls, publicState, submitter, transactions, receipts } = context;
  const anchor = (): StateAnchor => {
    const { header, hash } = context.head();
    return { blockHash: hash, stateRoot: header.stateRoot };
  };
  const number = (): number => context.head().header.number;
  const address = (value: unknown, field = 'address'): Uint8Array =>
    hexToFixedBytes(textArgument(value, field), 20, field);
  const isPrivateContract = (to: Uint8Array): boolean => context.contracts.find(bytesToHex(to))?.private === true;

  const methods: Readonly<Record<string, Method>> = {
    eth_chainId: () => bigintToQuantity(context.chainId),
    net_version: () => context.chainId.toString(),
    web3_clientVersion: () => 'Isoquorum/participant',
    eth_accounts: () => accounts.list(),
    eth_requestAccounts: () => accounts.list(),
    eth_gasPrice: () => '0x0',
    eth_blockNumber: () => bigintToQuantity(number()),
    eth_getBlockByNumber([tag]) {
      const wanted =
        tag === 'latest' || tag === undefined
          ? number()
          : tag === 'earliest'
            ? 0
            : Number(quantityToBigint(textArgument(tag, 'block'), 'block', 53));
      const block = context.blockAt(wanted);
      return block === undefined ? null : checkedBlockToJson(block);
    },
    async eth_getBalance([who, tag]) {
      latestOnly(tag, number());
      const account = await publicState.account(anchor(), address(who));
      return bigintToQuantity(account?.balance ?? 0n);
    },
    async eth_getTransactionCount([who, tag]) {
      latestOnly(tag, number());
      const account = address(who);
      if (tag === 'pending') return bigintToQuantity(await submitter.nextNonce(bytesToHex(account)));
      return bigintToQuantity((await publicState.account(anchor(), account))?.nonce ?? 0n);
    },
    async eth_getCode([who, tag]) {
      latestOnly(tag, number());
      return bytesToHex(await calls.code(address(who)));
    },
    async eth_getStorageAt([who, slot, tag]) {
      latestOnly(tag, number());
      const value = await calls.storage(address(who), quantityToBigint(textArgument(slot, 'slot'), 'slot'));
      return bytesToHex(bigintToFixedBytes(value, 32));
    },
    async eth_storageRoot([who, tag]) {
      latestOnly(tag, number());
      const root = await calls.storageRoot(address(who));
      if (root === undefined) throw participantError('ARGUMENTS_INVALID', "can't find state object", {}, 'REJECT');
      return bytesToHex(root);
    },
    async debug_privateStateRoot([tag]) {
      const wanted =
        tag === undefined || tag === 'latest'
          ? number()
          : Number(quantityToBigint(textArgument(tag, 'block'), 'block', 53));
      await context.privateHead.reach(wanted);
      return bytesToHex(context.privateHead.rootAt(wanted));
    },
    async eth_call([call, tag]) {
      latestOnly(tag, number());
      return bytesToHex(await calls.call(readCall(call)));
    },
    async eth_estimateGas([call, tag]) {
      latestOnly(tag, number());
      return bigintToQuantity(await calls.estimate(readCall(call)));
    },
    async eth_sendTransaction([transaction], progress) {
      const args = readSend(transaction, accounts.list()[0], isPrivateContract, calls.hasPrivacyEnhancements());
      // A call that fails here would fail in the block: say so before anything leaves the page.
      if (args.to !== undefined && args.data.length > 0)
        await calls.call({ from: hexToBytes(args.from), to: args.to, data: args.data, value: args.value });
      return submitter.send(args, progress);
    },
    eth_getTransactionByHash([hash]) {
      const found = transactions.find(textArgument(hash, 'hash').toLowerCase());
      return found === undefined ? null : transactionToJson(found);
    },
    async eth_getTransactionReceipt([hash]) {
      const receipt = await receipts.find(textArgument(hash, 'hash').toLowerCase());
      return receipt === undefined ? null : receiptToJson(receipt);
    },
    async isoquorum_waitForReceipt([hash], progress) {
      const text = textArgument(hash, 'hash').toLowerCase();
      const receipt = await receipts.wait(text);
      const failed = receipt.view.status === 'failed';
      const suffix = receipt.view.revertReason === undefined ? '' : `: ${receipt.view.revertReason}`;
      progress(
        'done',
        failed
          ? `Included in block ${receipt.view.blockNumber}, but it failed${suffix}`
          : `Included in block ${receipt.view.blockNumber}, which was checked here`,
        text,
      );
      return receiptToJson(receipt);
    },
    eth_getLogs: ([filter]) => logsToJson(transactions.list(), filter, number()),
    async eth_getQuorumPayload([digest]) {
      const hash = hexToBytes(textArgument(digest, 'digest'), 'digest');
      if (hash.length !== 64)
        throw participantError(
          'ARGUMENTS_INVALID',
          `Expected a Quorum digest of length 64, but got ${hash.length}`,
          {},
          'REJECT',
        );
      try {
        return bytesToHex((await context.manager.receive(hash)).payload);
      } catch (error) {
        if (isIsoquorumError(error, 'PAYLOAD_NOT_FOUND', 'NO_RECIPIENT_KEY')) return '0x';
        throw error;
      }
    },
    isoquorum_parties: () => context.directory(),
  };

  return async ({ method, params }, progress) => {
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (run === undefined)
      throw participantError(
        'METHOD_NOT_FOUND',
        `the method ${method} does not exist/is not available`,
        { method },
        'REJECT',
      );
    return run(positional(params, 8), progress);
  };
}
