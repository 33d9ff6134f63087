import type { HeadView, Phase } from '@isoquorum/participant/participant-view';

export interface MarkModel {
  readonly tone: 'good' | 'bad' | 'stale';
  readonly label: string;
  /** One sentence for the tooltip, the status line and screen readers. */
  readonly reason: string;
}

/** How the head is marked, in words; never better than what the participant says. */
export function markModel(head: HeadView, phase: Phase): MarkModel {
  if (phase === 'failed' || phase === 'stopped')
    return {
      tone: 'bad',
      label: 'Not verified',
      reason: 'The participant is not running, so nothing is being checked.',
    };
  switch (head.mark) {
    case 'verified':
      return { tone: 'good', label: 'Verified', reason: head.reason };
    case 'old':
      return { tone: 'stale', label: 'Old', reason: head.reason };
    case 'unverified':
      return { tone: 'bad', label: 'Not verified', reason: head.reason };
  }
}
