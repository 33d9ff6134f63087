import { describe, expect, test } from 'vitest';
import type { HandlerContext } from './context.ts';
import { withShownTime } from './shown-time.ts';

const contextOf = (kind: string, showsRaftSeconds: boolean): HandlerContext =>
  ({ showsRaftSeconds, validators: { kind } }) as unknown as HandlerContext;
const nanoseconds = { timestamp: '0x17bd2a6d3a4c5e00', number: '0x1' };

describe('times of Raft chains', () => {
  test('are nanoseconds as GoQuorum answers them, unless the node is told otherwise', () => {
    expect(withShownTime(contextOf('raft', false), nanoseconds)).toEqual(nanoseconds);
    const seconds = Number(withShownTime(contextOf('raft', true), nanoseconds).timestamp);
    expect(seconds).toBe(Math.floor(Number(BigInt(nanoseconds.timestamp) / 1_000_000_000n)));
  });

  test('that are seconds already stay, and so do those of other chains', () => {
    const seconds = { timestamp: '0x68000000' };
    expect(withShownTime(contextOf('raft', true), seconds)).toEqual(seconds);
    expect(withShownTime(contextOf('bft', true), nanoseconds)).toEqual(nanoseconds);
  });
});
