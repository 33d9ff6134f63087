import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { isPrivateTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import type { StateReader } from '@isoquorum/execution/state/types';
import type { Address } from '@isoquorum/primitives/bytes';
import { isPrivacyEnhancementsEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import { LATEST } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type {
  PrivateTransactionArguments,
  SendTransactionArguments,
} from '@isoquorum/rpc/jsonrpc/parameters/transaction-args';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { openAccess } from '../access-policy.ts';
import { validateTransaction } from '../pool/validate.ts';
import type { PrivateArguments } from '../private/submit.ts';
import type { HandlerContext } from './context.ts';
import { openStates } from './states.ts';

/**
 * Refusals of this node where GoQuorum would make private data public without a word. Codes: `PRIVATE_RECIPIENTS_MISSING` (private
 * arguments without `privateFor`), `PRIVATE_ENVELOPE_EXPECTED` (a raw private transaction whose v is not 37 or 38),
 * `PUBLIC_TO_PRIVATE_CONTRACT` (a public transaction to a contract that is private here).
 */
export type DowngradeCode = 'PRIVATE_RECIPIENTS_MISSING' | 'PRIVATE_ENVELOPE_EXPECTED' | 'PUBLIC_TO_PRIVATE_CONTRACT';

function downgrade(
  code: DowngradeCode,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): IsoquorumError<DowngradeCode> {
  return new IsoquorumError(code, message, fields, 'REJECT');
}

const STANDARD_PRIVATE = 0;
const MANDATORY_RECIPIENTS = 2;
const FLAG_MAX = 3;

/** Present, even when empty: the transaction is private. */
export function isPrivate(args: PrivateTransactionArguments): boolean {
  return args.privateFor !== undefined;
}

/** @throws PRIVATE_RECIPIENTS_MISSING when something says "private" but nobody may read it */
export function refuseMissingRecipients(args: PrivateTransactionArguments): void {
  if (isPrivate(args)) return;
  const given = (['privateFrom', 'privacyFlag', 'mandatoryFor'] as const).filter((name) => {
    const value = args[name];
    return value !== undefined && value !== '' && value !== 0 && !(Array.isArray(value) && value.length === 0);
  });
  if (given.length === 0) return;
  throw downgrade(
    'PRIVATE_RECIPIENTS_MISSING',
    `${given.join(', ')} without privateFor: refused, because the transaction would be public`,
    { given },
  );
}

/** @throws PRIVATE_ENVELOPE_EXPECTED */
export function privateEnvelopeExpected(v: bigint): Error {
  return downgrade(
    'PRIVATE_ENVELOPE_EXPECTED',
    `a private transaction is signed with v 37 or 38; this one has ${v} and would be public`,
    { v },
  );
}

/** Refuses public transactions to contracts that are private here. @throws PUBLIC_TO_PRIVATE_CONTRACT, or what the pool would say before */
export type DowngradeGuard = (transaction: Transaction, sender: () => Address, psi: string) => void;

/**
 * The call data of a public transaction is readable by everybody, so one to a private contract is a mistake: most likely a client library
 * that dropped `privateFor` (features.md 3.1). What the pool would refuse anyway keeps the pool's text.
 */
export function createDowngradeGuard(context: HandlerContext): DowngradeGuard {
  const { chain, database } = context;
  let privateRoot: Uint8Array = emptyTrieRoot;
  let privateState: StateReader | undefined;

  function isPrivateContract(to: Address, psi: string): boolean {
    if (!chain.privateStates().includes(psi)) return false;
    const { root } = chain.privateHead(psi);
    if (bytesEqual(root, emptyTrieRoot)) return false;
    if (privateState === undefined || !bytesEqual(root, privateRoot)) {
      privateRoot = root;
      privateState = createTrieReader(database, root);
    }
    if (privateState.account(to) === undefined) return false;
    return createTrieReader(database, chain.head().block.header.stateRoot).account(to) === undefined;
  }

  function refuseAsPool(transaction: Transaction, sender: Address): void {
    const head = chain.head().block.header;
    const account = (address: Address): { nonce: number; balance: bigint } => {
      const found = createTrieReader(database, head.stateRoot).account(address);
      return { nonce: Number(found?.nonce ?? 0n), balance: found?.balance ?? 0n };
    };
    validateTransaction({ transaction, sender }, true, {
      config: chain.config,
      head,
      account,
      access: openAccess,
      gasPriceMin: 0n,
    });
  }

  return (transaction, sender, psi) => {
    const { to, data } = transaction;
    if (to === undefined || data.length === 0 || isPrivateTransaction(transaction) || !isPrivateContract(to, psi))
      return;
    refuseAsPool(transaction, sender());
    const contract = bytesToHex(to);
    throw downgrade(
      'PUBLIC_TO_PRIVATE_CONTRACT',
      `${contract} is a private contract here: a public transaction would show its call data to everybody; name recipients in privateFor`,
      { contract },
    );
  };
}

/**
 * Checks 1 to 4 and 7 of goquorum.md 2.3, in their order and with their texts.
 * @param data the payload; without any nothing more than 1 to 4 is asked
 * @throws RpcError
 */
export function checkPrivateArguments(
  context: HandlerContext,
  args: PrivateTransactionArguments,
  to: Address | undefined,
  data: Uint8Array,
  request: RpcRequestContext,
): void {
  const flag = args.privacyFlag ?? STANDARD_PRIVATE;
  if (flag > FLAG_MAX) throw new RpcError(SERVER_ERROR, 'invalid privacy flag');
  if (flag !== STANDARD_PRIVATE && !isPrivacyEnhancementsEnabledAt(context.chain.config, context.chain.headNumber())) {
    throw new RpcError(
      SERVER_ERROR,
      'PrivacyEnhancements are disabled. Can only accept transactions with PrivacyFlag=0(StandardPrivate).',
    );
  }
  const mandatory = args.mandatoryFor ?? [];
  if (flag === MANDATORY_RECIPIENTS && mandatory.length === 0) {
    throw new RpcError(
      SERVER_ERROR,
      'missing mandatory recipients data. if no mandatory recipients required consider using PrivacyFlag=1(PartyProtection)',
    );
  }
  if (flag !== MANDATORY_RECIPIENTS && mandatory.length > 0) {
    throw new RpcError(
      SERVER_ERROR,
      'privacy metadata invalid. mandatory recipients are only applicable for PrivacyFlag=2(MandatoryRecipients)',
    );
  }
  if (data.length === 0 || flag === STANDARD_PRIVATE || to === undefined) return;
  const states = openStates(context, LATEST, request);
  const found = states.find(to);
  if (found === undefined || found.state.code(to, found.account.codeHash).length === 0)
    throw new RpcError(SERVER_ERROR, 'contract not found. cannot transact');
}

/** The private arguments for the submitter; undefined members left out. */
export function privateArgumentsOf(args: PrivateTransactionArguments, psi: string): PrivateArguments {
  return {
    psi,
    ...(args.privateFrom === undefined || args.privateFrom === '' ? {} : { privateFrom: args.privateFrom }),
    ...(args.privateFor === undefined ? {} : { privateFor: args.privateFor }),
    ...(args.privacyFlag === undefined ? {} : { privacyFlag: args.privacyFlag }),
    ...(args.mandatoryFor === undefined ? {} : { mandatoryFor: args.mandatoryFor }),
  };
}

/** The one payload of `data` and `input`; the original would put `input` on the chain in plain even when private. */
export function payloadOf(args: SendTransactionArguments): Uint8Array | undefined {
  return args.input ?? args.data;
}
