import { IsoquorumError } from '@isoquorum/primitives/errors';

/** How this page was invited: by an invitation, by a ticket for one, or not at all. */
export type Invite =
  | { readonly kind: 'invitation'; readonly text: string }
  | { readonly kind: 'ticket'; readonly ticket: string }
  | { readonly kind: 'none' };

/** Reads the fragment of the page's address, which never travels to a server. */
export function readInvite(fragment: string): Invite {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const text = fields.get('invitation');
  if (text !== null && text !== '') return { kind: 'invitation', text };
  const ticket = fields.get('ticket');
  if (ticket !== null && ticket !== '') return { kind: 'ticket', ticket };
  return { kind: 'none' };
}

/**
 * Trades a ticket of `isoquorum dev` for an invitation of its own.
 * @throws INVITATION_REFUSED
 */
export async function tradeTicket(ticket: string, fetchJson: typeof fetch = fetch): Promise<string> {
  const response = await fetchJson('/invitations', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  });
  const answer = (await response.json().catch(() => ({}))) as { invitation?: unknown; message?: unknown };
  if (response.ok && typeof answer.invitation === 'string') return answer.invitation;
  const reason = typeof answer.message === 'string' ? answer.message : `the server answered ${response.status}`;
  throw new IsoquorumError('INVITATION_REFUSED', `This address no longer gives an invitation: ${reason}.`, {});
}
