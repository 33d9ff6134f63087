import { fc, test } from '@fast-check/vitest';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { expect } from 'vitest';
import { createMemoryPipe } from '../memory/stream.ts';
import { CONSENSUS_PROTOCOL, STATUS_PROTOCOL, SYNC_PROTOCOL } from '../protocols.ts';
import { testChain } from '../testing/chain.ts';
import { encodeFrame } from '../wire/frame.ts';
import { encodeControl } from '../wire/status.ts';
import { createStatus } from './chain-identity.ts';
import { defaultLimits } from './limits.ts';
import type { ByteStream, Link } from './link.ts';
import { Sessions } from './sessions.ts';

const numRuns = Number(process.env.FUZZ_RUNS ?? 200);
const chain = testChain();
const status = encodeFrame([
  encodeControl({ type: 'status', status: createStatus(chain, { number: 0, hash: chain.genesisHash }) }),
]);
const ready = encodeFrame([encodeControl({ type: 'ready' })]);

/** What a peer may write: honest pieces, near misses and garbage. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.constantFrom(status, ready),
  fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ maxLength: 20 }))
    .map(([kind, body]) => encodeFrame([Uint8Array.of(kind, ...body)])),
);
const step = fc.oneof(
  fc.record({
    type: fc.constant('open' as const),
    protocol: fc.constantFrom(STATUS_PROTOCOL, CONSENSUS_PROTOCOL, SYNC_PROTOCOL, '/unknown/1'),
  }),
  fc.record({ type: fc.constant('write' as const), stream: fc.nat(8), bytes }),
  fc.record({ type: fc.constantFrom('close' as const, 'abort' as const), stream: fc.nat(8) }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 250, 20_000) }),
);

function createSessions(clock: ReturnType<typeof createVirtualClock>): Sessions {
  const sessions = new Sessions({
    selfId: 'self',
    chain,
    clock,
    logger: silentLogger,
    limits: { ...defaultLimits, maxFrameSize: 1000, maxReceivedBytes: 100 },
    identify: () => ({ role: 'node', name: undefined, address: undefined }),
    protocolAdded: () => {},
  });
  sessions.onFrame(CONSENSUS_PROTOCOL, () => {});
  sessions.onRequest(SYNC_PROTOCOL, async (_, request) => request);
  return sessions;
}

test.prop([fc.array(step, { maxLength: 25 })], { numRuns })(
  'a peer that does whatever it likes breaks nothing, and an honest one is served beside it',
  async (steps) => {
    const clock = createVirtualClock(0);
    const sessions = createSessions(clock);
    const failures: unknown[] = [];
    const onRejection = (error: unknown): void => void failures.push(error);
    process.on('unhandledRejection', onRejection);

    const connect = (peerId: string): { link: Link; open: (protocol: string) => ByteStream } => {
      const link: Link = {
        peerId,
        initiator: false,
        transport: 'memory',
        multiaddr: `/memory/${peerId}`,
        openStream: () => Promise.reject(new Error('the peer takes no streams')),
        close: () => sessions.linkClosed(link),
      };
      sessions.linkOpened(link);
      const open = (protocol: string): ByteStream => {
        const latencyMs = { forth: () => 0, back: () => 0 };
        const { near, far } = createMemoryPipe({ clock, protocol, latencyMs, drop: undefined });
        sessions.acceptStream(link, far);
        return near;
      };
      return { link, open };
    };

    const wild = connect('wild');
    const streams: ByteStream[] = [];
    for (const action of steps) {
      const stream = 'stream' in action ? streams[action.stream] : undefined;
      try {
        if (action.type === 'open') streams.push(wild.open(action.protocol));
        else if (action.type === 'wait') await clock.advance(action.ms);
        else if (action.type === 'write') stream?.write(action.bytes);
        else if (action.type === 'close') stream?.close();
        else stream?.abort(new Error('peer aborts'));
      } catch {
        // Writing into a stream that was reset: the peer's own business.
      }
      await clock.advance(0);
    }

    const honest = connect('honest');
    const control = honest.open(STATUS_PROTOCOL);
    control.read({ data: () => {}, end: () => {} });
    control.write(status);
    await clock.advance(1);
    control.write(ready);
    await clock.advance(1);
    expect(sessions.peer('honest')).toBeDefined();
    const answers: number[][] = [];
    const asking = honest.open(SYNC_PROTOCOL);
    asking.read({ data: (data) => answers.push([...data]), end: () => {} });
    asking.write(encodeFrame([Uint8Array.of(1, 0, 0, 0, 9, 42)]));
    for (let turn = 0; turn < 5; turn++) await clock.advance(1);
    expect(answers).toEqual([[6, 2, 0, 0, 0, 9, 42]]);

    wild.link.close();
    await clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    expect(failures).toEqual([]);
    expect(sessions.peer('wild')).toBeUndefined();
  },
);
