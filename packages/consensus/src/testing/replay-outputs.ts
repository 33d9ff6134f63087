import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { decodeIbftMessage, encodeIbftMessage, ibftFrameCode, type IbftMessage } from '../ibft/message.ts';
import type { QbftMessage } from '../qbft/message.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../qbft/message-codec.ts';
import type { RecordedMessage, TraceEntry } from './recordings.ts';

function sortedTexts(texts: readonly string[]): readonly string[] {
  return texts.toSorted();
}

/** A message with the parts whose order is not determined sorted. */
export function comparableQbft(message: QbftMessage): unknown {
  if (message.type !== 'prePrepare' && message.type !== 'roundChange')
    return bytesToBareHex(encodeQbftMessage(message));
  const prepares = sortedTexts(message.prepares.map((prepare) => bytesToBareHex(encodeQbftMessage(prepare))));
  const changes = message.type === 'prePrepare' ? message.roundChanges : [];
  const roundChanges = sortedTexts(
    changes.map((change) => bytesToBareHex(encodeQbftMessage({ ...change, block: undefined, prepares: [] }))),
  );
  const bare =
    message.type === 'prePrepare' ? { ...message, roundChanges: [], prepares: [] } : { ...message, prepares: [] };
  return { prepares, roundChanges, bare: bytesToBareHex(encodeQbftMessage(bare)) };
}

export function comparableIbft(message: IbftMessage): unknown {
  return bytesToBareHex(encodeIbftMessage(message));
}

function comparableRecorded(message: RecordedMessage | undefined): unknown {
  if (message === undefined) return undefined;
  const wire = bareHexToBytes(message.wire);
  return message.code === ibftFrameCode
    ? comparableIbft(decodeIbftMessage(wire))
    : comparableQbft(decodeQbftMessage(message.code, wire));
}

/** A block handed over. IBFT's headers carry no round. */
export function comparableCommit(
  commit: Pick<TraceEntry, 'hash' | 'number' | 'seals'>,
  round: number | undefined,
  algorithm: BftAlgorithm,
): unknown {
  const { hash, number, seals = [] } = commit;
  return { hash, number, seals: sortedTexts(seals), ...(algorithm === 'qbft' ? { round } : {}) };
}

/** What the original did upon an event, in comparable form. */
export function recordedOutputs(
  segment: readonly TraceEntry[],
  messages: ReadonlyMap<string, RecordedMessage>,
  algorithm: BftAlgorithm,
): readonly unknown[] {
  return segment.flatMap((entry): readonly unknown[] => {
    const { seq, round, proposer, isProposer, roundChange } = entry;
    switch (entry.k) {
      case 'broadcast':
        return [{ broadcast: comparableRecorded(messages.get(entry.msg ?? '')) }];
      case 'timer':
        return [{ timer: entry.ms, seq, round }];
      case 'newRound':
        return [{ seq, round, proposer, isProposer, roundChange }];
      case 'commit':
        return [comparableCommit(entry, round, algorithm)];
      default:
        return [];
    }
  });
}
