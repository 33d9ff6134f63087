import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import type { Admission } from '../../admission/admission.ts';
import { isBrowserPeerId } from '../../admission/browser-list.ts';
import { ADMISSION_PROTOCOL } from '../../protocols.ts';
import { networkError } from '../../session/errors.ts';
import { FrameStream } from '../../session/frame-stream.ts';
import { defaultLimits } from '../../session/limits.ts';
import { decodeAdmission, encodeAdmission, maxAdmissionFrameSize, type AdmissionFrame } from '../../wire/admission.ts';
import { errorToRefusal } from '../../wire/refusal.ts';
import { createLibp2pStream } from '../link.ts';

export interface GuestDeskOptions {
  readonly libp2p: Libp2p;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Guests at one time; 8 unless told. */
  readonly maxGuests?: number;
  /** How long a guest may stay; 10 s unless told. */
  readonly stayMs?: number;
}

/** Where browsers that are on no list may show an invitation, and do nothing else. */
export interface GuestDesk {
  /** True when an unknown identity may come in as a guest. */
  admits(peerId: string): boolean;
  has(connection: Connection): boolean;
  /** A guest is there: it must go within its time. */
  connected(connection: Connection): void;
  start(): Promise<void>;
  stop(): void;
}

export function createGuestDesk(options: GuestDeskOptions): GuestDesk {
  const { libp2p, admission, clock, logger, maxGuests = 8, stayMs = 10_000 } = options;
  const guests = new Map<Connection, CancelTimer>();

  function serve(stream: Stream, connection: Connection): void {
    const peerId = connection.remotePeer.toString();
    let asked = false;
    const frames: FrameStream = new FrameStream({
      stream: createLibp2pStream(stream),
      clock,
      limits: defaultLimits,
      readLimit: maxAdmissionFrameSize,
      handlers: {
        frame: async (bytes) => {
          const answer = await answerTo(peerId, bytes, asked);
          asked = true;
          if (frames.isOpen) frames.send(encodeAdmission(answer));
          frames.close();
        },
        end: () => {},
      },
    });
  }

  async function answerTo(peerId: string, bytes: Uint8Array, asked: boolean): Promise<AdmissionFrame> {
    try {
      const frame = decodeAdmission(bytes);
      if (frame.type !== 'redeem' || asked)
        throw networkError('PROTOCOL_VIOLATION', 'expected one invitation', { protocol: ADMISSION_PROTOCOL }, 'REJECT');
      const { name, admittedUntil } = await admission.redeem(peerId, frame.invitation);
      logger.log('info', 'admitted a browser', { peer: peerId, name });
      return { type: 'admitted', name, admittedUntil };
    } catch (error) {
      logger.log('info', 'refused an invitation', { peer: peerId, error: (error as Error).message });
      return { type: 'refused', refusal: errorToRefusal(error) };
    }
  }

  return {
    admits: (peerId) => isBrowserPeerId(peerId) && guests.size < maxGuests,
    has: (connection) => guests.has(connection),
    connected: (connection) => {
      const cancel = clock.setTimer(stayMs, () => {
        connection.close().catch((error: unknown) => connection.abort(error as Error));
      });
      guests.set(connection, cancel);
      connection.addEventListener('close', () => {
        cancel();
        guests.delete(connection);
      });
    },
    start: () => libp2p.handle(ADMISSION_PROTOCOL, serve, { maxInboundStreams: 1, maxOutboundStreams: 0 }),
    stop: () => {
      for (const cancel of guests.values()) cancel();
      guests.clear();
    },
  };
}
