import { fc, test } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { describe, expect } from 'vitest';
import { createSeededRandom, type SeededRandom } from '../testing/random.ts';
import { decodeClusterState, decodeRaftAddress, encodeClusterState } from './cluster-state.ts';
import { confChangeOf, confChangeTransitions, confChangeTypes, encodeConfChange } from './conf-change.ts';
import { decodeRaftFrame, encodeRaftFrame } from './frame.ts';
import { createMemoryStorage } from './memory-storage.ts';
import { createMessage } from './message.ts';
import { createRawNode, type RawNode } from './raw-node.ts';
import { decodeEntry, decodeHardState, decodeSnapshot } from './record.ts';
import { type RaftEntry, raftEntryTypes, type RaftMessage, raftMessageTypes, type RaftSnapshot } from './types.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const ids = [0, 1, 2, 3, 4, 9, 70_000];

function anyConfChange(random: SeededRandom): Uint8Array {
  const changes = Array.from({ length: random.below(4) }, () => ({
    type: random.pick(confChangeTypes),
    nodeId: random.below(5),
  }));
  const transition = random.pick(confChangeTransitions);
  const data = encodeConfChange({ version: 2, transition, changes, context: new Uint8Array(random.below(3)) });
  return random.chance(10) ? data.slice(1) : data;
}

function anyEntry(random: SeededRandom, index: number, term: number): RaftEntry {
  const type = random.chance(70) ? 'EntryNormal' : random.pick(raftEntryTypes);
  const data = type === 'EntryNormal' ? new Uint8Array(random.below(4)) : anyConfChange(random);
  return {
    term: random.chance(90) ? term : random.below(6),
    index: random.chance(95) ? index : random.below(9),
    type,
    data,
  };
}

function anySnapshot(random: SeededRandom): RaftSnapshot {
  const some = (): number[] => Array.from({ length: random.below(4) }, () => random.pick(ids));
  const confState = {
    voters: random.chance(60) ? [1, 2, 3] : some(),
    votersOutgoing: random.chance(80) ? [] : some(),
    learners: random.chance(70) ? [] : some(),
    learnersNext: random.chance(90) ? [] : some(),
    autoLeave: random.chance(20),
  };
  return { index: random.below(12), term: random.below(5), confState, data: new Uint8Array(random.below(3)) };
}

/** Mostly near what could be, sometimes far from it. */
function anyMessage(random: SeededRandom, term: number, last: number): RaftMessage {
  const near = (value: number): number =>
    random.chance(3) ? random.pick([-1, 0.5, Number.NaN, 2 ** 60]) : Math.max(0, value + random.below(5) - 2);
  const index = near(last);
  const entryTerm = near(term);
  const entries = Array.from({ length: random.chance(50) ? 0 : random.below(4) }, (_, at) =>
    anyEntry(random, index + at + 1, entryTerm),
  );
  return createMessage({
    type: random.pick(raftMessageTypes),
    from: random.pick(ids),
    to: 1,
    term: near(term),
    logTerm: near(term),
    index,
    entries,
    commit: near(last),
    vote: random.pick(ids),
    snapshot: random.chance(40) ? anySnapshot(random) : undefined,
    reject: random.chance(30),
    rejectHint: near(last),
    context: random.chance(70) ? undefined : new Uint8Array(random.pick([0, 3, 8, 16])),
  });
}

/** What a follower would answer this leader: it has everything, or next to nothing. */
function anyAnswer(raw: RawNode, random: SeededRandom): RaftMessage | undefined {
  const [id, progress] = random.pick([...raw.progress()]) ?? [];
  if (id === undefined || progress === undefined) return undefined;
  const { term } = raw.status().hardState;
  const reject = random.chance(30);
  const index = reject ? progress.next - 1 : progress.next - 1 + random.below(2);
  return createMessage({ type: 'MsgAppResp', from: id, to: 1, term, index: Math.max(0, index), reject });
}

/** Carries out everything at once. */
function settle(raw: RawNode, storage: ReturnType<typeof createMemoryStorage>): void {
  for (let rounds = 0; raw.hasReady() && rounds < 50; rounds++) {
    const ready = raw.ready();
    if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
    if (ready.snapshot !== undefined) storage.applySnapshot(ready.snapshot);
    storage.append(ready.entries);
    for (const entry of ready.committedEntries) {
      const change = confChangeOf(entry);
      if (change !== undefined) raw.applyConfChange(change);
    }
    for (const message of ready.messages) decodeRaftFrame(encodeRaftFrame({ type: 'message', message }));
    raw.advance();
  }
}

/** Allows our own codes only. */
function refuses(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    expect(isIsoquorumError(error), String(error)).toBe(true);
  }
}

function marksOf(raw: RawNode): readonly (string | false)[] {
  const { softState, hardState, confState } = raw.status();
  const states = [...raw.progress().values()].map(({ state }) => state);
  return [
    softState.role,
    hardState.commit > 4 && 'entries committed',
    hardState.term > 4 && 'later terms',
    confState.votersOutgoing.length > 0 && 'joint configuration',
    confState.learners.length > 0 && 'learners',
    !confState.voters.includes(1) && 'removed',
    ...states.map((state) => `a follower in ${state}`),
  ];
}

/** Feeds whatever comes to a node of three. @returns what stood out on the way: how deep it went */
function play(seed: number): ReadonlySet<string> {
  const reached = new Set<string>();
  const random = createSeededRandom(seed);
  const confState = { voters: [1, 2, 3], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const storage = createMemoryStorage({
    hardState: { term: 1, vote: 0, commit: 2 },
    snapshot: { index: 2, term: 1, confState, data: new Uint8Array(0) },
    base: { index: 2, term: 1 },
    entries: [],
  });
  const raw = createRawNode({
    id: 1,
    storage,
    applied: 2,
    electionTicks: 3,
    heartbeatTicks: 1,
    random: (bound) => random.below(bound),
    maxInflightMessages: 2,
    maxMessageBytes: 64,
    maxUncommittedBytes: 16,
    preVote: random.chance(50),
    checkQuorum: random.chance(50),
    stepDownOnRemoval: random.chance(50),
  });
  for (let count = 0; count < 120; count++) {
    const { hardState } = raw.status();
    const acts = [
      () => raw.tick(),
      () => void raw.campaign(),
      () => void raw.propose(new Uint8Array(random.below(9))),
      () => raw.reportSnapshot(random.pick(ids), random.chance(50)),
      () => raw.reportUnreachable(random.pick(ids)),
      () => {
        const { applied, confState: members } = raw.status();
        const term = storage.term(applied);
        if (applied < storage.firstIndex() || typeof term !== 'number') return;
        storage.setSnapshot({ index: applied, term, confState: members, data: new Uint8Array(0) });
        storage.compact(applied);
      },
      () => {
        const changes = [{ type: random.pick(confChangeTypes), nodeId: 1 + random.below(3) }];
        const transition = random.pick(confChangeTransitions);
        raw.proposeConfChange({ version: 2, transition, changes, context: new Uint8Array(0) });
      },
      () => raw.transferLeader(random.pick(ids)),
      () => void raw.readIndex(new Uint8Array(2)),
      () => raw.forgetProgress(random.pick(ids), random.below(9)),
    ];
    if (random.chance(35)) random.pick(acts)();
    else
      raw.step(
        (random.chance(20) ? anyAnswer(raw, random) : undefined) ??
          anyMessage(random, hardState.term, storage.lastIndex()),
      );
    if (random.chance(70)) settle(raw, storage);
    for (const mark of marksOf(raw)) if (mark !== false) reached.add(mark);
  }
  settle(raw, storage);
  return reached;
}

describe('any input', () => {
  test.prop([fc.nat()], { numRuns })('in any state: step, tick and propose do not throw', (seed) => void play(seed));

  test('such inputs lead deep', () => {
    const reached = new Set(Array.from({ length: 300 }, (_, seed) => [...play(seed)]).flat());
    for (const mark of [
      'StatePreCandidate',
      'StateCandidate',
      'StateLeader',
      'entries committed',
      'later terms',
      'joint configuration',
      'learners',
      'removed',
      'a follower in StateProbe',
      'a follower in StateReplicate',
      'a follower in StateSnapshot',
    ])
      expect([...reached]).toContain(mark);
  });

  test.prop([fc.uint8Array({ maxLength: 300 })], { numRuns })('bytes: decoders refuse with our own codes', (bytes) => {
    for (const decode of [
      decodeRaftFrame,
      decodeEntry,
      decodeHardState,
      decodeSnapshot,
      decodeRaftAddress,
      decodeClusterState,
    ])
      refuses(() => decode(bytes));
    for (const type of raftEntryTypes) confChangeOf({ type, data: bytes });
  });

  test.prop([fc.nat()], { numRuns })(
    'frames: what is encoded comes back, changed bytes are refused or read',
    (seed) => {
      const random = createSeededRandom(seed);
      const message = anyMessage(random, 3, 5);
      const numbers = [message.term, message.logTerm, message.index, message.commit, message.rejectHint];
      const isSound = numbers.every((value) => Number.isSafeInteger(value) && value >= 0);
      if (!isSound || message.entries.some(({ term, index }) => !Number.isSafeInteger(term + index))) return;
      const bytes = encodeRaftFrame({ type: 'message', message });
      refuses(() => {
        const again = encodeRaftFrame(decodeRaftFrame(bytes));
        expect(bytesToBareHex(again)).toBe(bytesToBareHex(bytes));
      });
      const changed = bytes.slice();
      changed[random.below(changed.length)] = random.below(256);
      refuses(() => decodeRaftFrame(changed));
      refuses(() => decodeRaftFrame(bytes.slice(0, random.below(bytes.length))));
      const state = encodeClusterState({
        members: [{ raftId: 1, nodeId: new Uint8Array(64), host: '10.0.0.1', p2pPort: 1, raftPort: 2 }],
        removed: [4],
        headHash: new Uint8Array(32),
      });
      state[random.below(state.length)] = random.below(256);
      refuses(() => decodeClusterState(state));
    },
  );
});
