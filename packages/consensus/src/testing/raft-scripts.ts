import { type ChangeBase, changeSimply, enterJointConfig, leaveJointConfig } from '../raft/conf-changer.ts';
import { type AckedIndex, committedIndex, majorityCommittedIndex, voterIds, voteResult } from '../raft/quorum.ts';
import { createTracker, type MemberConfig, type ProgressMap } from '../raft/tracker.ts';
import { describeConfig, describeProgress, describeQuorum, parseChanges } from './raft-describe.ts';
import { RaftInteraction } from './raft-interaction.ts';
import { parseTranscript, type TranscriptCommand, valuesOf } from './raft-transcript.ts';

/** Folders of a suite, each with its own commands. */
export const raftScriptKinds = ['testdata', 'quorum', 'confchange'] as const;
export type RaftScriptKind = (typeof raftScriptKinds)[number];

/** A command whose output is not the expected one. */
export interface ScriptDifference {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

type Runner = (command: TranscriptCommand) => string;

function confChangeRunner(): Runner {
  const tracker = createTracker(10, Number.POSITIVE_INFINITY);
  let lastIndex = 0;
  return ({ name, args, input }) => {
    const changes = parseChanges(input);
    if (typeof changes === 'string') return changes;
    const base: ChangeBase = { tracker, lastIndex };
    lastIndex++;
    const isAutoLeave = valuesOf(args, 'autoleave')[0] === 'true';
    const result =
      name === 'simple'
        ? changeSimply(base, changes)
        : name === 'enter-joint'
          ? enterJointConfig(base, isAutoLeave, changes)
          : leaveJointConfig(base);
    if (result.type === 'refused') return result.reason;
    tracker.config = result.config;
    tracker.progress = result.progress;
    return describeMembers(result.config, result.progress);
  };
}

function describeMembers(config: MemberConfig, progress: ProgressMap): string {
  const views = new Map(
    [...progress].map(([id, member]) => [id, { ...member, isPaused: false, inflightCount: 0, isInflightFull: false }]),
  );
  return `${describeConfig(config)}\n${describeProgress(views)}`;
}

function quorumRunner(): Runner {
  const numbers = (values: readonly string[]): number[] => values.filter((value) => value !== 'zero').map(Number);
  return ({ name, args }) => {
    const ids = numbers(valuesOf(args, 'cfg'));
    const joint = numbers(valuesOf(args, 'cfgj'));
    const isJoint = valuesOf(args, 'cfgj').length > 0;
    const voters = { incoming: new Set(ids), outgoing: new Set(joint) };
    const distinct = [...new Set([...ids, ...joint])];
    const given = new Map<number, string>();
    for (const [position, value] of valuesOf(args, name === 'vote' ? 'votes' : 'idx').entries()) {
      const id = distinct[position];
      if (id !== undefined && value !== '_') given.set(id, value);
    }
    if (name === 'vote') {
      const votes = new Map([...given].map(([id, vote]) => [id, vote === 'y']));
      const names = { won: 'VoteWon', lost: 'VoteLost', pending: 'VotePending' };
      return `${names[voteResult(voters, votes)]}\n`;
    }
    const acked: AckedIndex = (id) => (given.has(id) ? Number(given.get(id)) : undefined);
    const index = isJoint ? committedIndex(voters, acked) : majorityCommittedIndex(voters.incoming, acked);
    const text = index === Number.POSITIVE_INFINITY ? '∞' : String(index);
    return `${describeQuorum(voterIds(voters), acked)}${text}\n`;
  };
}

function interactionRunner(): Runner {
  const cluster = new RaftInteraction();
  return (command) => cluster.run(command);
}

const runners: Readonly<Record<RaftScriptKind, () => Runner>> = {
  testdata: interactionRunner,
  quorum: quorumRunner,
  confchange: confChangeRunner,
};

/** What is compared: the wording of the reference's logger is not. A command that only logs answers `ok` when nothing is logged. */
function comparable(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s*(INFO|DEBUG) /.test(line) && line.trim() !== '');
  return lines.length === 0 ? 'ok' : lines.join('\n');
}

/** Runs a script from its beginning to its end. @returns every difference */
export function runRaftScript(kind: RaftScriptKind, text: string): readonly ScriptDifference[] {
  const run = runners[kind]();
  const differences: ScriptDifference[] = [];
  for (const command of parseTranscript(text)) {
    const actual = comparable(run(command));
    const expected = comparable(command.expected);
    if (actual !== expected) differences.push({ line: command.line, command: command.name, expected, actual });
  }
  return differences;
}
