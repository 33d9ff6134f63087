import type { Readability, TransactionView } from '@isoquorum/participant/participant-view';
import { abiOutputToText } from '../abi/abi-decode.ts';
import { type ContractAbi, decodeCall, decodeLog } from '../abi/contract-abi.ts';
import { shorten } from './format.ts';

export interface TransactionModel {
  readonly title: string;
  readonly badge: string;
  readonly tone: 'private' | 'public' | 'hidden' | 'waiting';
  /** What this page can and cannot read, and why. */
  readonly explanation: string;
  readonly outcome: string | undefined;
  readonly outcomeTone: 'good' | 'bad' | 'neutral';
  readonly events: readonly string[];
}

const BADGES: Readonly<Record<Readability, Pick<TransactionModel, 'badge' | 'tone' | 'explanation'>>> = {
  public: { badge: 'Public', tone: 'public', explanation: 'Everyone on the network can read this transaction.' },
  party: {
    badge: 'Private, readable',
    tone: 'private',
    explanation: 'This page is a party: it opened the payload with its own key and executed it here.',
  },
  stranger: {
    badge: 'Private, hidden',
    tone: 'hidden',
    explanation:
      'This page is not a party. It sees the sender and the 64-byte hash of the sealed payload, nothing else, and does not know whether it succeeded.',
  },
  waiting: {
    badge: 'Private, payload awaited',
    tone: 'waiting',
    explanation:
      'Whether this page is a party cannot be said yet: its home has not answered. Private state waits here.',
  },
};

function title(transaction: TransactionView, abi: ContractAbi | undefined, contractName: string | undefined): string {
  if (transaction.readability === 'stranger' || transaction.readability === 'waiting')
    return transaction.to === undefined ? 'A private contract was created' : 'A private transaction';
  if (transaction.to === undefined) return contractName ? `Deployed ${contractName}` : 'Deployed a contract';
  const call = abi && transaction.data ? decodeCall(abi, transaction.data) : undefined;
  const on = contractName ?? shorten(transaction.to);
  if (call === undefined) return `Sent to ${on}`;
  return `${on}: ${call.fn.name}(${call.values.map((value) => shorten(abiOutputToText(value), 18, 6)).join(', ')})`;
}

/** A transaction in words. The public receipt of a private transaction says nothing, so a stranger is told no outcome. */
export function transactionModel(
  transaction: TransactionView,
  abi?: ContractAbi,
  contractName?: string,
): TransactionModel {
  const events = transaction.logs.map((log) => {
    const event = abi ? decodeLog(abi, log) : undefined;
    if (event === undefined) return `log ${shorten(log.topics[0] ?? log.data)}`;
    return `${event.name}(${event.values.map(({ name, value }) => `${name}: ${abiOutputToText(value)}`).join(', ')})`;
  });
  const pending = transaction.blockNumber === undefined;
  let outcome: string | undefined;
  if (pending) outcome = 'Waiting for a block';
  else if (transaction.status === 'success') outcome = 'Succeeded';
  else if (transaction.status === 'failed')
    outcome = transaction.revertReason ? `Failed: ${transaction.revertReason}` : 'Failed';
  else if (transaction.readability === 'public') outcome = 'In a verified block';
  return {
    ...BADGES[transaction.readability],
    title: title(transaction, abi, contractName),
    outcome,
    outcomeTone: transaction.status === 'failed' ? 'bad' : transaction.status === 'success' ? 'good' : 'neutral',
    events,
  };
}
