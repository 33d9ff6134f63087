import type { Clock } from '@isoquorum/platform/clock';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Libp2p } from '@libp2p/interface';
import { multiaddr as parseMultiaddr } from '@multiformats/multiaddr';
import type { RedeemedInvitation } from '../../admission/admission.ts';
import { type Invitation, invitationToBytes } from '../../admission/invitation.ts';
import { ADMISSION_PROTOCOL } from '../../protocols.ts';
import { networkError } from '../../session/errors.ts';
import { FrameStream } from '../../session/frame-stream.ts';
import { defaultLimits } from '../../session/limits.ts';
import type { ByteStream } from '../../session/link.ts';
import { decodeAdmission, encodeAdmission, maxAdmissionFrameSize } from '../../wire/admission.ts';
import { refusalToError } from '../../wire/refusal.ts';
import { createLibp2pStream } from '../link.ts';

/** Shows an invitation to the node that issued it. @throws DIAL_FAILED, REQUEST_TIMEOUT, the node's refusal (`INVITATION_USED`, …) */
export async function redeemInvitation(
  libp2p: Libp2p,
  clock: Clock,
  invitation: Invitation,
): Promise<RedeemedInvitation> {
  const address = invitation.multiaddrs.find((candidate) => candidate.endsWith(`/p2p/${invitation.issuer}`));
  if (address === undefined)
    throw networkError('DIAL_FAILED', 'the invitation names no address of its issuer', { issuer: invitation.issuer });
  try {
    const signal = AbortSignal.timeout(defaultLimits.requestTimeoutMs);
    const connection = await libp2p.dial(parseMultiaddr(address), { signal });
    try {
      const stream = await connection.newStream(ADMISSION_PROTOCOL, { signal });
      return await exchange(createLibp2pStream(stream), clock, invitation);
    } finally {
      await connection.close().catch((error: unknown) => connection.abort(error as Error));
    }
  } catch (error) {
    if (error instanceof IsoquorumError) throw error;
    throw networkError(
      'DIAL_FAILED',
      `${address} cannot be reached: ${String(error)}`,
      { multiaddr: address },
      'RETRY',
      error,
    );
  }
}

function exchange(stream: ByteStream, clock: Clock, invitation: Invitation): Promise<RedeemedInvitation> {
  return new Promise((resolve, reject) => {
    const fields = { peerId: invitation.issuer, protocol: ADMISSION_PROTOCOL };
    const timeoutMs = defaultLimits.requestTimeoutMs;
    const cancel = clock.setTimer(timeoutMs, () => {
      reject(networkError('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`, fields));
    });
    const frames = new FrameStream({
      stream,
      clock,
      limits: defaultLimits,
      readLimit: maxAdmissionFrameSize,
      handlers: {
        frame: (bytes) => {
          try {
            const answer = decodeAdmission(bytes);
            if (answer.type === 'refused') reject(refusalToError(answer.refusal, fields));
            else if (answer.type === 'admitted') resolve({ name: answer.name, admittedUntil: answer.admittedUntil });
            else reject(networkError('PROTOCOL_VIOLATION', 'an invitation is no answer', fields, 'REJECT'));
          } catch (error) {
            reject(error as Error);
          }
        },
        end: (error) => {
          cancel();
          reject(networkError('PEER_GONE', 'node closed the stream', fields, 'RETRY', error));
        },
      },
    });
    frames.send(encodeAdmission({ type: 'redeem', invitation: invitationToBytes(invitation) }));
  });
}
