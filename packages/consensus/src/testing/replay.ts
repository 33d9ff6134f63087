import { type Block, blockHash, decodeBlock } from '@isoquorum/primitives/block';
import { type BftAlgorithm, bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bareHexToBytes, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bftHeightContext } from '../bft/height-context.ts';
import type { BftHeightContext } from '../bft/types.ts';
import { ibftProtocol } from '../ibft/protocol.ts';
import { qbftProtocol } from '../qbft/protocol.ts';
import { createRecoverCache } from '../recover-cache.ts';
import type { Recording, TraceEntry } from './recordings.ts';
import { comparableIbft, comparableQbft, recordedOutputs } from './replay-outputs.ts';
import { createReplayer, type Outcome, type Replayer } from './replayer.ts';

/** One event with both outcomes. */
export interface ReplayedEvent {
  readonly entry: TraceEntry;
  readonly recorded: Outcome;
  readonly replayed: Outcome;
}

/** The entries of an event: up to the next one, or to a restart of the engine in the middle of it, which is no outcome of it. */
function segmentAfter(trace: readonly TraceEntry[], index: number): readonly TraceEntry[] {
  let end = trace.findIndex(({ k }, other) => other > index && (k === 'event' || k === 'start'));
  if (end < 0) end = trace.length;
  const segment = trace.slice(index + 1, end);
  if (trace[index]?.event === 'finalCommitted') return segment;
  const restart = segment.findIndex(({ k, roundChange }) => k === 'newRound' && roundChange === false);
  return restart < 0 ? segment : segment.slice(0, restart);
}

/** Feeds the recorded events of one node to our machines, under the rules of the original. */
export function replayNode(recording: Recording, nodeIndex: number): readonly ReplayedEvent[] {
  const node = recording.nodes.find(({ index }) => index === nodeIndex);
  const identity = recording.validators[nodeIndex];
  if (node === undefined || identity === undefined) throw new Error(`no node ${nodeIndex}`);
  const { config } = parseGenesis(recording.genesis);
  const recover = createRecoverCache(100_000);
  const blocks = new Map<string, Block>();
  const requests = new Map<string, Block>();
  for (const { rlp, ...rest } of [...recording.blocks, ...recording.proposals]) {
    const block = decodeBlock(bareHexToBytes(rlp));
    blocks.set(bytesToHex(blockHash(block)), block);
    if ('id' in rest) requests.set(rest.id, block);
  }
  const setup = {
    machine: { address: hexToBytes(identity.address), profile: 'goquorum', recover } as const,
    nodeKey: hexToBytes(identity.nodeKey),
    messages: new Map(recording.messages.map((message) => [message.id, message])),
    requests,
  };
  const replayers: Record<BftAlgorithm, Replayer> = {
    ibft: createReplayer(ibftProtocol, setup, comparableIbft),
    qbft: createReplayer(qbftProtocol, setup, comparableQbft),
  };

  const contextOf = (entry: TraceEntry): BftHeightContext => {
    const parent = blocks.get(entry.headHash ?? '');
    if (parent === undefined) throw new Error(`head ${entry.headHash} is not recorded`);
    const validators = (entry.validators ?? []).map((address) => hexToBytes(address));
    return bftHeightContext({ config, profile: 'goquorum', recover, parent: parent.header, validators });
  };

  let active: Replayer | undefined;
  const enter = (entry: TraceEntry): Outcome => {
    active = replayers[bftAlgorithmAt(config, entry.seq ?? 0) ?? 'qbft'];
    return active.start(contextOf(entry));
  };
  const replay = (entry: TraceEntry, segment: readonly TraceEntry[]): Outcome | undefined => {
    if (entry.event !== 'finalCommitted') return active?.feed(entry, segment);
    const next = segment.find(({ k, roundChange }) => k === 'newRound' && roundChange === false);
    if (next === undefined) return active?.feed(entry, segment);
    // The switch of algorithm: the other machine starts at this head.
    const isSwitch = active !== replayers[bftAlgorithmAt(config, next.seq ?? 0) ?? 'qbft'];
    return isSwitch ? enter(next) : active?.newHead(contextOf(next), segment);
  };

  const replayed: ReplayedEvent[] = [];
  const { trace } = node;
  let isEntered = false;
  for (const [index, entry] of trace.entries()) {
    if (entry.k === 'start') active = undefined;
    // A first round that no event explains: the process or the engine (re)started at that head.
    if (entry.k === 'newRound' && entry.roundChange === false) {
      if (!isEntered) enter(entry);
      isEntered = false;
    }
    if (entry.k !== 'event') continue;
    isEntered = entry.event === 'finalCommitted' && active !== undefined;
    if (active === undefined) continue;
    const { algorithm } = active;
    const segment = segmentAfter(trace, index);
    const outcome = replay(entry, segment);
    if (outcome === undefined) continue;
    const error = segment.find(({ k }) => k === 'after')?.err;
    const outputs = recordedOutputs(segment, setup.messages, algorithm);
    replayed.push({ entry, recorded: { outputs, error }, replayed: outcome });
  }
  return replayed;
}
