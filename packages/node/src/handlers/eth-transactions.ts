import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import {
  encodeTransaction,
  isProtectedTransaction,
  transactionSender,
  type Transaction,
} from '@isoquorum/primitives/transaction/transaction';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthTransactionMethods } from '@isoquorum/rpc/jsonrpc/methods/eth-transactions';
import type { BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { SendTransactionArguments } from '@isoquorum/rpc/jsonrpc/parameters/transaction-args';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { rawAndTransactionToJson, transactionToJson } from '@isoquorum/rpc/jsonrpc/shapes/transaction';
import type { ChainBlock } from '../chain/chain.ts';
import type { TransactionArguments } from '../private/submit.ts';
import { blockAt } from './blocks.ts';
import type { CallRunner } from './call-runner.ts';
import { chainIdOf, namedPsiOf, psiOf, type HandlerContext } from './context.ts';
import { suggestedGasPrice } from './eth-chain.ts';
import {
  checkPrivateArguments,
  isPrivate,
  payloadOf,
  privateArgumentsOf,
  refuseMissingRecipients,
  type DowngradeGuard,
} from './private-arguments.ts';
import { blockTransactionJson, decodeRawTransaction, receiptJson, transactionJson } from './transactions.ts';

const NO_BYTES = new Uint8Array();
const PENDING_BLOCK: BlockSelector = { type: 'number', number: 'pending' };
/** Gas of a private transaction to be signed whose sender names none. */
const PRIVATE_GAS = 90_000n;
/** What a signature of EIP-191 has in place of 0 and 1. */
const RECOVERY_OFFSET = 27;

/** Hash of a message as wallets sign it (EIP-191). */
export function messageHash(data: Uint8Array): Hash32 {
  return keccak256(concatBytes(utf8ToBytes(`\u0019Ethereum Signed Message:\n${data.length}`), data));
}

/** Signs a message with an account of this node: r, s, and v of 27 or 28. @throws UNKNOWN_ACCOUNT */
export function signMessage(context: HandlerContext, account: Address, data: Uint8Array): Uint8Array {
  const signature = context.submitter.signDigest(account, messageHash(data)).slice();
  signature[64] = (signature[64] ?? 0) + RECOVERY_OFFSET;
  return signature;
}

/** What `eth_sendTransaction` and its kin do before the submitter takes over. */
export interface TransactionFiller {
  /** Defaults and checks, in GoQuorum's order; the payload in `data`. @throws RpcError, IsoquorumError */
  fill(args: SendTransactionArguments, request: RpcRequestContext): Promise<TransactionArguments>;
  /** The same for an account that this node holds: to be sent. @throws `unknown account` first */
  fillToSend(args: SendTransactionArguments, request: RpcRequestContext): Promise<TransactionArguments>;
  /** As given, nothing estimated: for signing. @throws RpcError */
  fillToSign(args: SendTransactionArguments): TransactionArguments;
}

export function createTransactionFiller(
  context: HandlerContext,
  runner: CallRunner,
  guard: DowngradeGuard,
): TransactionFiller {
  const nobody: Address = new Uint8Array(20);

  function requireAccount(from: Address | undefined): Address {
    const account = context.submitter.accounts().find((held) => from !== undefined && bytesEqual(held, from));
    if (account === undefined) throw new RpcError(SERVER_ERROR, 'unknown account');
    return account;
  }

  function checkPayload(args: SendTransactionArguments): Uint8Array {
    if (args.data !== undefined && args.input !== undefined && !bytesEqual(args.data, args.input)) {
      throw new RpcError(
        SERVER_ERROR,
        'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
      );
    }
    const payload = payloadOf(args) ?? NO_BYTES;
    if (args.to === undefined && payload.length === 0)
      throw new RpcError(SERVER_ERROR, 'contract creation without any data provided');
    return payload;
  }

  function complete(
    args: SendTransactionArguments,
    from: Address,
    data: Uint8Array,
    gas: bigint,
    gasPrice: bigint,
    psi: string,
  ): TransactionArguments {
    return {
      from,
      ...(args.to === undefined ? {} : { to: args.to }),
      gas,
      gasPrice,
      value: args.value ?? 0n,
      ...(args.nonce === undefined ? {} : { nonce: args.nonce }),
      data,
      ...(args.accessList === undefined ? {} : { accessList: args.accessList }),
      ...privateArgumentsOf(args, psi),
    };
  }

  /** What would be signed, as far as checks before signing look at it. */
  function asTransaction(filled: TransactionArguments): Transaction {
    const { from, to, gas = 0n, gasPrice = 0n, value = 0n, data = NO_BYTES } = filled;
    const nonce = filled.nonce ?? context.pool.pendingNonce(from);
    return { type: 0, nonce, gasPrice, gasLimit: gas, to, value, data, v: 0n, r: 0n, s: 0n };
  }

  async function fill(args: SendTransactionArguments, request: RpcRequestContext): Promise<TransactionArguments> {
    const from = args.from ?? nobody;
    refuseMissingRecipients(args);
    const data = checkPayload(args);
    const gasPrice = args.gasPrice ?? suggestedGasPrice(context);
    const { to, accessList, value = 0n } = args;
    const gas =
      args.gas ??
      (await runner.estimateGas(
        {
          from,
          ...(to === undefined ? {} : { to }),
          ...(accessList === undefined ? {} : { accessList }),
          gasPrice,
          value,
          data,
        },
        PENDING_BLOCK,
        request,
      ));
    if (isPrivate(args)) checkPrivateArguments(context, args, to, data, request);
    return complete(args, from, data, gas, gasPrice, namedPsiOf(context, request));
  }

  return {
    fill,
    async fillToSend(args, request) {
      const from = requireAccount(args.from);
      const filled = await fill(args, request);
      if (!isPrivate(args)) guard(asTransaction(filled), () => from, namedPsiOf(context, request));
      return filled;
    },
    fillToSign(args) {
      refuseMissingRecipients(args);
      const gas = args.gas ?? (isPrivate(args) ? PRIVATE_GAS : undefined);
      if (gas === undefined) throw new RpcError(SERVER_ERROR, 'gas not specified');
      if (args.gasPrice === undefined) throw new RpcError(SERVER_ERROR, 'gasPrice not specified');
      if (args.nonce === undefined) throw new RpcError(SERVER_ERROR, 'nonce not specified');
      const data = checkPayload(args);
      return complete(args, requireAccount(args.from), data, gas, args.gasPrice, context.defaultPsi);
    },
  };
}

export function createEthTransactionHandlers(
  context: HandlerContext,
  filler: TransactionFiller,
  guard: DowngradeGuard,
): HandlersOf<EthTransactionMethods> {
  const { chain, pool, submitter } = context;

  function rawOf(located: ChainBlock | undefined, index: number): Uint8Array {
    const transaction = located?.block.transactions[index];
    return transaction === undefined ? NO_BYTES : encodeTransaction(transaction);
  }

  return {
    eth_accounts: () => submitter.accounts(),
    eth_getTransactionByHash: (_request, hash) => transactionJson(context, hash),
    eth_getTransactionByBlockNumberAndIndex: (_request, number, index) =>
      blockTransactionJson(context, blockAt(context, number), index),
    eth_getTransactionByBlockHashAndIndex: (_request, hash, index) =>
      blockTransactionJson(context, chain.blockByHash(hash), index),
    eth_getRawTransactionByHash: (_request, hash) => {
      const transaction = chain.transaction(hash)?.transaction ?? pool.get(hash);
      return transaction === undefined ? NO_BYTES : encodeTransaction(transaction);
    },
    eth_getRawTransactionByBlockNumberAndIndex: (_request, number, index) => rawOf(blockAt(context, number), index),
    eth_getRawTransactionByBlockHashAndIndex: (_request, hash, index) => rawOf(chain.blockByHash(hash), index),
    eth_getTransactionReceipt: (request, hash) => receiptJson(context, hash, psiOf(context, request)),
    eth_pendingTransactions: () => {
      const chainId = chainIdOf(context);
      const own = submitter.accounts();
      return [...pool.pending().values()]
        .flat()
        .filter((transaction) => own.some((account) => bytesEqual(account, transactionSender(transaction, chainId))))
        .map((transaction) => transactionToJson(transaction, chainId, undefined));
    },
    eth_sendRawTransaction: (request, encoded) => {
      const transaction = decodeRawTransaction(encoded);
      if (!context.allowUnprotected && !isProtectedTransaction(transaction)) {
        throw new RpcError(SERVER_ERROR, 'only replay-protected (EIP-155) transactions allowed over RPC');
      }
      guard(transaction, () => transactionSender(transaction, chainIdOf(context)), namedPsiOf(context, request));
      return submitter.sendRawTransaction(transaction);
    },
    eth_sendTransaction: async (request, args) => submitter.sendTransaction(await filler.fillToSend(args, request)),
    eth_fillTransaction: async (request, args) =>
      rawAndTransactionToJson(await submitter.fillTransaction(await filler.fill(args, request))),
    eth_signTransaction: async (_request, args) =>
      rawAndTransactionToJson(await submitter.signTransaction(filler.fillToSign(args))),
    eth_sign: (_request, account, data) => signMessage(context, account, data),
  };
}
