import type { Clock } from '@isoquorum/platform/clock';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { RedeemedInvitation } from './admission.ts';
import { isBrowserPeerId, type ListedBrowser, type RedeemedRecord } from './browser-list.ts';
import { invitationFromBytes } from './invitation.ts';

/** Why an invitation was refused, beside what reading it may throw. */
export type RedemptionErrorCode =
  | 'INVITATION_USED'
  | 'INVITATION_EXPIRED'
  /** Issued by another node; `issuer` names it: redeem it there. */
  | 'INVITATION_ELSEWHERE'
  /** For another chain. */
  | 'INVITATION_GENESIS_MISMATCH'
  /** Only Ed25519 identities are browsers. */
  | 'GUEST_IDENTITY_INVALID';

/** Where a desk keeps its books. Each write is durable and atomic once its promise resolves. */
export interface RedemptionBooks {
  redeemed(): Promise<readonly RedeemedRecord[]>;
  writeRedeemed(records: readonly RedeemedRecord[]): Promise<void>;
  findBrowser(peerId: string): Promise<ListedBrowser | undefined>;
  addBrowser(browser: ListedBrowser): Promise<void>;
}

export interface RedemptionDeskOptions {
  readonly selfId: string;
  readonly genesisHash: Hash32;
  readonly clock: Clock;
  readonly books: RedemptionBooks;
}

/** Redeems the invitations of one node, one at a time. */
export interface RedemptionDesk {
  /** @throws what `invitationFromBytes` throws, and {@link RedemptionErrorCode} */
  redeem(peerId: string, invitation: Uint8Array): Promise<RedeemedInvitation>;
}

/** How long a record of a used invitation is kept after the invitation's own end. */
const keepMs = 24 * 60 * 60 * 1000;

/**
 * The invitation is written off before the browser is listed: a crash in between burns the invitation, so that none is ever used twice,
 * and a browser that was removed from the list cannot come back with the invitation it used. The same browser may ask again while it is listed.
 */
export function createRedemptionDesk(options: RedemptionDeskOptions): RedemptionDesk {
  const { selfId, genesisHash, clock, books } = options;
  let last: Promise<unknown> = Promise.resolve();

  async function redeemNow(peerId: string, bytes: Uint8Array): Promise<RedeemedInvitation> {
    if (!isBrowserPeerId(peerId)) refuse('GUEST_IDENTITY_INVALID', 'only browsers redeem invitations');
    const invitation = invitationFromBytes(bytes);
    if (!bytesEqual(invitation.genesisHash, genesisHash))
      refuse('INVITATION_GENESIS_MISMATCH', 'invitation is for another chain');
    if (invitation.issuer !== selfId)
      refuse('INVITATION_ELSEWHERE', 'invitation was issued by another node', { issuer: invitation.issuer });
    const nowMs = clock.nowMs();
    const id = bytesToBareHex(invitation.id);
    const answer = { name: invitation.name, admittedUntil: invitation.admittedUntil };
    const records = await books.redeemed();
    const record = records.find((candidate) => candidate.invitation === id);
    if (record !== undefined) {
      const listed = record.peerId === peerId ? await books.findBrowser(peerId) : undefined;
      if (listed?.invitation !== id) refuse('INVITATION_USED', 'invitation was used before');
      return answer;
    }
    if (invitation.expires * 1000 <= nowMs)
      refuse('INVITATION_EXPIRED', 'invitation has expired', { expires: invitation.expires });
    const now = new Date(nowMs).toISOString();
    const kept = records.filter((candidate) => Date.parse(candidate.expires) + keepMs > nowMs);
    const expires = toIsoTime(invitation.expires);
    await books.writeRedeemed([...kept, { invitation: id, peerId, redeemed: now, expires }]);
    const expiry = invitation.admittedUntil === 0 ? null : toIsoTime(invitation.admittedUntil);
    await books.addBrowser({ name: invitation.name, peerId, added: now, expiry, invitation: id, issuer: selfId });
    return answer;
  }

  return {
    redeem: (peerId, bytes) => {
      const result = last.then(() => redeemNow(peerId, bytes));
      last = result.catch(() => {});
      return result;
    },
  };
}

/** Times beyond what ISO 8601 can write become its last second. */
function toIsoTime(seconds: number): string {
  return new Date(Math.min(seconds * 1000, 8.64e15 - 1000)).toISOString();
}

function refuse(code: RedemptionErrorCode, message: string, fields: Readonly<Record<string, unknown>> = {}): never {
  throw new IsoquorumError(code, message, fields);
}
