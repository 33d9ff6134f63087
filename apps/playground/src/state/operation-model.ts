import type { OperationView } from '@isoquorum/participant/participant-view';

export interface OperationStep {
  readonly key: OperationView['step'];
  readonly text: string;
  readonly state: 'done' | 'current' | 'ahead' | 'failed';
}

const TEXTS: Readonly<Record<OperationView['step'], string>> = {
  preparing: 'Prepare',
  sealing: 'Seal in this page',
  'handing-over': 'Hand the sealed payload over',
  signing: 'Sign',
  broadcasting: 'Send to validators',
  'waiting-for-block': 'Wait for a verified block',
  done: 'Done',
  failed: 'Failed',
};

const PRIVATE_STEPS: readonly OperationView['step'][] = [
  'preparing',
  'sealing',
  'handing-over',
  'signing',
  'broadcasting',
  'waiting-for-block',
];
const PUBLIC_STEPS = PRIVATE_STEPS.filter((step) => step !== 'sealing' && step !== 'handing-over');

/**
 * The steps of a send with what is behind and ahead.
 * @param reached the last step that was reported before a failure, which a failed operation no longer says itself
 */
export function operationSteps(
  operation: OperationView,
  isPrivate: boolean,
  reached: OperationView['step'] = operation.step,
): readonly OperationStep[] {
  const steps = isPrivate ? PRIVATE_STEPS : PUBLIC_STEPS;
  const failed = operation.step === 'failed';
  const current = operation.step === 'done' ? steps.length : steps.indexOf(failed ? reached : operation.step);
  return steps.map((key, index) => {
    if (index < current) return { key, text: TEXTS[key], state: 'done' };
    if (index > current) return { key, text: TEXTS[key], state: 'ahead' };
    return { key, text: TEXTS[key], state: failed ? 'failed' : 'current' };
  });
}
