import { addressToChecksum } from '@isoquorum/primitives/address';
import { type Block, blockHash, decodeBlock } from '@isoquorum/primitives/block';
import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bareHexToBytes, bytesToBareHex, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { decodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { bftHeightContext } from '../bft/height-context.ts';
import { QBFT_CODE, type QbftMessage } from '../qbft/message.ts';
import { decodeQbftMessage, encodeQbftMessage } from '../qbft/message-codec.ts';
import { signQbftMessage } from '../qbft/signing.ts';
import { createQbftState, stepOnce } from '../qbft/step.ts';
import type { BftHeightContext } from '../bft/types.ts';
import type { QbftEffect, QbftInput, QbftState } from '../qbft/types.ts';
import { createRecoverCache } from '../recover-cache.ts';
import type { Recording, TraceEntry } from './recordings.ts';

/** What one event led to, recorded or replayed, in comparable form. */
export interface Outcome {
  readonly outputs: readonly unknown[];
  readonly error: string | undefined;
}

/** One event with both outcomes. */
export interface ReplayedEvent {
  readonly entry: TraceEntry;
  readonly recorded: Outcome;
  readonly replayed: Outcome;
}

function sortedTexts(texts: readonly string[]): readonly string[] {
  return texts.toSorted();
}

/** A message with the parts whose order is not determined sorted. */
function comparableMessage(message: QbftMessage): unknown {
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

interface Machine {
  state: QbftState;
}

/** Feeds the recorded events of one node to our machine, under the rules of the original. */
export function replayNode(recording: Recording, nodeIndex: number): readonly ReplayedEvent[] {
  const node = recording.nodes.find(({ index }) => index === nodeIndex);
  const identity = recording.validators[nodeIndex];
  if (node === undefined || identity === undefined) throw new Error(`no node ${nodeIndex}`);
  const nodeKey = hexToBytes(identity.nodeKey);
  const { config } = parseGenesis(recording.genesis);
  const recover = createRecoverCache(100_000);
  const messages = new Map(
    recording.messages
      .filter(({ code, type }) => code >= QBFT_CODE.prePrepare && type !== 'undecodable')
      .map(({ id, code, wire }) => [id, decodeQbftMessage(code, bareHexToBytes(wire))]),
  );
  const blocks = new Map<string, Block>();
  const byId = new Map<string, Block>();
  for (const { rlp, ...rest } of [...recording.blocks, ...recording.proposals]) {
    const block = decodeBlock(bareHexToBytes(rlp));
    blocks.set(bytesToHex(blockHash(block)), block);
    if ('id' in rest) byId.set(rest.id, block);
  }

  const contextOf = (entry: TraceEntry): BftHeightContext => {
    const parent = blocks.get(entry.headHash ?? '');
    if (parent === undefined) throw new Error(`head ${entry.headHash} is not recorded`);
    const validators = (entry.validators ?? []).map((address) => hexToBytes(address));
    return bftHeightContext({ config, profile: 'goquorum', recover, parent: parent.header, validators });
  };

  const recordedOutputs = (segment: readonly TraceEntry[]): readonly unknown[] => {
    const outputs: unknown[] = [];
    for (const entry of segment) {
      const { seq, round } = entry;
      if (entry.k === 'broadcast')
        outputs.push({ broadcast: comparableMessage(messages.get(entry.msg ?? '') as QbftMessage) });
      else if (entry.k === 'timer') outputs.push({ timer: entry.ms, seq, round });
      else if (entry.k === 'newRound')
        outputs.push({
          seq,
          round,
          proposer: entry.proposer,
          isProposer: entry.isProposer,
          roundChange: entry.roundChange,
        });
      else if (entry.k === 'commit')
        outputs.push({ commit: entry.hash, number: entry.number, round, seals: sortedTexts(entry.seals ?? []) });
    }
    return outputs;
  };

  const replayInput = (machine: Machine, input: QbftInput, segment: readonly TraceEntry[]): Outcome => {
    const outputs: unknown[] = [];
    let error: string | undefined;
    const act = (effect: QbftEffect): void => {
      const height = machine.state.context?.height;
      if (effect.type === 'broadcast') {
        const signed = signQbftMessage(effect.message, (digest) => signDigestBytes(digest, nodeKey));
        outputs.push({ broadcast: comparableMessage(signed) });
      } else if (effect.type === 'setTimer' && effect.timer.kind === 'round')
        outputs.push({ timer: effect.durationMs, seq: effect.timer.height, round: effect.timer.round });
      else if (effect.type === 'roundStarted') {
        const proposer = effect.proposer && addressToChecksum(effect.proposer);
        const { height: seq, round, isProposer, roundChange } = effect;
        outputs.push({ seq, round, proposer, isProposer, roundChange });
      } else if (effect.type === 'commitBlock') {
        const { committedSeals, round } = decodeQbftExtra(effect.block.header.extraData);
        const seals = sortedTexts(committedSeals.map(bytesToBareHex));
        outputs.push({ commit: bytesToHex(blockHash(effect.block)), number: height, round, seals });
      } else if (effect.type === 'refused') error ??= effect.refusal.text;
      else if (effect.type === 'verifyBlock') {
        const verdictEntry = segment.find(({ k }) => k === 'verifyProposal');
        if (verdictEntry === undefined) throw new Error('verified a block that the original did not');
        const verdict = verdictEntry.error
          ? ({ type: 'invalid', reason: verdictEntry.error } as const)
          : ({ type: 'valid' } as const);
        run({ type: 'blockVerified', height: effect.height, digest: effect.digest, verdict });
      }
    };
    const run = (next: QbftInput): void => {
      const result = stepOnce(machine.state, next);
      machine.state = result.state;
      for (const effect of result.effects) act(effect);
    };
    run(input);
    return { outputs, error };
  };

  const machine: Machine = {
    state: createQbftState({ address: hexToBytes(identity.address), profile: 'goquorum', recover }),
  };
  const fresh = (entry: TraceEntry): void => {
    const context = contextOf(entry);
    machine.state = createQbftState(machine.state.config);
    machine.state = stepOnce(machine.state, { type: 'start', context, record: undefined, nowMs: 0 }).state;
  };
  const isQbft = (seq: number | undefined): boolean => seq !== undefined && bftAlgorithmAt(config, seq) === 'qbft';
  const inputOf = (entry: TraceEntry, segment: readonly TraceEntry[]): QbftInput | undefined => {
    const { state } = machine;
    switch (entry.event) {
      case 'request':
        return { type: 'blockBuilt', block: byId.get(entry.block ?? '') as Block };
      case 'message':
      case 'backlog': {
        const message = messages.get(entry.msg ?? '');
        return message && { type: 'message', message };
      }
      case 'timeout':
        return {
          type: 'timerElapsed',
          timer: { kind: 'round', height: state.context?.height ?? 0, round: state.round },
        };
      case 'finalCommitted': {
        const next = segment.find(({ k, roundChange }) => k === 'newRound' && roundChange === false);
        const context = next === undefined ? state.context : contextOf(next);
        return context && { type: 'newHead', context, nowMs: 0 };
      }
      default:
        return undefined;
    }
  };

  const replayed: ReplayedEvent[] = [];
  const { trace } = node;
  for (let index = 0; index < trace.length; index++) {
    const entry = trace[index] as TraceEntry;
    if (entry.k === 'start') machine.state = createQbftState(machine.state.config);
    if (entry.k === 'newRound' && entry.roundChange === false && isQbft(entry.seq)) fresh(entry);
    if (entry.k !== 'event') continue;
    let end = trace.findIndex(({ k }, other) => other > index && (k === 'event' || k === 'start'));
    if (end < 0) end = trace.length;
    let segment = trace.slice(index + 1, end);
    // The engine was restarted in the middle of an event: a fresh start, which this loop makes when it comes there.
    const restart = segment.findIndex(({ k, roundChange }) => k === 'newRound' && roundChange === false);
    if (restart >= 0 && entry.event !== 'finalCommitted') segment = segment.slice(0, restart);
    else end -= 0;
    const context = machine.state.context;
    const isSwitch = entry.event === 'finalCommitted' && context === undefined;
    if (context === undefined || isSwitch) continue;
    const input = inputOf(entry, segment);
    if (input === undefined) continue;
    const outcome = replayInput(machine, input, segment);
    const after = segment.find(({ k }) => k === 'after');
    replayed.push({ entry, recorded: { outputs: recordedOutputs(segment), error: after?.err }, replayed: outcome });
    if (entry.event === 'finalCommitted') index = end - 1;
  }
  return replayed;
}
