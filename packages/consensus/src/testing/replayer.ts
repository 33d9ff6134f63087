import { addressToChecksum } from '@isoquorum/primitives/address';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import type { BftProtocol } from '../bft/protocol.ts';
import type {
  BftEffect,
  BftHeightContext,
  BftInput,
  BftMachineConfig,
  BftMessage,
  BftRecord,
  BftState,
} from '../bft/types.ts';
import { ibftExtraOf } from '../ibft/header.ts';
import { qbftExtraOf } from '../qbft/header.ts';
import type { RecordedMessage, TraceEntry } from './recordings.ts';
import { comparableCommit } from './replay-outputs.ts';

/** What one event led to, recorded or replayed, in comparable form. */
export interface Outcome {
  readonly outputs: readonly unknown[];
  readonly error: string | undefined;
}

/** Our machine in the place of a recorded node's. */
export interface Replayer {
  readonly algorithm: BftAlgorithm;
  /** A fresh start at that height. */
  start(context: BftHeightContext): Outcome;
  newHead(context: BftHeightContext, segment: readonly TraceEntry[]): Outcome;
  /** Any other event; undefined when the recording does not tell its input. */
  feed(entry: TraceEntry, segment: readonly TraceEntry[]): Outcome | undefined;
}

export interface ReplaySetup {
  readonly machine: BftMachineConfig;
  readonly nodeKey: Uint8Array;
  readonly messages: ReadonlyMap<string, RecordedMessage>;
  /** Candidate blocks by the id in `request` events. */
  readonly requests: ReadonlyMap<string, Block>;
}

/** The block that the machine hands over, as the recording tells of it. */
function handedOver(block: Block, algorithm: BftAlgorithm): unknown {
  const { committedSeals, round } =
    algorithm === 'qbft' ? qbftExtraOf(block.header) : { ...ibftExtraOf(block.header), round: undefined };
  const commit = { hash: bytesToHex(blockHash(block)), number: block.header.number };
  return comparableCommit({ ...commit, seals: committedSeals.map(bytesToBareHex) }, round, algorithm);
}

export function createReplayer<S extends BftState<M, R>, M extends BftMessage, U, R extends BftRecord>(
  protocol: BftProtocol<S, M, U, R>,
  setup: ReplaySetup,
  comparable: (message: M) => unknown,
): Replayer {
  let state = protocol.createState(setup.machine);

  function run(first: BftInput<M, R>, segment: readonly TraceEntry[]): Outcome {
    const outputs: unknown[] = [];
    let error: string | undefined;
    const act = (effect: BftEffect<M, U, R>): void => {
      switch (effect.type) {
        case 'broadcast': {
          const signed = protocol.sign(effect.message, (digest) => signDigestBytes(digest, setup.nodeKey));
          outputs.push({ broadcast: comparable(signed) });
          break;
        }
        case 'setTimer':
          if (effect.timer.kind === 'round')
            outputs.push({ timer: effect.durationMs, seq: effect.timer.height, round: effect.timer.round });
          break;
        case 'roundStarted': {
          const proposer = effect.proposer && addressToChecksum(effect.proposer);
          const { height: seq, round, isProposer, roundChange } = effect;
          outputs.push({ seq, round, proposer, isProposer, roundChange });
          break;
        }
        case 'commitBlock':
          outputs.push(handedOver(effect.block, protocol.algorithm));
          break;
        case 'refused':
          error ??= effect.refusal.text;
          break;
        case 'verifyBlock': {
          const recorded = segment.find(({ k }) => k === 'verifyProposal');
          if (recorded === undefined) throw new Error('verified a block that the original did not');
          const verdict = recorded.error
            ? ({ type: 'invalid', reason: recorded.error } as const)
            : ({ type: 'valid' } as const);
          feed({ type: 'blockVerified', height: effect.height, digest: effect.digest, verdict });
          break;
        }
        default:
          break;
      }
    };
    const feed = (input: BftInput<M, R>): void => {
      const result = protocol.stepOnce(state, input);
      ({ state } = result);
      for (const effect of result.effects) act(effect);
    };
    feed(first);
    return { outputs, error };
  }

  /** A frame that the machine does not know leads to nothing but a refusal of its decoder. */
  function decoded(recorded: RecordedMessage): M | Outcome {
    try {
      return protocol.decodeMessage(recorded.code, bareHexToBytes(recorded.wire));
    } catch (error) {
      if (isIsoquorumError(error)) return { outputs: [], error: error.message };
      throw error;
    }
  }

  return {
    algorithm: protocol.algorithm,
    start(context) {
      state = protocol.createState(setup.machine);
      return run({ type: 'start', context, record: undefined, nowMs: 0 }, []);
    },
    newHead: (context, segment) => run({ type: 'newHead', context, nowMs: 0 }, segment),
    feed(entry, segment) {
      switch (entry.event) {
        case 'request': {
          const block = setup.requests.get(entry.block ?? '');
          return block && run({ type: 'blockBuilt', block }, segment);
        }
        case 'message':
        case 'backlog': {
          const recorded = setup.messages.get(entry.msg ?? '');
          if (recorded === undefined) return undefined;
          const message = decoded(recorded);
          return 'outputs' in message ? message : run({ type: 'message', message }, segment);
        }
        case 'timeout': {
          const height = state.context?.height ?? 0;
          return run({ type: 'timerElapsed', timer: { kind: 'round', height, round: state.round } }, segment);
        }
        case 'finalCommitted':
          // The head had been followed already: nothing changes.
          return { outputs: [], error: undefined };
        default:
          return undefined;
      }
    },
  };
}
